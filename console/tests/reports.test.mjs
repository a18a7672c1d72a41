// Reports, the palette and the keys.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crew, HUGO, LEA } from './planning-page.mjs';
import { accessible, browser, dismiss, fits, PHONE, picture, server, signIn, stage, visit } from './stage.mjs';

stage({}, ['--demo']);

test('hours and money add up as the missions say, and are exported', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'ACCEPTED']] }, Balance: { day: 4, cast: [['Awa Diallo', 'INVITED']] } });
  const page = await visit(browser, server);
  await signIn(page, house.lea);
  await page.goto('/reports');
  await page.locator('input[type="date"]').nth(1).fill('2031-03-31');
  await page.locator('input[type="date"]').nth(0).fill('2031-03-01');
  await page.waitForSelector('tbody tr');
  // Nine hours with an hour of break, twice: one accepted, both planned; nobody has a rate yet.
  const cells = await page.locator('tbody tr').first().locator('th, td').allTextContents();
  assert.deepEqual(cells.slice(0, 5).map((c) => c.replaceAll('\u00a0', ' ')), ['Awa Diallo', 'mars 2031', '2', '8 h', '16 h']);
  await page.waitForSelector('text=2 missions sans tarif');
  // What a number is stands beside it.
  const cost = (await page.textContent('.cost')).replaceAll('\u00a0', ' ');
  assert.match(cost, /8 h confirmées\s*16 h prévues.*0 € confirmés\s*0 € prévus/);
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('li:has-text("Heures par personne") a:has-text("CSV")')]);
  assert.match(file.suggestedFilename(), /\.csv$/);
  page.clean();
});

test('the reports of the demo, in both themes, and not for technicians', async () => {
  for (const options of [{}, { viewport: PHONE, scheme: 'dark' }]) {
    const page = await visit(browser, server, options);
    await signIn(page, LEA);
    await page.goto('/reports');
    await page.waitForSelector('tbody tr');
    const meters = await page.locator('.cost .meter').evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().left)));
    assert.ok(meters.length > 2 && new Set(meters).size === 1, `one below the other: ${meters}`);
    await accessible(page, 'the reports');
    await fits(page, 'the reports');
    await picture(page, options.viewport ? 'reports-phone-dark' : 'reports-desktop-light');
    page.clean();
  }
  const hugo = await visit(browser, server);
  await signIn(hugo, HUGO);
  assert.equal(await hugo.locator('nav >> text=Rapports').count(), 0);
  await hugo.goto('/reports');
  await hugo.waitForSelector('text=réservés aux responsables');
});

test('Ctrl+K finds people, projects and what to do with them', async () => {
  const page = await visit(browser, server);
  await signIn(page, LEA);
  await page.waitForSelector('[data-bar]');
  await page.keyboard.press('Control+k');
  await page.waitForSelector('[role="option"]');
  await page.keyboard.type('carpentier');
  await page.waitForSelector('[role="option"]:has-text("Noémie")');
  await accessible(page, 'the palette');
  await picture(page, 'palette-desktop-light');
  await page.keyboard.press('Enter');
  await page.waitForSelector('h1:has-text("Noémie Carpentier")');
  await page.keyboard.press('Control+k');
  await page.waitForSelector('dialog input:focus');
  await page.keyboard.type('affecter noemie');
  await page.waitForSelector('[role="option"]:has-text("Affecter Noémie")');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/planning\?q=No%C3%A9mie|\/planning\?q=No/);
  // From the planning itself too, where the filter was another.
  await page.waitForFunction(() => document.querySelectorAll('.row.person').length === 1);
  await page.keyboard.press('Control+k');
  await page.waitForSelector('dialog input:focus');
  await page.keyboard.type('affecter samir');
  await page.waitForSelector('[role="option"]:has-text("Affecter Samir")');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.row.person:has-text("Samir Belkacem")');
  await page.keyboard.press('Control+k');
  await page.waitForSelector('dialog input:focus');
  await page.keyboard.type('zzz');
  await page.waitForSelector('text=Rien ne correspond');
  await dismiss(page);
  page.clean();
});

test('letters go places, are listed, and can be switched off', async () => {
  const page = await visit(browser, server);
  await signIn(page, LEA);
  await page.waitForSelector('[data-bar]');
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await page.waitForSelector('h1:has-text("Équipe")');
  // Not while somebody types.
  await page.focus('#search');
  await page.keyboard.type('gp?');
  assert.equal(await page.inputValue('#search'), 'gp?');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('?');
  await page.waitForSelector('dialog kbd');
  await accessible(page, 'the list of keys');
  await page.uncheck('dialog input');
  await dismiss(page);
  await page.keyboard.press('?');
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await page.waitForTimeout(200);
  assert.equal(await page.locator('dialog').count(), 0);
  assert.match(page.url(), /\/team/);
  await page.keyboard.press('Control+k');
  await page.waitForSelector('dialog');
  page.clean();
});
