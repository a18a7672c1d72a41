// The session: no script reads it, it renews itself, it is ended from elsewhere, and its end leaves the work where it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, browser, fits, PASSWORD, person, PHONE, picture, server, signIn, stage, totp, visit } from './stage.mjs';

stage({ TEST_CLOCK: 'on' });

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

test('a session that ends under somebody’s hands leaves their work where it is', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/profile');
  await page.fill('#bio', 'Régisseuse depuis vingt ans, et');
  await page.context().clearCookies();
  await page.click('button:has-text("Enregistrer")');
  await page.waitForSelector('dialog:has-text("Votre session est terminée")');
  await accessible(page, 'a session that is over');
  await picture(page, 'session-ended-desktop-light');
  await page.fill('#ended-password', PASSWORD);
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog', { state: 'detached' });
  assert.equal(await page.inputValue('#bio'), 'Régisseuse depuis vingt ans, et');
  await page.click('button:has-text("Enregistrer")');
  await page.waitForSelector('text=Enregistré.');
  page.clean();
});

/** The end of a session is a day away: here it is told to be near. */
const near = (page) =>
  page.route('**/api/v1/auth/sessions', async (route) => {
    const all = await (await route.fetch()).json();
    return route.fulfill({ json: all.map((one) => ({ ...one, expires_at: new Date(Date.now() + 600_000).toISOString() })) });
  });
test('a session that ends soon is renewed in peace', async () => {
  const lea = await person(server, 'Léa', 'Régie Nord');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await near(page);
  await page.goto('/projects');
  await page.waitForSelector('text=Votre session se termine à');
  await accessible(page, 'a session that ends soon');
  await page.unroute('**/api/v1/auth/sessions');
  const before = (await lea.call('GET', '/api/v1/auth/sessions')).length;
  await page.click('button:has-text("Se reconnecter")');
  await page.waitForSelector('h2:has-text("Votre session se termine bientôt")');
  await accessible(page, 'a session that is renewed');
  await page.fill('#ended-password', PASSWORD);
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog', { state: 'detached' });
  assert.equal((await lea.call('GET', '/api/v1/auth/sessions')).length, before + 1);
  await page.waitForSelector('text=Votre session se termine à', { state: 'detached' });
  page.clean();
});

test('a session that ends asks for the second factor over the page too, before its end as after', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await signIn(page, lea);
  const { secret } = await lea.call('POST', '/api/v1/auth/mfa/totp');
  const { recovery_codes: paper } = await lea.call('POST', '/api/v1/auth/mfa/totp:confirm', { code: totp(secret) });
  await page.goto('/profile');
  await page.fill('#bio', 'Régisseuse depuis vingt ans, et');
  await page.context().clearCookies();
  await page.click('button:has-text("Enregistrer")');
  await page.fill('#ended-password', PASSWORD);
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog #code:focus');
  await accessible(page, 'a session that is over and asks for a code');
  await picture(page, 'session-ended-code-desktop-light');
  await page.keyboard.type('000000');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog [role=alert] .box');
  // Whoever took too long begins anew, still over the page.
  await page.click('dialog button:has-text("Recommencer la connexion")');
  await page.fill('#ended-password', PASSWORD);
  await page.click('dialog button.primary');
  await page.fill('dialog #code', totp(secret, 30));
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog', { state: 'detached' });
  assert.equal(await page.inputValue('#bio'), 'Régisseuse depuis vingt ans, et');
  await page.click('button:has-text("Enregistrer")');
  await page.waitForSelector('text=Enregistré.');
  await near(page);
  await page.goto('/projects');
  await page.click('button:has-text("Se reconnecter")');
  await page.unroute('**/api/v1/auth/sessions');
  await page.fill('#ended-password', PASSWORD);
  await page.click('dialog button.primary');
  await page.click('dialog button:has-text("Utiliser un code de secours")');
  await page.waitForSelector('dialog #code:focus');
  await page.keyboard.type(paper[0]);
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog', { state: 'detached' });
  await page.waitForSelector('text=Votre session se termine à', { state: 'detached' });
  assert.equal(new URL(page.url()).pathname, '/projects');
  page.clean();
});
