// How the console behaves wherever one is: what it says and for how long, what it takes back, where the focus goes, what it asks twice.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { crew, look } from './planning-page.mjs';
import { accessible, browser, PASSWORD, person, PHONE, picture, server, signIn, stage, visit } from './stage.mjs';

stage();

test('a message goes by itself, and stays while somebody reads it', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const project = await lea.call('POST', '/api/v1/projects', { name: 'Gala' });
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.clock.install();
  await page.goto(`/projects/${project.id}`);
  await page.click('button:has-text("Archiver")');
  await page.hover('.toast');
  await page.clock.runFor(30_000);
  assert.equal(await page.locator('.toast').count(), 1, 'the pointer holds it');
  await page.focus('.toast button:has-text("Annuler")');
  await page.mouse.move(0, 0);
  await page.clock.runFor(30_000);
  assert.equal(await page.locator('.toast').count(), 1, 'the focus holds it');
  await page.hover('.toast');
  await page.focus('main');
  await page.clock.runFor(30_000);
  assert.equal(await page.locator('.toast').count(), 1, 'the pointer still does');
  // Gone and come back and gone: one clock runs, not two.
  await page.mouse.move(0, 0);
  await page.clock.runFor(5_000);
  await page.hover('.toast');
  await page.mouse.move(0, 0);
  await page.clock.runFor(5_000);
  assert.equal(await page.locator('.toast').count(), 1, 'eight seconds are not over');
  await page.clock.runFor(5_000);
  await page.waitForSelector('.toast', { state: 'detached' });
  page.clean();
});

test('twenty deeds are taken back, one after the other, and no more', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const project = await lea.call('POST', '/api/v1/projects', { name: 'Gala', status: 'ACTIVE' });
  const status = async () => (await lea.call('GET', `/api/v1/projects/${project.id}`)).status;
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto(`/projects/${project.id}`);
  const [archive, restore] = ['.tools button:has-text("Archiver")', '.tools button:has-text("Remettre en cours")'];
  for (let n = 0; n < 21; n++) {
    await page.click(n % 2 ? restore : archive);
    await page.waitForSelector(n % 2 ? archive : restore);
  }
  for (let n = 20; n > 0; n--) {
    await page.keyboard.press('Control+z');
    await page.waitForSelector(n % 2 ? restore : archive);
  }
  assert.equal(await status(), 'ARCHIVED', 'as after the first of the twenty-one');
  await page.keyboard.press('Control+z');
  await page.waitForTimeout(300);
  assert.equal(await status(), 'ARCHIVED');
  page.clean();
});

test('what somebody else wrote in between is not taken back', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const project = await lea.call('POST', '/api/v1/projects', { name: 'Gala', status: 'ACTIVE' });
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto(`/projects/${project.id}`);
  await page.click('button:has-text("Archiver")');
  await page.waitForSelector('button:has-text("Remettre en cours")');
  await lea.call('PATCH', `/api/v1/projects/${project.id}`, { name: 'Grand gala' });
  await page.waitForSelector('h1:has-text("Grand gala")');
  await page.keyboard.press('Control+z');
  await page.waitForSelector('.toast.failed:has-text("entre-temps")');
  assert.equal((await lea.call('GET', `/api/v1/projects/${project.id}`)).status, 'ARCHIVED');
  page.clean();
});

test('an answer that was lost on its way is asked for again, and nothing is done twice', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/projects');
  await page.click('main button:has-text("Nouveau projet")');
  await page.fill('#name', 'Gala');
  await page.route('**/api/v1/projects', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    await route.fetch();
    return route.abort();
  });
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog >> text=Le serveur ne répond pas');
  await page.unroute('**/api/v1/projects');
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog', { state: 'detached' });
  assert.deepEqual((await lea.call('GET', '/api/v1/projects')).map((one) => one.name), ['Gala']);
});

