// What stands around every page: the network that goes and comes, a server that is being worked on, what does not fit at a glance,
// and the first minute in a new organisation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crew } from './planning-page.mjs';
import { accessible, browser, fits, operator, person, PHONE, picture, server, signIn, stage, visit } from './stage.mjs';

stage();

test('without a network every page says since when, and keeps what it shows', async () => {
  const lea = await person(server, 'Léa', 'Régie Nord');
  await lea.call('POST', '/api/v1/users', { name: 'Awa Diallo', skills: ['son'] });
  const page = await visit(browser, server, { viewport: PHONE, scheme: 'dark' });
  await signIn(page, lea);
  for (const [path, there] of [['/team', 'text=Awa Diallo'], ['/profile', 'h2'], ['/members', '.rows']]) {
    await page.goto(path);
    await page.waitForSelector(there);
    await page.context().setOffline(true);
    await page.waitForSelector('text=Hors ligne. Dernière mise à jour à');
    await page.waitForSelector(there);
    await fits(page, `${path} without a network`);
    await accessible(page, `${path} without a network`);
    await page.context().setOffline(false);
    await page.waitForSelector('text=Hors ligne', { state: 'detached' });
  }
});

test('a server that is being worked on, or out of reach, is asked again by itself', async () => {
  const lea = await person(server, 'Léa', 'Régie Nord');
  const page = await visit(browser, server);
  await signIn(page, lea);
  const busy = { status: 503, headers: { 'retry-after': '2' }, contentType: 'application/problem+json', body: JSON.stringify({ status: 503, code: 'starting', detail: 'Le serveur démarre.', request_id: 'r-1' }) };
  await page.route('**/api/v1/auth/me', (route) => route.fulfill(busy));
  await page.goto('/team');
  await page.waitForSelector('h1:has-text("Coulisses revient dans un instant")');
  await page.waitForSelector('text=r-1');
  await accessible(page, 'a server that is being worked on');
  await picture(page, 'away-desktop-light');
  await page.unroute('**/api/v1/auth/me');
  // Nobody presses anything.
  await page.waitForSelector('h1:has-text("Équipe")');
  await page.route('**/api/v1/auth/me', (route) => route.abort());
  await page.goto('/team');
  await page.waitForSelector('h1:has-text("Coulisses est hors d’atteinte")');
  await accessible(page, 'a server out of reach');
  await page.unroute('**/api/v1/auth/me');
  await page.click('button:has-text("Réessayer")');
  await page.waitForSelector('h1:has-text("Équipe")');
});

test('a page whose code does not arrive says so, instead of staying empty', async () => {
  const lea = await person(server, 'Léa', 'Régie Nord');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.waitForSelector('nav');
  await page.route('**/assets/Reports-*.js', (route) => route.abort());
  await page.click('nav >> text=Rapports');
  await page.waitForSelector('main >> text=Le serveur ne répond pas');
  await page.unroute('**/assets/Reports-*.js');
  await page.click('main button:has-text("Réessayer")');
  await page.waitForSelector('h1:has-text("Rapports")');
});

test('the navigation counts what does not fit, and no longer when it does', async () => {
  const house = await crew(server);
  const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
  const calls = [];
  for (const title of ['Matin', 'Midi']) {
    const mission = await house.lea.call('POST', '/api/v1/missions', { project_id: house.project.id, title, start_at: `${day}T09:00`, end_at: `${day}T18:00`, break_minutes: 60, roles: [{ role: 'son' }] });
    calls.push(await house.lea.call('POST', '/api/v1/assignments', { mission_id: mission.id, user_id: house.people['Awa Diallo'], status: 'ACCEPTED', override: true, reason: 'relais' }));
  }
  const page = await visit(browser, server);
  await signIn(page, house.lea);
  await page.waitForSelector('nav a[href="/conflicts"] .count:has-text("1")');
  assert.equal(await page.getByRole('link', { name: /Conflits.*1 conflit/s }).count(), 1);
  await accessible(page, 'a navigation that counts');
  await page.setViewportSize({ width: 1000, height: 700 });
  await accessible(page, 'a rail that counts');
  assert.equal(await page.innerText('.org .mark'), 'L', 'the organisation in what letters there is room for');
  await page.setViewportSize(PHONE);
  await accessible(page, 'a phone that counts');
  // Whoever looks does nothing: what changes is heard.
  await house.lea.call('POST', `/api/v1/assignments/${calls[1].id}:status`, { status: 'CANCELLED' });
  await page.waitForSelector('nav .count', { state: 'detached' });
  page.clean();
});

test('a new organisation begins with three steps, or with an example', async () => {
  const lea = await person(server, 'Léa', 'Régie Nord');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.waitForSelector('text=Votre planning commence ici');
  await accessible(page, 'a new organisation');
  await picture(page, 'first-run-desktop-light');
  await page.click('button:has-text("Charger un exemple")');
  await page.waitForSelector('[data-bar]:has-text("Montage")');
  await page.waitForFunction(() => document.querySelectorAll('[data-bar^="a"]').length === 3);
  const [people, missions] = [await lea.call('GET', '/api/v1/users'), await lea.call('GET', '/api/v1/missions')];
  assert.deepEqual([people.length, missions.length], [3, 2]);
  assert.equal((await lea.call('GET', '/api/v1/conflicts?from=2020-01-01&to=2020-01-02')).length, 0);
  page.clean();
  // Whoever has begun is not offered one.
  const hugo = await person(server, 'Hugo', 'Régie Sud');
  await hugo.call('POST', '/api/v1/users', { name: 'Awa Diallo' });
  const other = await visit(browser, server);
  await signIn(other, hugo);
  await other.waitForSelector('li:has-text("Ajoutez votre équipe") >> text=fait');
  assert.equal(await other.locator('text=Charger un exemple').count(), 0);
  other.clean();
});

test('a browser that knows what the console needs reads nothing about old ones', async () => {
  const page = await visit(browser, server);
  await page.goto('/login');
  await page.waitForSelector('#email');
  assert.equal(await page.locator('.old').count(), 1);
  assert.equal(await page.isVisible('.old'), false);
});

test('a browser that knows too little is told to be updated, in both languages', async () => {
  const page = await visit(browser, server);
  await page.route('**/assets/*.css', async (route) => {
    const answer = await route.fetch();
    return route.fulfill({ response: answer, body: (await answer.text()).replace('@supports (color:', '@supports (colour-of-tomorrow:') });
  });
  await page.goto('/login');
  await page.waitForSelector('.old:has-text("Mettez-le à jour"):has-text("Update it")');
  assert.equal(await page.getAttribute('.old [lang]', 'lang'), 'en');
});

test('whoever plans and is on stage as well finds their own dates', async () => {
  const [lea, hugo] = [await person(server, 'Léa', 'Régie Nord'), await person(server, 'Hugo')];
  await lea.brings(hugo, 'manager');
  const page = await visit(browser, server);
  await signIn(page, hugo);
  await page.click('nav a[href="/agenda"]');
  await page.waitForSelector('h1:has-text("Mon agenda")');
  await page.waitForSelector('text=Aucune date à venir');
  page.clean();
});

test('without an organisation one makes one, coaches oneself, or looks after the instance', async () => {
  const [noe, boss] = [await person(server, 'Noé'), await operator(server, 'Claire')];
  const page = await visit(browser, server);
  await signIn(page, noe);
  await page.click('main a:has-text("ouvrir le coach")');
  await page.waitForSelector('h1:has-text("Coach")');
  const other = await visit(browser, server);
  await signIn(other, boss);
  await other.waitForSelector('h1:has-text("Administration")');
  page.clean();
  other.clean();
});
