// The page that the link of an invitation opens: no account, one thumb, every way it can stand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, browser, DESKTOP, fits, person, PHONE, picture, serve, server, stage, visit } from './stage.mjs';

stage({ TEST_CLOCK: 'on' });

/** An invitation as its holder sees it. */
class InvitationPage {
  constructor(page) {
    this.page = page;
  }
  static async open(link, options = { viewport: PHONE }) {
    const page = await visit(browser, server, options);
    await page.goto(new URL(link).pathname + new URL(link).search);
    await page.waitForSelector('h1');
    return new InvitationPage(page);
  }
  says = (text) => this.page.waitForSelector(`text=${text}`);
  accept = () => this.page.click('button.primary:has-text("Accepter")');
  decline = () => this.page.click('button:has-text("Refuser")');
  async because(reason) {
    if (reason) await this.page.fill('#reason', reason);
    await this.page.click('button:has-text("Confirmer le refus")');
  }
}

/** Léa’s house asks Noémie for a day; what is asked and the link to it. */
async function asked(day = 10, more = {}) {
  const lea = await person(server, 'Léa', 'Régie Nord');
  const noemie = await lea.call('POST', '/api/v1/users', { name: 'Noémie Carpentier-Œuvrard' });
  const mission = { title: 'Façade', start_at: `2031-11-${day}T14:00`, end_at: `2031-11-${day + 1}T02:00`, location: 'Parc de Sceaux, Scène principale, entrée des artistes', role: 'poursuite', time_zone: 'Europe/Paris', ...more };
  const { id: mission_id } = await lea.call('POST', '/api/v1/missions', mission);
  const assignment = await lea.call('POST', '/api/v1/assignments', { mission_id, user_id: noemie.id });
  const { url, id } = await lea.call('POST', '/api/v1/invitations', { assignment_id: assignment.id });
  const status = async () => (await lea.call('GET', `/api/v1/assignments/${assignment.id}`)).status;
  return { lea, noemie, assignment, url, id, status };
}

