// A project: its missions one by one and in series, copies, the call sheet.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createServer } from 'vite';
import { crew, LEA } from './planning-page.mjs';
import { accessible, browser, fits, PHONE, picture, server, signIn, stage, visit } from './stage.mjs';

stage({}, ['--demo']);
let vite, bulk;
before(async () => {
  vite = await createServer({ configFile: false, server: { middlewareMode: true, hmr: false }, appType: 'custom', logLevel: 'error', optimizeDeps: { noDiscovery: true } });
  bulk = await vite.ssrLoadModule('/src/pages/missions/bulk.ts');
});
after(async () => {
  await vite?.close();
});

test('a series is read as people write it', () => {
  const read = (line) => {
    const { days, ...rest } = bulk.read(line);
    return days ? { days: [...days].sort().join(''), ...rest } : rest;
  };
  const plateau = [{ role: 'plateau', quota: 4 }];
  assert.deepEqual(read('lun–ven 9–18 × 4 plateau'), { days: '12345', start: '09:00', end: '18:00', roles: plateau });
  assert.deepEqual(read('Mon-Fri 9-18 x4 plateau'), { days: '12345', start: '09:00', end: '18:00', roles: plateau });
  assert.deepEqual(read('ven–lun 22h30–6h plateau x 4'), { days: '0156', start: '22:30', end: '06:00', roles: plateau });
  assert.deepEqual(read('mar, jeu 14:30 à 23h 2 son + régie lumière'), { days: '24', start: '14:30', end: '23:00', roles: [{ role: 'son', quota: 2 }, { role: 'régie lumière', quota: 1 }] });
  assert.deepEqual(read('tous les jours 9–18 plateau × 4').days, '0123456');
  assert.deepEqual(read('9–18 4 plateau').days, '0123456');
  assert.deepEqual(read('lun–ven plateau'), { fault: 'times' });
  assert.deepEqual(read('lun 9–25 plateau'), { fault: 'times' });
  assert.deepEqual(read('lun 9–9 plateau'), { fault: 'times' });
  assert.deepEqual(read('lun–pluie 9–18 plateau'), { fault: 'days' });
  assert.deepEqual(read('lun–ven 9–18'), { fault: 'roles' });
  assert.deepEqual(read('lun–ven 9–18 × 0 plateau'), { fault: 'roles' });
  const night = bulk.between(bulk.read('ven–sam 22–6 plateau'), '2031-03-03', '2031-03-09');
  assert.deepEqual(night, [{ start_at: '2031-03-07T22:00', end_at: '2031-03-08T06:00' }, { start_at: '2031-03-08T22:00', end_at: '2031-03-09T06:00' }]);
});

async function open(house, options) {
  const page = await visit(browser, server, options);
  await signIn(page, house.lea);
  await page.goto(`/projects/${house.project.id}`);
  await page.waitForSelector('h1:has-text("Gala")');
  return page;
}
const titles = async (house) => (await house.lea.call('GET', `/api/v1/missions?project=${house.project.id}`)).map((m) => `${m.title} ${m.start_at.slice(0, 10)} ${m.roles.map((r) => `${r.quota} ${r.role}`)}`);

test('a mission is created, changed, undone, copied and deleted', async () => {
  const house = await crew(server);
  const page = await open(house);
  await page.click('button:has-text("Nouvelle mission")');
  await page.click('dialog button.primary');
  await page.waitForSelector('#day-error');
  await page.fill('#day', '2031-03-05');
  await page.fill('#title', 'Balance');
  await page.fill('#role-0', 'son');
  await page.click('text=Ajouter un poste');
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog .error, dialog [role="alert"] .box');
  await accessible(page, 'a mission with a fault');
  await page.fill('#role-1', 'lumière');
  await page.fill('#quota-1', '2');
  await page.click('dialog button.primary');
  await page.waitForSelector('td:has-text("Balance")');
  assert.deepEqual(await titles(house), ['Balance 2031-03-05 1 son,2 lumière']);
  await page.click('tr:has-text("Balance") button:has-text("Modifier")');
  await page.fill('#title', 'Grande balance');
  await page.fill('#day', '2031-03-06');
  await page.click('dialog button.primary');
  await page.waitForSelector('td:has-text("Grande balance")');
  await page.keyboard.press('Control+z');
  await page.waitForSelector('td:has-text("Grande balance")', { state: 'detached' });
  assert.deepEqual(await titles(house), ['Balance 2031-03-05 1 son,2 lumière']);
  await page.click('tr:has-text("Balance") summary');
  await page.click('button:has-text("Dupliquer")');
  await page.fill('#shift', '2');
  await page.fill('#times', '3');
  assert.deepEqual(await page.locator('.preview li').allTextContents(), ['vendredi 7 mars, 09:00–18:00', 'dimanche 9 mars, 09:00–18:00', 'mardi 11 mars, 09:00–18:00']);
  await accessible(page, 'copies of a mission');
  await page.click('dialog button.primary');
  await page.waitForSelector('.toast:has-text("3 copies créées")');
  assert.deepEqual((await titles(house)).map((t) => t.slice(8, 18)), ['2031-03-05', '2031-03-07', '2031-03-09', '2031-03-11']);
  await page.keyboard.press('Control+z');
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  await page.click('tr:has-text("Balance") summary');
  await page.click('button:has-text("Supprimer")');
  await page.click('dialog button.danger');
  await page.waitForSelector('text=Aucune mission');
  assert.deepEqual(await titles(house), []);
  page.clean();
});

