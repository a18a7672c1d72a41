// Whole ways through the console, each by one person from the first press to the last.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crew, look, standing } from './planning-page.mjs';
import { accessible, browser, operator, person, PHONE, server, signIn, stage, visit } from './stage.mjs';

stage();

test('a technician opens a link, says yes in two taps, finds it in the agenda and subscribes to it', async () => {
  const [lea, hugo] = [await person(server, 'Léa', 'Régie Nord'), await person(server, 'Hugo')];
  const him = await lea.brings(hugo, 'tech');
  const mission = await lea.call('POST', '/api/v1/missions', { title: 'Gala', start_at: '2031-06-10T18:00', end_at: '2031-06-10T23:30', role: 'son', location: 'Zénith, Nantes', time_zone: 'Europe/Paris' });
  const asked = await lea.call('POST', '/api/v1/assignments', { mission_id: mission.id, user_id: him.id });
  const { url } = await lea.call('POST', '/api/v1/invitations', { assignment_id: asked.id });
  const page = await visit(browser, server, { viewport: PHONE });
  // The first tap is the link itself, the second one the answer.
  await page.goto(url.slice(server.url.length));
  await page.tap('button:has-text("Accepter")');
  await page.waitForSelector('text=on vous attend');
  assert.equal((await lea.call('GET', `/api/v1/assignments/${asked.id}`)).status, 'ACCEPTED');
  await signIn(page, hugo);
  await page.waitForSelector('h1:has-text("Mon agenda")');
  await page.waitForSelector('.day li:has-text("Gala"):has-text("Zénith, Nantes")');
  await page.tap('button:has-text("Créer une adresse d’abonnement")');
  const feed = await page.inputValue('#feed');
  assert.match(await page.getAttribute('dialog a.button', 'href'), /^webcal:/);
  const dates = await fetch(feed);
  assert.match(dates.headers.get('content-type'), /^text\/calendar/);
  assert.match(await dates.text(), /SUMMARY:Gala/);
  page.clean();
});

test('a manager sees a conflict, gives the call to somebody free, another browser follows, and it is taken back', async (t) => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'ACCEPTED']] }, Balance: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const [[mine, page], [theirs, other]] = [await look(browser, server, house), await look(browser, server, house)];
  const [call] = house.missions.Balance.bars;
  await page.click('.conflict:has-text("1 conflit")');
  assert.ok(await page.evaluate(() => document.activeElement.matches('[data-bar].clash')), 'it is shown where it is');
  await mine.move(mine.bar(call), 'Chloé Nguyen', { drop: false });
  await page.waitForSelector('.row.target.fit');
  const seen = other.waitForSelector('.row:has-text("Chloé Nguyen") [data-bar]').then(() => performance.now());
  await page.mouse.up();
  const dropped = performance.now();
  t.diagnostic(`the other browser shows it after ${Math.round((await seen) - dropped)} ms`);
  await mine.toast('Chloé Nguyen à la place de Awa Diallo');
  await page.waitForSelector('.conflict:has-text("conflit")', { state: 'detached' });
  assert.deepEqual(standing(await house.on('Balance')), ['Awa Diallo CANCELLED', 'Chloé Nguyen INVITED']);
  await mine.undo();
  await other.waitForSelector('.row:has-text("Awa Diallo") [data-bar].clash');
  assert.deepEqual(await theirs.names('Chloé Nguyen'), []);
  assert.deepEqual(standing(await house.on('Balance')), ['Awa Diallo INVITED', 'Chloé Nguyen CANCELLED']);
  page.clean();
  other.clean();
});

test('an administrator finds a sign-in that failed in the log, and whose it was', async () => {
  const [boss, hugo] = [await operator(server, 'Odile'), await person(server, 'Hugo')];
  const stranger = await visit(browser, server);
  await stranger.goto('/login');
  await stranger.fill('#email', hugo.email);
  await stranger.fill('#password', 'certainly not this one');
  await stranger.click('button.primary');
  await stranger.waitForSelector('[role=alert] .box');
  const page = await visit(browser, server);
  await signIn(page, boss);
  await page.click('nav >> text=Administration');
  await page.click('nav.tabs >> text=Journal');
  await page.fill('#action', 'Connexion refusée');
  await page.selectOption('#ended', 'failed');
  await page.waitForFunction(() => document.querySelectorAll('.log li').length === 1);
  await page.waitForSelector('.log li:has-text("Connexion refusée") .badge.danger');
  await page.click('.log .line');
  await page.waitForSelector(`.changes:has-text("${hugo.email}")`);
  await page.waitForSelector('.changes:has-text("mot de passe erroné")');
  // By the address: hers are none of them.
  await page.fill('#account', hugo.email);
  await page.keyboard.press('Tab');
  await page.waitForSelector('.log li:has-text("Connexion refusée")');
  await page.fill('#account', 'nobody@lanternes.example');
  await page.keyboard.press('Tab');
  await page.waitForSelector('text=Aucune ligne ne correspond');
  await accessible(page, 'a sign-in that failed');
  page.clean();
});
