// The team: finding, adding, importing, a person's page, and what nobody is shown without asking.

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { HUGO, LEA } from './planning-page.mjs';
import { accessible, browser, fits, person, PHONE, picture, server, signIn, stage, visit } from './stage.mjs';

stage({}, ['--demo']);
const names = (page) => page.locator('ul.rows > li strong').allTextContents();

test('people are found by name, skill and tag', async () => {
  const page = await visit(browser, server);
  await signIn(page, LEA);
  await page.goto('/team');
  await page.waitForSelector('text=24 personnes');
  await accessible(page, 'the team');
  await picture(page, 'team-desktop-light');
  await page.keyboard.press('/');
  await page.keyboard.type('NOEMIE');
  await page.waitForSelector('text=1 personne');
  assert.deepEqual(await names(page), ['Noémie Carpentier']);
  await page.fill('#search', '');
  await page.selectOption('#skill', 'vidéo');
  await page.waitForSelector('text=3 personnes');
  await page.selectOption('#skill', '');
  await page.selectOption('#tag', 'permanent');
  assert.deepEqual((await names(page)).sort(), ['Claire Duval', 'Léa Marchetti', 'Noé Rousseau']);
  await page.fill('#search', 'Hugo');
  await page.click('text=Effacer les filtres');
  await page.waitForSelector('text=24 personnes');
  page.clean();
});

test('a person is added, changed, undone, and somebody else may be faster', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/team');
  await page.waitForSelector('text=Votre équipe est vide');
  await page.click('button:has-text("Ajouter une personne")');
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog .error, dialog [role="alert"] .box');
  await accessible(page, 'a person with a fault');
  await page.fill('#first', 'Awa');
  await page.fill('#last', 'Diallo');
  await page.fill('#skills', 'son 4, régie lumière, HF 9');
  await page.fill('#tags', 'tournée, permanent');
  await page.click('dialog button.primary');
  await page.waitForSelector('h1:has-text("Awa Diallo")');
  const [made] = await lea.call('GET', '/api/v1/users');
  assert.deepEqual(made.skills.map((s) => s.skill).sort(), ['HF 9', 'régie lumière', 'son']);
  assert.equal(made.skills.find((s) => s.skill === 'son').level, 4);
  await page.click('button:has-text("Modifier")');
  await page.fill('#skills', 'son 5');
  await page.click('dialog button.primary');
  await page.waitForSelector('.toast:has-text("à jour")');
  assert.deepEqual((await lea.call('GET', `/api/v1/users/${made.id}`)).skills, [{ skill: 'son', level: 5 }]);
  await page.keyboard.press('Control+z');
  await page.waitForSelector('.toast:has-text("annulée")');
  assert.equal((await lea.call('GET', `/api/v1/users/${made.id}`)).skills.length, 3);
  await page.click('button:has-text("Modifier")');
  await lea.call('PATCH', `/api/v1/users/${made.id}`, { last_name: 'Diallo-Ndiaye' });
  await page.fill('#phone', '06 12 34 56 78');
  await page.click('dialog button.primary');
  await page.waitForSelector('text=Quelqu’un a modifié cette fiche');
  assert.equal(await page.inputValue('#last'), 'Diallo-Ndiaye');
  page.clean();
});

test('a spreadsheet is looked at before anything is written', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/team');
  await page.click('button:has-text("Importer")');
  const folder = mkdtempSync(join(tmpdir(), 'coulisses-csv-'));
  const file = (name, text) => (writeFileSync(join(folder, name), text), join(folder, name));
  await page.setInputFiles('#file', file('wrong.csv', 'first_name;last_name;email\nAwa;Diallo;pas une adresse\nBo;Martin;\n'));
  await page.waitForSelector('text=1 ligne à corriger');
  assert.match(await page.textContent('dialog [role="status"] ul'), /Ligne 2, colonne email/);
  assert.ok(await page.isDisabled('dialog button.primary'));
  await accessible(page, 'an import with a fault');
  await page.setInputFiles('#file', file('right.csv', 'first_name;last_name;skills\nAwa;Diallo;son\nÉlise;Œuvrard;\n'));
  await page.waitForSelector('text=Tout est en ordre');
  assert.deepEqual(await lea.call('GET', '/api/v1/users'), [], 'nothing is written yet');
  await page.click('dialog button.primary');
  await page.waitForSelector('text=2 personnes importées');
  assert.deepEqual((await names(page)).sort(), ['Awa Diallo', 'Élise Œuvrard']);
  page.clean();
});

test('rates are asked for by whoever wants to see them, and a technician has no such button', async () => {
  const page = await visit(browser, server);
  const asked = [];
  page.on('request', (request) => request.url().includes('/rates/') && asked.push(request.method()));
  await signIn(page, LEA);
  await page.goto('/team');
  await page.click('a:has-text("Samir Belkacem")');
  await page.waitForSelector('text=Compteur de 507 heures');
  assert.deepEqual(asked, [], 'what is not shown is not read');
  assert.doesNotMatch(await page.textContent('main'), /\d\s*€/);
  await accessible(page, 'a person');
  await picture(page, 'person-desktop-light');
  await page.click('text=Afficher les tarifs');
  await page.waitForSelector('text=265');
  await page.fill('#amount', '290,50');
  await page.click('text=Ajouter ce tarif');
  await page.waitForSelector('li:has-text("290,50")');
  await accessible(page, 'a person’s rates');
  await page.click('button:has-text("Masquer")');
  await page.waitForSelector('li:has-text("290,50")', { state: 'detached' });
  page.clean();

  const phone = await visit(browser, server, { viewport: PHONE, scheme: 'dark' });
  await signIn(phone, HUGO);
  await phone.goto('/team');
  await phone.click('a:has-text("Samir Belkacem")');
  await phone.waitForSelector('h1:has-text("Samir")');
  await phone.waitForSelector('h2');
  assert.equal(await phone.locator('text=Tarifs').count(), 0);
  assert.equal(await phone.locator('text=Contact').count(), 0);
  await accessible(phone, 'a team mate on a phone');
  await fits(phone, 'a team mate on a phone');
  phone.clean();
});
