// Projects and members: changing, undoing, somebody else being faster, who sees what.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, browser, fits, person, PHONE, picture, server, signIn, stage, visit } from './stage.mjs';

stage();

test('a change is undone by its real inverse', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const project = await lea.call('POST', '/api/v1/projects', { name: 'Gala', client: 'Mairie' });
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/projects');
  await page.click('li:has-text("Gala") button');
  await page.fill('#name', 'Grand gala');
  await page.click('dialog button.primary');
  await page.waitForSelector('li:has-text("Grand gala")');
  await page.click('.toast button:has-text("Annuler")');
  await page.waitForSelector('text=Modification annulée');
  assert.equal((await lea.call('GET', `/api/v1/projects/${project.id}`)).name, 'Gala');
  page.clean();
});

test('whoever is slower sees what the other wrote', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const project = await lea.call('POST', '/api/v1/projects', { name: 'Tournée' });
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/projects');
  await page.click('li:has-text("Tournée") button');
  await lea.call('PATCH', `/api/v1/projects/${project.id}`, { name: 'Tournée d’hiver' });
  await page.fill('#name', 'Tournée d’été');
  await page.click('dialog button.primary');
  // What was seen is what is compared: an unchanged project would have let it through.
  await page.waitForSelector('text=Quelqu’un a modifié ce projet entre-temps');
  assert.equal(await page.inputValue('#name'), 'Tournée d’hiver');
  await page.fill('#name', 'Tournée des saisons');
  await page.click('dialog button.primary');
  await page.waitForSelector('li:has-text("Tournée des saisons")');

});

test('a technician sees no button that would be refused', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const hugo = await person(server, 'Hugo');
  const { token } = await lea.call('POST', '/api/v1/orgs/members:invite', { email: hugo.email, role: 'tech' });
  const page = await visit(browser, server, { viewport: PHONE });
  await page.goto(`/join?token=${token}`);
  await page.click('a:has-text("Se connecter")');
  await page.fill('#email', hugo.email);
  await page.fill('#password', 'trois-Lanternes-vertes-1987');
  await page.click('button.primary');
  await page.click('button:has-text("Rejoindre")');
  await page.waitForSelector('h1:has-text("Mon agenda")');
  await page.goto('/projects');
  await page.waitForSelector('text=Aucun projet');
  assert.equal(await page.locator('text=Nouveau projet').count(), 0);
  assert.equal(await page.locator('nav >> text=Membres').count(), 0);
  await accessible(page, 'a technician’s projects');
  page.clean();
});

test('members are invited, given roles and removed', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const hugo = await person(server, 'Hugo');
  const { token } = await lea.call('POST', '/api/v1/orgs/members:invite', { email: hugo.email, role: 'tech' });
  await hugo.call('POST', '/api/v1/orgs/members:join', { token });
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.click('nav >> text=Membres');
  await page.waitForSelector('li:has-text("Hugo")');
  await accessible(page, 'members');
  await picture(page, 'members-desktop-light');
  await page.selectOption('li:has-text("Hugo") select', 'manager');
  await page.waitForSelector('text=Rôle modifié');
  await page.click('li:has-text("Hugo") button:has-text("Retirer")');
  await page.click('dialog button.danger');
  await page.waitForSelector('text=Membre retiré');
  assert.equal(await page.locator('li:has-text("Hugo")').count(), 0);
  page.clean();
});

test('everything stands on a narrow screen, in both themes', async () => {
  const lea = await person(server, 'Léa Élisabeth de Saint-Exupéry-Vandenbossche', 'Compagnie des très longues dénominations théâtrales');
  await lea.call('POST', '/api/v1/projects', { name: 'Anticonstitutionnellement vôtre, une fresque interminable', venue: 'Théâtre national populaire de Villeurbanne' });
  for (const scheme of ['light', 'dark']) {
    const page = await visit(browser, server, { viewport: { width: 320, height: 640 }, scheme });
    await signIn(page, lea);
    for (const path of ['/projects', '/members', '/profile']) {
      await page.goto(path);
      await page.waitForSelector('h1');
      await page.waitForSelector('ul.rows');
      await fits(page, `${path} at 320 px`);
      await accessible(page, `${path} ${scheme}`);
      await picture(page, `narrow${path.replace('/', '-')}-${scheme}`);
    }
    page.clean();
  }
});
