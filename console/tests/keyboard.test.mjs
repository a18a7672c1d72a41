// Everything without a mouse: what a page is for is done by keys alone, and what has the focus is in sight all the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crew, LEA, PlanningPage, standing } from './planning-page.mjs';
import { browser, Hands, PASSWORD, person, PHONE, server, signIn, stage, totp, visit } from './stage.mjs';

stage({}, ['--demo']);

/** Somebody's page and their hands on its keys. */
async function hands(who, options) {
  const page = await visit(browser, server, options);
  if (who) await signIn(page, who);
  return [new Hands(page), page];
}
const toast = (page, text) => page.waitForSelector(`.toast:has-text("${text}")`);

test('a stranger signs up and makes an organisation', async () => {
  const [keys, page] = await hands();
  await page.goto('/');
  await keys.press('a:has-text("Créer un compte")');
  await keys.write('#name', 'Zoé');
  await keys.write('#email', 'zoe.clavier@lanternes.example');
  await keys.write('#password', PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Bienvenue dans Coulisses');
  await keys.write('#name', 'Théâtre des Touches');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Votre planning commence ici');
  page.clean();
});

test('a second factor is turned on, and asked for', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const [keys, page] = await hands(lea);
  await page.goto('/profile');
  await keys.press('section:has(h2:has-text("Second facteur")) button:has-text("Activer")');
  const secret = (await page.textContent('dialog code')).replace(/\s/g, '');
  await keys.write('#code', totp(secret));
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog .codes');
  const [paper] = await page.locator('dialog .codes code').allTextContents();
  await keys.press('button:has-text("Je les ai notés")');
  await page.waitForSelector('text=Il reste 10 codes de secours');
  await keys.press('button:has-text("Se déconnecter")');
  await page.waitForURL('**/login');
  await keys.write('#email', lea.email);
  await keys.write('#password', PASSWORD);
  await page.keyboard.press('Enter');
  await keys.press('button:has-text("Utiliser un code de secours")');
  await keys.write('#code', paper);
  await page.keyboard.press('Enter');
  await page.waitForSelector('h1:has-text("Planning")');
  page.clean();
});

test('an invitation is accepted, and declined with a reason', async () => {
  const house = await crew(server, { Gala: { day: 1, cast: [['Awa Diallo', 'INVITED']] } });
  const { url } = await house.lea.call('POST', '/api/v1/invitations', { assignment_id: house.missions.Gala.calls[0] });
  const [keys, page] = await hands(undefined, { viewport: PHONE });
  await page.goto(url.slice(server.url.length));
  await keys.press('button:has-text("Accepter")');
  await page.waitForSelector('text=on vous attend');
  await keys.press('button:has-text("Je ne peux plus venir")');
  await keys.write('#reason', 'Grippe');
  await keys.press('button:has-text("Confirmer le refus")');
  await page.waitForSelector('text=vous avez refusé');
  assert.deepEqual(standing(await house.on('Gala')), ['Awa Diallo DECLINED']);
  page.clean();
});

test('days off are asked for, approved, and reopened', async () => {
  const [lea, hugo] = [await person(server, 'Léa', 'Régie Nord'), await person(server, 'Hugo')];
  await lea.brings(hugo, 'tech');
  const [keys, page] = await hands(hugo);
  await page.goto('/availability');
  await keys.press('button:has-text("Mois suivant")');
  await keys.to('[data-day][tabindex="0"]');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await keys.write('#note', 'Mariage de ma sœur');
  await keys.press('dialog button.primary');
  await page.waitForSelector('.list >> text=Mariage de ma sœur');
  const [desk, manager] = await hands(lea);
  await manager.goto('/availability');
  await desk.press('li:has-text("Mariage de ma sœur") button:has-text("Approuver")');
  await toast(manager, 'approuvée');
  await desk.press('.toast button:has-text("Annuler")');
  await manager.waitForSelector('li:has-text("Mariage de ma sœur") button:has-text("Approuver")');
  page.clean();
  manager.clean();
});

