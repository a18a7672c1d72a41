// Signing in, up and out, and the session that goes on by itself.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, browse, fits, PASSWORD, person, PHONE, picture, serve, signIn, visit } from './stage.mjs';

let server, browser;
before(async () => {
  [server, browser] = [await serve({ TEST_CLOCK: 'on' }), await browse()];
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('a stranger signs up, makes an organisation and its first project', async () => {
  const page = await visit(browser, server);
  await page.goto('/');
  await page.waitForURL(/\/login\?next=/);
  await accessible(page, 'sign-in');
  await picture(page, 'login-desktop-light');
  await page.click('text=Créer un compte');
  await page.fill('#name', 'Zoé Nùñez-Œuvrard');
  await page.fill('#email', 'zoe@lanternes.example');
  await page.fill('#password', 'court');
  await page.click('button.primary');
  await page.waitForSelector('#password-error');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'password', 'the first field that does not fit has the focus');
  await accessible(page, 'sign-up with a fault');
  await page.fill('#password', PASSWORD);
  await page.click('button.primary');
  await page.waitForSelector('text=Bienvenue dans Coulisses');
  await page.fill('#name', 'Théâtre des Lanternes');
  await page.click('button.primary');
  await page.waitForSelector('text=Votre planning commence ici');
  await page.goto('/projects');
  await page.waitForSelector('text=Aucun projet');
  await accessible(page, 'no projects');
  await page.click('text=Nouveau projet');
  await page.waitForSelector('dialog');
  await accessible(page, 'the project form');
  await page.click('dialog button.primary');
  await page.waitForSelector('#name-error');
  await page.fill('#name', 'La Nuit des Lucioles');
  await page.fill('#starts', '2026-12-04');
  await page.fill('#ends', '2026-12-06');
  await page.click('dialog button.primary');
  await page.waitForSelector('li:has-text("La Nuit des Lucioles")');
  assert.match(await page.textContent('ul.rows'), /Du 4 décembre 2026 au 6 décembre 2026/);
  page.clean();
});

test('a wrong password is said without telling which part is wrong', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server, { viewport: PHONE, scheme: 'dark', locale: 'en-GB' });
  await page.goto('/login?next=%2Fprofile');
  await page.click('button.primary');
  assert.equal(await page.textContent('#email-error'), 'Enter an email address, such as lina@example.com.');
  await picture(page, 'login-errors-phone-dark');
  await page.fill('#email', lea.email);
  await page.fill('#password', 'not this one');
  await page.click('button.primary');
  await page.waitForSelector('text=The address or the password is wrong.');
  await accessible(page, 'a refused sign-in');
  await fits(page, 'sign-in');
  await page.fill('#password', PASSWORD);
  await page.click('button.primary');
  await page.waitForURL('**/profile');
  page.clean();
});

test('no address leads away from this site', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example']) {
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await page.fill('#email', lea.email);
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    await page.waitForSelector('h1:has-text("Planning")');
    assert.equal(new URL(page.url()).origin, server.url);
    await page.click('text=Se déconnecter');
    await page.waitForURL('**/login');
  }
});

test('no script can read a token, and a session renews itself', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await signIn(page, lea);
  assert.equal(await page.evaluate(() => document.cookie), '');
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.doesNotMatch(kept, /eyJ|crt_/);
  // The access token is over; two tabs find out at once, and one renewal serves both.
  const other = await page.context().newPage();
  await fetch(`${server.url}/livez`, { headers: { 'x-test-clock': '+20m' } });
  await page.context().clearCookies({ name: 'access_token' });
  await Promise.all([page.goto('/projects'), other.goto('/profile')]);
  await Promise.all([page.waitForSelector('h1:has-text("Projets")'), other.waitForSelector('h1:has-text("Mon compte")')]);
  await fetch(`${server.url}/livez`, { headers: { 'x-test-clock': '0' } });
  page.clean();
});

test('devices are listed, and one is signed out from another', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const [desk, phone] = [await visit(browser, server), await visit(browser, server, { viewport: PHONE })];
  await signIn(desk, lea);
  await signIn(phone, lea);
  await phone.goto('/profile');
  await phone.waitForSelector('text=cet appareil');
  await accessible(phone, 'the account on a phone');
  await fits(phone, 'the account on a phone');
  await picture(phone, 'profile-phone-light');
  await phone.click('text=Fermer toutes les autres');
  await phone.waitForSelector('text=Toutes les autres sessions sont fermées');
  await desk.goto('/projects');
  await desk.waitForURL(/\/login/);
  phone.clean();
});