test('whoever hears no answer and sends once more writes to nobody twice', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  await house.lea.call('PATCH', `/api/v1/users/${house.people['Awa Diallo']}`, { email: 'awa@lanternes.example' });
  const [, page] = await look(browser, server, house);
  const keys = [];
  await page.route('**/api/v1/invitations/send', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    if (keys.length > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await page.click('button:has-text("Invitations · 1")');
  await page.click('dialog >> text=Envoyer 1 invitation');
  await page.waitForSelector('dialog li .error:has-text("Le serveur ne répond pas")');
  await page.click('dialog >> text=Envoyer 1 invitation');
  await page.waitForSelector('dialog', { state: 'detached' });
  assert.ok(keys[0] && keys[0] === keys[1], 'the same act, the same key');
  const sent = (await house.lea.call('GET', '/api/v1/invitations')).filter((one) => one.sent_at);
  assert.equal(sent.length, 1);
});

test('on a phone a sheet is left by a touch beside it, or by its cross; a form is not lost by a touch', async () => {
  const house = await crew(server, { Concert: { day: 0, cast: [['Awa Diallo', 'ACCEPTED']] } });
  const [, page] = await look(browser, server, house, { viewport: PHONE });
  const closed = () => page.waitForSelector('dialog', { state: 'detached' });
  await page.click('[data-bar]');
  await page.waitForSelector('#who');
  await accessible(page, 'a sheet on a phone');
  await picture(page, 'sheet-phone-light');
  await page.touchscreen.tap(195, 30);
  await closed();
  await page.click('[data-bar]');
  await page.click('dialog button[aria-label="Fermer"]');
  await closed();
  assert.deepEqual((await house.on('Concert')).map((one) => one.status), ['ACCEPTED'], 'leaving changes nothing');
  await page.goto('/projects');
  await page.click('main button:has-text("Nouveau projet")');
  await page.fill('#name', 'Gala');
  await page.touchscreen.tap(195, 10);
  await page.waitForTimeout(200);
  assert.equal(await page.inputValue('#name'), 'Gala');
  page.clean();
});

test('what the server says follows the language of the page', async () => {
  const night = { day: 2, times: ['20:00', '23:00'], cast: [['Awa Diallo', 'ACCEPTED']] };
  const house = await crew(server, { Concert: night, Montage: { day: 3, times: ['06:00', '09:00'], cast: [['Awa Diallo', 'ACCEPTED']] } });
  const [, page] = await look(browser, server, house);
  const said = (language) => page.waitForRequest((request) => /\/api\/v1\/(board|conflicts)/.test(request.url()) && request.headers()['accept-language'] === language);
  for (const path of ['/planning', '/conflicts']) {
    await page.goto(path);
    await page.waitForSelector('h1');
    for (const [press, language] of [['English', 'en'], ['Français', 'fr']]) await Promise.all([said(language), page.click(`text=${press}`)]);
  }
  page.clean();
});

test('who comes to the door for the first time is not asked for behind their back', async () => {
  const page = await visit(browser, server);
  const [asked, printed] = [[], []];
  page.on('request', (request) => request.url().includes('/auth/') && asked.push(new URL(request.url()).pathname));
  page.on('console', (message) => printed.push(message.text()));
  await page.goto('/login');
  await page.waitForSelector('#email');
  await page.waitForLoadState('networkidle');
  assert.deepEqual([asked.filter((path) => /\/(me|refresh)$/.test(path)), printed], [[], []]);
  // Whoever was signed in here is known again at the door.
  const lea = await person(server, 'Léa', 'Lanternes');
  await signIn(page, lea);
  await page.goto('/join#none');
  await page.waitForSelector(`text=${lea.email}`);
});

test('a page has one title, its name in the window, and the focus once somebody goes there', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await signIn(page, lea);
  for (const [link, title] of [['Projets', 'Projets'], ['Équipe', 'Équipe'], ['Conflits', 'Conflits'], ['Rapports', 'Rapports'], ['Mon compte', 'Mon compte']]) {
    await page.click(`nav >> text=${link}`);
    await page.waitForSelector(`h1:has-text("${title}")`);
    assert.equal(await page.locator('h1').count(), 1);
    assert.match(await page.title(), new RegExp(`^${title} `));
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main', link);
  }
  // The first stop of Tab leads past the navigation.
  await page.goto('/projects');
  await page.waitForSelector('h1');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Aller au contenu');
  assert.ok((await page.locator('.skip').boundingBox()).y >= 0, 'it is in sight');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => !!document.activeElement.closest('main')));
  page.clean();
});

test('a board that is on its way shows rows in its place', async () => {
  const house = await crew(server, { Concert: { day: 2 } });
  const page = await visit(browser, server);
  await signIn(page, house.lea);
  let go;
  const held = new Promise((resolve) => (go = resolve));
  await page.route('**/api/v1/board?*', (route) => held.then(() => route.continue()));
  await page.goto(`/planning${house.query}`);
  await page.waitForSelector('.skeleton[aria-busy="true"]');
  assert.equal(await page.locator('.skeleton > div').count(), 12);
  await accessible(page, 'a board on its way');
  go();
  await page.waitForSelector('.skeleton', { state: 'detached' });
  await page.waitForSelector('[data-bar]');
  page.clean();
});

test('a password manager and the clipboard fill in what is asked', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
  const wanted = { '/login': { email: 'username', password: 'current-password' }, '/signup': { name: 'name', email: 'username', password: 'new-password' }, '/forgot': { email: 'username' } };
  for (const [path, fields] of Object.entries(wanted)) {
    await page.goto(path);
    for (const [id, way] of Object.entries(fields)) assert.equal(await page.getAttribute(`#${id}`, 'autocomplete'), way, `${id} of ${path}`);
  }
  await page.goto('/login');
  await page.fill('#email', lea.email);
  await page.evaluate((text) => navigator.clipboard.writeText(text), PASSWORD);
  await page.focus('#password');
  await page.keyboard.press('Control+v');
  assert.equal(await page.getAttribute('#password', 'type'), 'password');
  await page.click('button:has-text("Afficher le mot de passe")');
  assert.deepEqual([await page.getAttribute('#password', 'type'), await page.inputValue('#password')], ['text', PASSWORD]);
  await page.click('button:has-text("Masquer le mot de passe")');
  await page.keyboard.press('Tab');
  await page.click('button.primary');
  await page.waitForSelector('h1:has-text("Planning")');
  page.clean();
});

test('French marks stay with their words, and nobody is told Oups', () => {
  const source = new URL('../src/', import.meta.url);
  const wrong = [];
  for (const name of readdirSync(source, { recursive: true }).filter((one) => /\.(ts|svelte)$/.test(one) && !one.endsWith('schema.d.ts'))) {
    const code = readFileSync(new URL(name, source), 'utf8');
    if (!/words\(|satisfies Messages|export const (fr|en)\b/.test(code)) continue;
    for (const [text] of code.matchAll(/'(?:[^'\\\n]|\\.)*'/g)) if (/\p{L} [:;?!»]|« \p{L}|\bOups|erreur inconnue|unknown error/iu.test(text)) wrong.push(`${name}: ${text}`);
  }
  assert.deepEqual(wrong, []);
});