test('a series is shown before it is made, and undone as a whole', async () => {
  const house = await crew(server);
  const page = await open(house, { viewport: PHONE });
  await page.click('button:has-text("Créer en série")');
  await page.fill('#title', 'Montage');
  await page.fill('#line', 'lun–ven');
  await page.fill('#from', '2031-03-03');
  await page.fill('#to', '2031-03-09');
  await page.click('dialog button.primary');
  assert.match(await page.textContent('#line-error'), /Indiquez le début et la fin/);
  await page.fill('#line', 'lun–ven 9–18 × 4 plateau, 2 son');
  await page.waitForSelector('text=5 missions seront créées');
  await page.click('dialog label:has-text("mercredi 5")');
  await page.waitForSelector('text=4 missions seront créées');
  await accessible(page, 'a series');
  await page.click('dialog button.primary');
  await page.waitForSelector('.toast:has-text("4 missions créées")');
  assert.deepEqual(await titles(house), ['03', '04', '06', '07'].map((day) => `Montage 2031-03-${day} 4 plateau,2 son`));
  await fits(page, 'a project on a phone');
  await accessible(page, 'a project on a phone');
  await page.click('.toast button:has-text("Annuler")');
  await page.waitForSelector('text=Aucune mission');
  assert.deepEqual(await titles(house), []);
  page.clean();
});

test('who cannot come at the new time refuses the move, or is asked again', async () => {
  const house = await crew(server, { Balance: { day: 2, cast: [['Awa Diallo', 'ACCEPTED']] }, Concert: { day: 3, cast: [['Awa Diallo', 'ACCEPTED']] } });
  const page = await open(house);
  await page.click('tr:has-text("Balance") button:has-text("Modifier")');
  await page.fill('#day', '2031-03-06');
  await page.click('dialog button.primary');
  await page.waitForSelector('text=La personne a déjà accepté une autre mission');
  await page.click('text=Déplacer et solliciter à nouveau');
  await page.waitForSelector('.toast:has-text("modifiée")');
  assert.deepEqual((await house.on('Balance')).map((a) => [a.status, a.start_at]), [['INVITED', '2031-03-06T08:00:00Z']]);
  page.clean();
});

test('the projects of the demo, one of them, and its call sheet', async () => {
  for (const scheme of ['light', 'dark']) {
    const page = await visit(browser, server, { scheme });
    await signIn(page, LEA);
    await page.goto('/projects');
    await page.waitForSelector('li:has-text("Ondes Claires")');
    await accessible(page, 'the projects');
    await picture(page, `projects-desktop-${scheme}`);
    await page.fill('#search', 'montreuil');
    await page.waitForFunction(() => document.querySelectorAll('ul.rows > li').length === 1);
    await page.click('a:has-text("Ondes Claires")');
    await page.waitForSelector('tbody tr');
    await page.waitForSelector('.facts');
    await accessible(page, 'a project');
    await picture(page, `project-desktop-${scheme}`);
    await page.click('a:has-text("Feuille de service")');
    await page.waitForSelector('.lines');
    await accessible(page, 'a call sheet');
    await picture(page, `callsheet-desktop-${scheme}`);
    const upright = async () => {
      const [, wide, high] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec((await page.pdf({ preferCSSPageSize: true })).toString('latin1'));
      return Number(high) > Number(wide);
    };
    assert.ok(await upright(), 'the call sheet prints upright');
    await page.click('nav >> text=Planning');
    await page.waitForSelector('.row.person');
    assert.ok(!(await upright()), 'the board prints wide');
    page.clean();
  }
});

test('a project is archived, found among the archived ones, and brought back', async () => {
  const house = await crew(server);
  const page = await open(house);
  await page.click('button:has-text("Archiver")');
  await page.waitForSelector('.toast:has-text("Projet archivé")');
  await page.goto('/projects');
  await page.waitForSelector('.tools');
  assert.equal(await page.locator('li:has-text("Gala")').count(), 0);
  await page.click('button:has-text("Archivés")');
  await page.click('a:has-text("Gala")');
  await page.click('button:has-text("Remettre en cours")');
  await page.waitForSelector('.badge:has-text("En cours"), .badge:has-text("Actif")');
  assert.equal((await house.lea.call('GET', `/api/v1/projects/${house.project.id}`)).status, 'ACTIVE');
  page.clean();
});