test('the link that the demo prints opens its invitation, and nothing is answered by opening it', async () => {
  const demo = await serve({}, ['--demo']);
  try {
    const page = await visit(browser, demo, { viewport: PHONE });
    await page.goto(new URL(demo.printed('invitation')).href.slice(demo.url.length));
    await page.waitForSelector('h1:has-text("Gala des Lanternes")');
    assert.match(page.url(), /\/invite#inv_/, 'the token left the query, where servers and logs read it');
    await page.waitForSelector('text=Bonjour Noémie');
    await page.waitForSelector('a[href^="tel:"]');
    await page.reload();
    await page.waitForSelector('button:has-text("Accepter")');
    for (const button of await page.locator('.answers .button').all()) assert.ok((await button.boundingBox()).height >= 52);
    await accessible(page, 'an invitation');
    await fits(page, 'an invitation');
    await picture(page, 'invitation-phone-light');
    page.clean();
  } finally {
    await demo.stop();
  }
});

test('a yes is a yes, goes into the calendar, and is taken back with a reason', async () => {
  const { url, status } = await asked();
  const invitation = await InvitationPage.open(url, { viewport: PHONE, scheme: 'dark' });
  assert.equal(await status(), 'INVITED', 'opening answered nothing');
  assert.match(await invitation.page.textContent('.facts'), /Lundi 10 novembre.*14:00 – 02:00.*Parc de Sceaux.*poursuite/is);
  await invitation.accept();
  await invitation.says('on vous attend');
  assert.equal(await status(), 'ACCEPTED');
  await accessible(invitation.page, 'an accepted invitation');
  await picture(invitation.page, 'invitation-accepted-phone-dark');
  const [file] = await Promise.all([invitation.page.waitForEvent('download'), invitation.page.click('text=Ajouter à mon agenda')]);
  assert.equal(file.suggestedFilename(), 'invitation.ics');
  await invitation.page.click('text=Je ne peux plus venir');
  await invitation.because('');
  await invitation.says('dites en quelques mots pourquoi');
  await accessible(invitation.page, 'a withdrawal without a reason');
  await invitation.because('Grippe, désolée');
  await invitation.says('vous avez refusé');
  assert.equal(await status(), 'DECLINED');
  invitation.page.clean();
});

test('a no needs no reason, and a declined link says how to come back', async () => {
  const { url, status } = await asked();
  const invitation = await InvitationPage.open(url);
  await invitation.decline();
  await accessible(invitation.page, 'declining');
  await invitation.because();
  await invitation.says('demandez une nouvelle invitation à Régie Nord');
  assert.equal(await status(), 'DECLINED');
  await invitation.page.reload();
  await invitation.page.waitForSelector('h1:has-text("Vous avez refusé")');
  await accessible(invitation.page, 'a declined link');
  invitation.page.clean();
});

test('links that are over say whom to ask', async () => {
  const { lea, url, id } = await asked();
  const account = (await lea.call('GET', '/api/v1/me')).id;
  await lea.call('POST', '/api/v1/users', { name: 'Claire Aubert', phone: '06 39 98 00 01', account_id: account });
  await lea.call('DELETE', `/api/v1/invitations/${id}`);
  const revoked = await InvitationPage.open(url);
  await revoked.page.waitForSelector('h1:has-text("Ce lien a été remplacé")');
  await revoked.says('Régie Nord');
  await revoked.page.waitForSelector('a[href="tel:0639980001"]:has-text("Appeler Claire Aubert")');
  await accessible(revoked.page, 'a revoked link');
  await picture(revoked.page, 'invitation-revoked-phone-light');
  const late = await asked();
  await fetch(`${server.url}/livez`, { headers: { 'x-test-clock': '+8d' } });
  const expired = await InvitationPage.open(late.url);
  await expired.page.waitForSelector('h1:has-text("Cette invitation a expiré")');
  await expired.says('Demandez un nouveau lien à Régie Nord');
  await fetch(`${server.url}/livez`, { headers: { 'x-test-clock': '0' } });
  const broken = await InvitationPage.open(`${server.url}/invite?token=inv_cut`);
  await broken.page.waitForSelector('h1:has-text("Ce lien ne fonctionne pas")');
  await accessible(broken.page, 'a broken link');
  for (const one of [revoked, expired, broken]) one.page.clean();
});

test('whoever is busy is told on what, and refused in the server’s words', async () => {
  const { lea, noemie, url, status } = await asked();
  const other = await lea.call('POST', '/api/v1/missions', { title: 'Bobino', start_at: '2031-11-10T09:00', end_at: '2031-11-10T18:00', role: 'poursuite', time_zone: 'Europe/Paris' });
  await lea.call('POST', '/api/v1/assignments', { mission_id: other.id, user_id: noemie.id, status: 'ACCEPTED' });
  const invitation = await InvitationPage.open(url);
  await invitation.says('Vous êtes déjà sur « Bobino »');
  await accessible(invitation.page, 'an invitation that clashes');
  await picture(invitation.page, 'invitation-clash-phone-light');
  await invitation.accept();
  await invitation.page.waitForSelector('[role=alert] .box');
  assert.equal(await status(), 'INVITED');
  invitation.page.clean();
});

test('without a network the answer is kept and leaves by itself', async () => {
  const { url, status } = await asked();
  const invitation = await InvitationPage.open(url);
  await invitation.page.context().setOffline(true);
  await invitation.accept();
  await invitation.says('Votre réponse est gardée');
  await accessible(invitation.page, 'an answer that waits');
  await picture(invitation.page, 'invitation-offline-phone-light');
  assert.equal(await status(), 'INVITED');
  await invitation.page.context().setOffline(false);
  await invitation.says('on vous attend');
  assert.equal(await status(), 'ACCEPTED');
});

test('an answer that was kept leaves when the link is opened again', async () => {
  const { url, status } = await asked();
  const invitation = await InvitationPage.open(url);
  await invitation.page.context().setOffline(true);
  await invitation.accept();
  await invitation.says('Votre réponse est gardée');
  // The page is thrown away before the network is back.
  await invitation.page.evaluate(() => window.stop());
  await invitation.page.goto('about:blank').catch(() => undefined);
  await invitation.page.context().setOffline(false);
  await invitation.page.goto(new URL(url).pathname + new URL(url).search);
  await invitation.says('on vous attend');
  assert.equal(await status(), 'ACCEPTED');
});

test('long names stand on the narrowest phone and on a desk, in both languages', async () => {
  const { url } = await asked(12, { title: 'Anticonstitutionnellement vôtre, une fresque interminable', location: 'Théâtre national populaire de Villeurbanne, Grande salle' });
  for (const [viewport, scheme, locale] of [[{ width: 320, height: 640 }, 'light', 'fr-FR'], [DESKTOP, 'dark', 'en-GB']]) {
    const { page } = await InvitationPage.open(url, { viewport, scheme, locale });
    await page.waitForSelector('.facts');
    await fits(page, `an invitation at ${viewport.width} px`);
    await accessible(page, `an invitation, ${scheme}`);
    await picture(page, `invitation-${viewport.width}-${scheme}`);
    page.clean();
  }
});