test('a project is made, filled with a series, and the series taken back', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const [keys, page] = await hands(lea);
  await page.goto('/projects');
  await keys.press('main button:has-text("Nouveau projet")');
  await keys.write('#name', 'La Nuit des Touches');
  // The same in every order of day and month.
  await keys.to('#starts');
  await page.keyboard.type('03032031');
  await keys.to('#ends');
  await page.keyboard.type('04042031');
  await page.keyboard.press('Enter');
  await keys.press('.rows a:has-text("La Nuit des Touches")');
  await keys.press('button:has-text("Créer en série")');
  await keys.write('#title', 'Montage');
  await keys.write('#line', 'lun 9–18 × 4 plateau');
  await page.waitForSelector('text=5 missions seront créées');
  await keys.press('dialog label:has-text("lundi 10 mars") input', 'Space');
  await page.waitForSelector('text=4 missions seront créées');
  await keys.press('dialog button.primary');
  await toast(page, '4 missions créées');
  assert.equal((await lea.call('GET', '/api/v1/missions')).length, 4);
  await page.keyboard.press('Control+z');
  await page.waitForSelector('text=Aucune mission');
  page.clean();
});

test('a mission is changed and copied from its menu', async () => {
  const house = await crew(server, { Balance: { day: 1 } });
  const [keys, page] = await hands(house.lea);
  await page.goto(`/projects/${house.project.id}`);
  await keys.press('tr:has-text("Balance") button:has-text("Modifier")');
  await keys.write('#title', 'Grande balance');
  await page.keyboard.press('Enter');
  await page.waitForSelector('td:has-text("Grande balance")');
  await keys.press('tr:has-text("Grande balance") summary');
  await keys.press('.menu button:has-text("Dupliquer")');
  await keys.press('dialog button.primary');
  await toast(page, 'copie');
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 2);
  page.clean();
});

test('a call is given to somebody else on the board, and on its card', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const [keys, page] = await hands(house.lea);
  const planning = await new PlanningPage(page).open(house.query);
  await keys.to('[data-bar][tabindex="0"]');
  await page.keyboard.press('ArrowDown');
  await planning.bar(house.missions.Concert.bars[0]).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForSelector('#who optgroup', { state: 'attached' });
  await keys.choose('#who', 'Chloé Nguyen');
  await keys.press('dialog button.primary');
  await planning.toast('Chloé Nguyen à la place de Awa Diallo');
  await page.keyboard.press('Control+z');
  await planning.toast('annulée');
  assert.deepEqual(standing(await house.on('Concert')), ['Awa Diallo INVITED', 'Chloé Nguyen CANCELLED']);
  page.clean();
});

test('a conflict is resolved, and comes back', async () => {
  const [keys, page] = await hands(LEA);
  await page.goto('/conflicts');
  await keys.press('article.hard button:has-text("Remplacer")');
  await keys.press('article.hard .who button');
  await toast(page, 'est sollicitée à la place de');
  await page.waitForSelector('article.hard', { state: 'detached' });
  await page.keyboard.press('Control+z');
  await page.waitForSelector('article.hard');
  page.clean();
});

test('a report is taken along', async () => {
  const [keys, page] = await hands(LEA);
  await page.goto('/reports');
  await keys.to('li:has-text("Heures par personne") a:has-text("CSV")');
  const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  assert.match(file.suggestedFilename(), /\.csv$/);
  page.clean();
});

test('the coach is asked, and told what became of its advice', async () => {
  const [keys, page] = await hands(LEA);
  await page.goto('/coach');
  await page.waitForSelector('#project option', { state: 'attached' });
  await keys.choose('#project', 'La Nuit des Lucioles');
  await keys.press('main button:has-text("Demander conseil")');
  await keys.press('article >> nth=0 >> button:has-text("Plus tard")');
  await page.waitForSelector('article button[aria-pressed="true"]:has-text("Plus tard")');
  page.clean();
});

