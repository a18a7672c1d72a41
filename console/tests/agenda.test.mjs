// A technician's dates: what they see first, how they answer, their calendar.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, browser, DESKTOP, fits, person, PHONE, picture, serve, server, signIn, stage, visit } from './stage.mjs';

stage();

/** Hugo works for Léa; `call` puts him on something. */
async function crew() {
  const [lea, hugo] = [await person(server, 'Léa', 'Régie Nord'), await person(server, 'Hugo')];
  const him = await lea.brings(hugo, 'tech');
  const call = async (title, day, status = 'INVITED', more = {}) => {
    const mission = await lea.call('POST', '/api/v1/missions', { title, start_at: `2031-06-${day}T18:00`, end_at: `2031-06-${day}T23:30`, role: 'son', location: 'Zénith, Nantes', time_zone: 'Europe/Paris', ...more });
    return lea.call('POST', '/api/v1/assignments', { mission_id: mission.id, user_id: him.id, status });
  };
  return { lea, hugo, him, call, status: async (one) => (await lea.call('GET', `/api/v1/assignments/${one.id}`)).status };
}

test('a technician lands on their agenda, answers there, and sees nothing that is not theirs', async () => {
  const { hugo, call, status } = await crew();
  const [gala, tour] = [await call('Gala', 10), await call('Tournée', 12)];
  await call('Festival', 14, 'ACCEPTED');
  const page = await visit(browser, server, { viewport: PHONE });
  await signIn(page, hugo);
  await page.waitForSelector('h1:has-text("Mon agenda")');
  await page.waitForSelector('text=2 invitations attendent votre réponse');
  await page.waitForSelector('.day >> text=Festival');
  for (const word of ['Membres', 'Administration', 'Projets']) assert.equal(await page.locator(`nav >> text=${word}`).count(), 0, word);
  await accessible(page, 'an agenda');
  await fits(page, 'an agenda');
  await page.click('li:has-text("Gala") button:has-text("Accepter")');
  await page.waitForSelector('.day >> text=Gala');
  assert.equal(await status(gala), 'ACCEPTED');
  await page.click('nav >> text=Invitations');
  await page.waitForSelector('h1:has-text("Invitations")');
  await page.click('li:has-text("Tournée") button:has-text("Refuser")');
  await page.waitForSelector('dialog');
  await accessible(page, 'declining in the agenda');
  await page.click('dialog button.danger');
  await page.waitForSelector('text=Aucune invitation en attente');
  assert.equal(await status(tour), 'DECLINED');
  await accessible(page, 'no invitations');
  page.clean();
});

test('whoever withdraws says why, and new times are confirmed', async () => {
  const { lea, hugo, call, status } = await crew();
  const [gala, tour] = [await call('Gala', 10, 'ACCEPTED'), await call('Tournée', 12, 'ACCEPTED')];
  await lea.call('PATCH', `/api/v1/missions/${tour.mission_id}`, { start_at: '2031-06-12T17:00' });
  const page = await visit(browser, server);
  await signIn(page, hugo);
  await page.waitForSelector('text=L’horaire a changé');
  await page.click('li:has-text("Tournée") button:has-text("Confirmer")');
  await page.waitForSelector('.day >> text=Tournée');
  await page.click('.day li:has-text("Gala") button');
  await page.click('dialog button.danger');
  await page.waitForSelector('#reason-error');
  await accessible(page, 'a withdrawal without a reason');
  await page.fill('#reason', 'Grippe');
  await page.click('dialog button.danger');
  await page.waitForSelector('text=vous ne venez pas pour « Gala »');
  assert.equal(await status(gala), 'DECLINED');
  page.clean();
});

test('a calendar is subscribed to by an address that is shown once and can be ended', async () => {
  const { hugo, call } = await crew();
  await call('Gala', 10, 'ACCEPTED');
  const page = await visit(browser, server);
  await signIn(page, hugo);
  await page.click('text=Créer une adresse d’abonnement');
  const url = await page.inputValue('#feed');
  assert.match(await (await fetch(url)).text(), /SUMMARY:Gala/);
  await accessible(page, 'the address of a calendar');
  await page.click('dialog button:has-text("Terminé")');
  await page.click('button:has-text("Révoquer")');
  await page.click('dialog button.danger');
  await page.waitForSelector('text=L’adresse est révoquée');
  assert.equal((await fetch(url)).status, 404);
  page.clean();
});

test('an account that is nobody of the planning is told what to ask for, and an empty agenda says so', async () => {
  const { lea, hugo } = await crew();
  const guest = await person(server, 'Zoé');
  const { token } = await lea.call('POST', '/api/v1/orgs/members:invite', { email: guest.email, role: 'tech' });
  await guest.call('POST', '/api/v1/orgs/members:join', { token });
  const page = await visit(browser, server);
  await signIn(page, guest);
  await page.waitForSelector('text=n’est lié à aucune personne du planning');
  await accessible(page, 'an account of nobody');
  await page.context().clearCookies();
  await signIn(page, hugo);
  await page.waitForSelector('text=Aucune date à venir');
  await accessible(page, 'an empty agenda');
  page.clean();
});

test('the demo’s agenda stands on every screen', async () => {
  const demo = await serve({}, ['--demo']);
  try {
    const [email, password] = demo.printed('login: tech').split(' ');
    for (const [name, viewport, scheme] of [['desktop', DESKTOP, 'light'], ['phone', PHONE, 'light'], ['phone', PHONE, 'dark'], ['narrow', { width: 320, height: 640 }, 'dark']]) {
      const page = await visit(browser, demo, { viewport, scheme });
      await page.goto('/login');
      await page.fill('#email', email);
      await page.fill('#password', password);
      await page.click('button.primary');
      await page.waitForSelector('.day');
      await fits(page, `the agenda, ${name}`);
      await accessible(page, `the agenda, ${name} ${scheme}`);
      await picture(page, `agenda-${name}-${scheme}`);
      page.clean();
    }
  } finally {
    await demo.stop();
  }
});
