// One's own account: name, looks, password, data.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { accessible, browser, fits, PASSWORD, person, PHONE, picture, server, signIn, stage, visit } from './stage.mjs';

stage({ TEST_CLOCK: 'on' });

test('name, language and theme are one’s own, and last', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/profile');
  await page.fill('#name', 'Léa Marchetti-Œuvrard');
  await page.click('button:has-text("Enregistrer")');
  await page.waitForSelector('text=Enregistré.');
  await page.selectOption('#theme', 'dark');
  await accessible(page, 'an account in the dark');
  await picture(page, 'profile-desktop-dark');
  await page.selectOption('#language', 'en');
  await page.waitForSelector('h1:has-text("My account")');
  await page.reload();
  await page.waitForSelector('h1:has-text("My account")');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  // Letters alone do nothing any more, and that lasts, too.
  await page.uncheck('label:has-text("Shortcuts of a single letter") input');
  await page.reload();
  await page.waitForSelector('h1:has-text("My account")');
  assert.equal(await page.isChecked('label:has-text("Shortcuts of a single letter") input'), false);
  await page.keyboard.press('?');
  await page.keyboard.press('Control+k');
  await page.waitForSelector('dialog input[role="combobox"]');
  assert.equal(await page.locator('dialog').count(), 1, 'the palette alone');
  const me = await lea.call('GET', '/api/v1/me');
  assert.deepEqual([me.display_name, me.locale], ['Léa Marchetti-Œuvrard', 'en']);
  page.clean();
});

test('what cannot be undone asks once more who one is, then goes on by itself', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server, { viewport: PHONE });
  await signIn(page, lea);
  await page.goto('/profile');
  await page.waitForSelector('text=Exporter mes données');
  await fits(page, 'an account');
  await fetch(`${server.url}/livez`, { headers: { 'x-test-clock': '+20m' } });
  await page.click('text=Exporter mes données');
  await page.waitForSelector('dialog:has-text("Confirmez que c’est vous")');
  await accessible(page, 'a proof');
  await page.fill('#proof', 'not this one');
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog [role=alert] .box');
  await page.fill('#proof', PASSWORD);
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('dialog button.primary')]);
  const data = JSON.parse(await readFile(await file.path(), 'utf8'));
  assert.equal(data.account.email, lea.email);
  await fetch(`${server.url}/livez`, { headers: { 'x-test-clock': '+40m' } });
  await page.click('text=Exporter mes données');
  await page.waitForSelector('dialog:has-text("Confirmez que c’est vous")');
  await page.click('dialog button:has-text("Annuler")');
  await page.waitForSelector('dialog', { state: 'detached' });
  await fetch(`${server.url}/livez`, { headers: { 'x-test-clock': '0' } });
  page.clean();
});

test('a password is changed by whoever knows it', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/profile');
  await page.click('button:has-text("Changer le mot de passe")');
  await page.fill('#current', 'not this one');
  await page.fill('#fresh', 'quatre-Brouettes-bleues-1931');
  await page.waitForSelector('text=Ce mot de passe convient');
  await page.click('button:has-text("Changer le mot de passe")');
  await page.waitForSelector('[role=alert] .box, #current-error');
  await accessible(page, 'a wrong current password');
  await page.fill('#current', PASSWORD);
  await page.click('button:has-text("Changer le mot de passe")');
  await page.waitForSelector('text=Votre mot de passe est changé');
  page.clean();
});