test('somebody is found, added, and their phone noted', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const [keys, page] = await hands(lea);
  await page.goto('/team');
  await keys.press('main button:has-text("Ajouter une personne")');
  await keys.write('#first', 'Awa');
  await keys.write('#last', 'Diallo');
  await page.keyboard.press('Enter');
  await page.waitForSelector('h1:has-text("Awa Diallo")');
  await keys.press('main button:has-text("Modifier")');
  await keys.write('#phone', '06 39 98 00 01');
  await page.keyboard.press('Enter');
  await page.waitForSelector('a[href^="tel:"]');
  page.clean();
});

test('a member gets another role, and the organisation another owner', async () => {
  const [lea, hugo] = [await person(server, 'Léa', 'Régie Nord'), await person(server, 'Hugo')];
  await lea.brings(hugo, 'tech');
  const [keys, page] = await hands(lea);
  await page.goto('/members');
  await keys.choose('li:has-text("Hugo") select', 'Responsable');
  await toast(page, 'Rôle modifié');
  await page.goto('/admin');
  await keys.press('button:has-text("Transférer la propriété")');
  await keys.choose('#heir', 'Hugo');
  await keys.press('dialog button.danger');
  await toast(page, 'Hugo est maintenant propriétaire');
  const roles = Object.fromEntries((await lea.call('GET', '/api/v1/orgs/members')).members.map((one) => [one.display_name, one.role]));
  assert.deepEqual(roles, { Léa: 'admin', Hugo: 'owner' });
  page.clean();
});

test('a key is made, and found in the log', async () => {
  const lea = await person(server, 'Léa', 'Régie Nord');
  const [keys, page] = await hands(lea);
  await page.goto('/admin/keys');
  await keys.press('main button:has-text("Nouvelle clé")');
  await keys.write('#key-name', 'Export de paie');
  await keys.press('dialog label:has-text("projects:read") input', 'Space');
  await keys.press('dialog button.primary');
  assert.match(await page.inputValue('#made'), /^\S{20,}$/);
  await keys.press('dialog button:has-text("Terminé")');
  await page.goto('/admin/audit');
  await keys.write('#action', 'Clé d’API créée');
  await page.waitForFunction(() => document.querySelectorAll('.log li').length === 1);
  await keys.press('.log .line');
  await page.waitForSelector('.changes');
  page.clean();
});

test('the palette goes anywhere, from the line of its answers', async () => {
  const [keys, page] = await hands(LEA);
  await page.waitForSelector('[data-bar]');
  await page.keyboard.press('Control+k');
  await page.waitForSelector('dialog input:focus');
  await page.keyboard.type('noemie');
  await page.waitForSelector('[role="option"][aria-selected="true"]:has-text("Noémie")');
  await page.keyboard.press('ArrowDown');
  await page.waitForSelector('[role="option"][aria-selected="true"]:has-text("Affecter Noémie")');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/planning\?q=/);
  await keys.to('#search');
  page.clean();
});

test('on a phone the rest of the pages is behind one button, and nothing that sticks covers the focus', async () => {
  // With its own keyboard open, a phone has little height left.
  const [keys, page] = await hands(LEA, { viewport: { ...PHONE, height: 480 } });
  await page.waitForSelector('.agenda');
  await keys.to('.agenda .item >> nth=-1');
  // Back up, under the days that stay on top.
  await keys.back('.strip button >> nth=0');
  await keys.press('nav button:has-text("Plus")');
  await keys.to('nav a:has-text("Rapports")');
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Plus');
  assert.equal(await page.isVisible('nav a:has-text("Rapports")'), false);
  await page.keyboard.press('Enter');
  await keys.press('nav a:has-text("Rapports")');
  await page.waitForSelector('h1:has-text("Rapports")');
  assert.equal(await page.isVisible('nav a:has-text("Administration")'), false, 'it closes behind who went');
  page.clean();
});
