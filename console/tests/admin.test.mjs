// Administration: keys that are shown once, the log, invitations, the organisation; and the instance for its operators.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { crew } from './planning-page.mjs';
import { accessible, browser, dismiss, fits, operator, person, PHONE, picture, serve, server, signIn, simulate, stage, visit } from './stage.mjs';

stage();

/** The log as a reader sees it. */
class AuditPage {
  constructor(page) {
    this.page = page;
  }
  actions = () => this.page.locator('.log strong').allTextContents();
  /** Until the lines are these and no others. */
  async shows(words) {
    await this.page.waitForFunction((p) => {
      const all = [...document.querySelectorAll('.log strong')].map((one) => one.textContent);
      return all.length > 0 && all.every((one) => new RegExp(p).test(one));
    }, words.source);
  }
}

test('a key is made with chosen rights, shown once, works, and is revoked', async () => {
  const lea = await person(server, 'Léa', 'Régie Nord');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/admin/keys');
  await page.waitForSelector('text=Aucune clé');
  await accessible(page, 'no keys');
  await page.click('text=Nouvelle clé');
  await page.click('dialog button.primary');
  await page.waitForSelector('#scopes-error');
  await accessible(page, 'a key without rights');
  await page.fill('#key-name', 'Export de paie');
  await page.check('dialog label:has-text("projects:read") input');
  await page.click('dialog button.primary');
  const key = await page.inputValue('#made');
  await accessible(page, 'a key, shown once');
  const call = () => fetch(`${server.url}/api/v1/projects`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal((await call()).status, 200);
  assert.equal((await fetch(`${server.url}/api/v1/users`, { headers: { authorization: `Bearer ${key}` } })).status, 403);
  await page.click('dialog button:has-text("Terminé")');
  await page.waitForSelector('li:has-text("Export de paie")');
  assert.doesNotMatch(await page.content(), new RegExp(key));
  await page.click('li:has-text("Export de paie") button:has-text("Révoquer")');
  await page.click('dialog button.danger');
  await page.waitForSelector('text=La clé est révoquée');
  assert.equal((await call()).status, 401);
  page.clean();
});

test('the log is looked through, opened, and taken along', async () => {
  const [lea, hugo] = [await person(server, 'Léa', 'Régie Nord'), await person(server, 'Hugo')];
  await lea.brings(hugo, 'tech');
  const account = (await lea.call('GET', '/api/v1/orgs/members')).members.find((one) => one.role === 'tech').account_id;
  await lea.call('PATCH', `/api/v1/orgs/members/${account}`, { role: 'manager' });
  for (let n = 0; n < 60; n++) await lea.call('POST', '/api/v1/projects', { name: `Projet ${n}` });
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/admin/audit');
  await page.waitForSelector('.log li');
  const log = new AuditPage(page);
  assert.equal((await log.actions()).length, 50);
  await page.click('button:has-text("Afficher la suite")');
  await page.waitForFunction(() => document.querySelectorAll('.log li').length > 60);
  await accessible(page, 'a log');
  await page.fill('#action', 'member.');
  await log.shows(/membre|Membre/);
  await page.click('.log li:has-text("Rôle d’un membre modifié") button');
  await page.waitForSelector('dd:text-is("member.role_changed")');
  assert.match(await page.textContent('.changes table'), /tech.*manager/s);
  await accessible(page, 'a line of the log');
  await picture(page, 'audit-desktop-light');
  await page.fill('#action', 'Rôle d’un membre modifié');
  await log.shows(/^Rôle d’un membre modifié$/);
  await page.fill('#action', 'member.');
  await page.selectOption('#actor', { label: 'Hugo' });
  await page.waitForFunction(() => [...document.querySelectorAll('.log small')].every((one) => one.textContent === 'Hugo') && document.querySelectorAll('.log small').length > 0);
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=Télécharger en CSV')]);
  assert.match(await readFile(await file.path(), 'utf8'), /"at";"who";"action".*\r\n.*"Hugo";"member\.joined"/s);
  await page.fill('#from', '2031-01-01');
  await page.waitForSelector('text=Aucune ligne ne correspond');
  await page.click('text=Effacer les filtres');
  await page.waitForFunction(() => document.querySelectorAll('.log li').length === 50);
  page.clean();
});

test('a line of the log says whom and what, and a change what it changed', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  await house.lea.call('PATCH', `/api/v1/projects/${house.project.id}`, { name: 'Grand gala', budget_cents: 90_000 });
  const page = await visit(browser, server);
  await signIn(page, house.lea);
  await page.goto('/admin/audit');
  await page.click('.log li:has-text("Personne affectée · Awa Diallo") button');
  await page.waitForSelector('.changes dd:text-is("Concert")');
  assert.match(await page.textContent('.changes table'), /–\s*sollicitée/);
  await page.click('.log li:has-text("Projet modifié · Grand gala") button');
  await page.waitForSelector('.changes dd:text-is("Budget (centimes), Nom")');
  assert.match(await page.textContent('.changes table'), /Budget \(centimes\)\s*–\s*90000/);
  await accessible(page, 'a change in the log');
  await page.selectOption('#ended', 'failed');
  await page.waitForSelector('text=dans le journal de l’instance');
  page.clean();
});

/** Dotted names in the server's code that are no deeds: letters, fields, hosts, metrics; and files, by their ends. */
const OTHERS = new Set('assignment.reminded assignment.invited session.synthese session.series mistral.ai evil.example planning.remind sheet.main secret.key'.split(' '));
const FILE = /\.(db|ics|json|lua|rs|toml|xml)$/;
test('every deed that the server writes into its log has words in both languages', async () => {
  const crates = new URL('../../crates/', import.meta.url);
  const found = new Set();
  for (const crate of ['base', 'identity', 'planning', 'coach', 'coulisses']) {
    const folder = new URL(`${crate}/src/`, crates);
    for (const name of readdirSync(folder, { recursive: true }).filter((one) => one.endsWith('.rs') && !/(^|\/)tests\.rs$/.test(one))) {
      const code = readFileSync(new URL(name, folder), 'utf8').split('#[cfg(test)]')[0];
      for (const [, deed] of code.matchAll(/action: "([a-z_.]+)"/g)) found.add(deed);
      // A deed may be handed on before it is written down; not so in the base, which knows no feature.
      if (crate !== 'base') for (const [, deed] of code.matchAll(/"([a-z_]+\.[a-z_]+)"/g)) if (!OTHERS.has(deed) && !FILE.test(deed)) found.add(deed);
    }
  }
  assert.ok(found.size > 100, `only ${found.size} deeds were found: the code is written another way now`);
  const words = readFileSync(new URL('../src/pages/admin/audit.words.ts', import.meta.url), 'utf8').split('const en');
  for (const [n, language] of ['French', 'English'].entries()) {
    const told = new Set([...words[n].matchAll(/^  '?([a-z_.]+)'?: '/gm)].map(([, deed]) => deed));
    assert.deepEqual([...found].filter((deed) => !told.has(deed)), [], `without words in ${language}`);
    assert.deepEqual([...told].filter((deed) => !found.has(deed)), [], `words for what the server does not do, in ${language}`);
  }
});

test('invitations that wait are sent again and revoked', async () => {
  const lea = await person(server, 'Léa', 'Régie Nord');
  const page = await visit(browser, server, { viewport: PHONE, scheme: 'dark' });
  await signIn(page, lea);
  await page.goto('/members');
  await page.click('button:has-text("Inviter")');
  await page.fill('#email', 'anne-sophie.de-la-rochefoucauld@compagnie-des-lanternes.example');
  await page.click('dialog button.primary');
  await page.waitForSelector('h2:has-text("Invitations en attente")');
  await fits(page, 'invitations that wait');
  await accessible(page, 'invitations that wait');
  await page.click('button:has-text("Renvoyer")');
  await page.waitForSelector('text=est renvoyée');
  await page.click('button:has-text("Révoquer")');
  await page.waitForSelector('text=est révoquée');
  await page.waitForSelector('h2:has-text("Invitations en attente")', { state: 'detached' });
  page.clean();
});

test('the organisation is renamed, and deleted only by whoever types its name', async () => {
  const lea = await person(server, 'Léa', 'Régie Nord');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/admin');
  await page.fill('#org-name', 'Régie du Grand Nord');
  await page.fill('#zone', 'Mars/Olympus');
  await page.click('button:has-text("Enregistrer")');
  await page.waitForSelector('#zone-error');
  await accessible(page, 'a zone that is none');
  await page.fill('#zone', 'Europe/Brussels');
  await page.click('button:has-text("Enregistrer")');
  await page.waitForSelector('text=L’organisation est enregistrée');
  assert.equal((await lea.call('GET', `/api/v1/orgs/${lea.org}`)).time_zone, 'Europe/Brussels');
  await page.click('text=Supprimer l’organisation');
  await page.click('dialog button.danger');
  await page.waitForSelector('#typed-error');
  await page.fill('#typed', 'Régie du Grand Nord');
  await page.click('dialog button.danger');
  await page.waitForSelector('text=Bienvenue dans Coulisses');
  page.clean();
});

test('a program gets an account of its own, a key that acts as it, and loses both at once', async () => {
  const lea = await person(server, 'Léa', 'Régie Nord');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/admin/keys');
  await page.click('text=Nouveau compte de service');
  await page.click('dialog button.primary');
  await page.waitForSelector('#service-name-error');
  await accessible(page, 'a service account without a name');
  await page.fill('#service-name', 'Billetterie');
  await page.selectOption('#service-role', 'manager');
  await page.click('dialog button.primary');
  await page.waitForSelector('text=est créé. Donnez-lui une clé');
  const [service] = await lea.call('GET', '/api/v1/service-accounts');
  assert.deepEqual([service.name, service.role], ['Billetterie', 'manager']);
  await page.click('text=Nouvelle clé');
  await page.fill('#key-name', 'Ventes');
  await page.selectOption('#acts', { label: 'Billetterie' });
  await page.check('dialog label:has-text("projects:read") input');
  await page.click('dialog button.primary');
  const key = await page.inputValue('#made');
  await page.click('dialog button:has-text("Terminé")');
  await page.waitForSelector('li:has-text("Ventes") >> text=Agit comme Billetterie');
  assert.equal((await lea.call('GET', '/api/v1/keys'))[0].account_id, service.id);
  await accessible(page, 'keys and service accounts');
  const status = async () => (await fetch(`${server.url}/api/v1/projects`, { headers: { authorization: `Bearer ${key}` } })).status;
  assert.equal(await status(), 200);
  await page.click('li:has-text("Billetterie") >> button:has-text("Supprimer")');
  await page.click('dialog button.danger');
  await page.waitForSelector('text=Le compte de service est supprimé');
  assert.equal(await status(), 401);
  page.clean();
});

test('the owner hands the organisation over, and stays as an administrator', async () => {
  const [lea, hugo] = [await person(server, 'Léa', 'Régie Nord'), await person(server, 'Hugo')];
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/admin');
  await page.click('text=Transférer la propriété');
  await page.waitForSelector('text=Il n’y a pas d’autre membre');
  await dismiss(page);
  await lea.brings(hugo, 'tech');
  await page.click('text=Transférer la propriété');
  await page.waitForSelector('#heir');
  await page.click('dialog button.danger');
  await page.waitForSelector('#heir-error');
  await accessible(page, 'a transfer to nobody');
  await page.selectOption('#heir', { label: 'Hugo' });
  await page.click('dialog button.danger');
  await page.waitForSelector('text=Hugo est maintenant propriétaire');
  const roles = Object.fromEntries((await lea.call('GET', '/api/v1/orgs/members')).members.map((one) => [one.display_name, one.role]));
  assert.deepEqual(roles, { Léa: 'admin', Hugo: 'owner' });
  // Nothing of an owner is left to her.
  await page.waitForSelector('text=Transférer la propriété', { state: 'detached' });
  page.clean();
});

test('operators see the instance, and close and open accounts', async () => {
  const [boss, hugo] = [await operator(server, 'Odile'), await person(server, 'Hugo', 'Régie Sud')];
  const page = await visit(browser, server);
  await signIn(page, boss);
  await page.goto('/admin/accounts');
  await page.fill('#looked', hugo.email);
  await page.click('button:has-text("Rechercher")');
  await page.waitForFunction(() => document.querySelectorAll('.rows li').length === 1);
  await accessible(page, 'accounts');
  await page.click('button:has-text("Gérer")');
  await page.waitForSelector('dialog >> text=Régie Sud');
  await accessible(page, 'an account');
  await page.click('dialog button:has-text("Fermer le compte")');
  await page.waitForSelector('.badge:has-text("fermé")');
  const refused = await fetch(`${server.url}/api/v1/projects`, { headers: {} });
  assert.equal(refused.status, 401);
  await assert.rejects(hugo.call('GET', '/api/v1/me'), /401|403/);
  await page.goto('/admin/instance');
  // It is well, wherever the machine has little room left: it says so, too.
  await page.waitForSelector('.health:not(.bad):is(:has-text("Le serveur répond et peut écrire"), :has-text("le disque n’a presque plus de place"))');
  await page.waitForSelector('th:has-text("PUBLIC_URL")');
  await page.click('button:has-text("Tester le fournisseur de modèles")');
  await page.waitForSelector('[role=status] >> text=/Aucun fournisseur de modèles n’est configuré. Renseignez MISTRAL_API_KEY, ou AI_BASE_URL/');
  await accessible(page, 'the instance');
  await picture(page, 'instance-desktop-light');
  await page.goto('/admin/prompts');
  await page.click('text=Nouvelle version');
  await page.selectOption('#prompt-name', 'staffing');
  await page.fill('#prompt-body', 'Trop court.');
  await page.click('dialog button.primary');
  await page.waitForSelector('#prompt-error');
  await accessible(page, 'a prompt that is too short');
  await page.fill('#prompt-body', 'You advise whoever staffs a small theatre. What starts soonest comes first.');
  await page.click('dialog button.primary');
  await page.waitForSelector('text=Activez-la pour l’utiliser');
  await page.click('li:has-text("Projet, version 2") button:has-text("Utiliser")');
  await page.waitForSelector('li:has-text("Projet, version 2") .badge:has-text("utilisée")');
  await page.locator('.toast:has-text("dès le prochain appel") button:has-text("Annuler")').click();
  await page.waitForSelector('li:has-text("Projet, version 1") .badge:has-text("utilisée")');
  await accessible(page, 'prompts');
  await page.goto('/admin/orgs');
  await page.click('li:has-text("Régie Sud") button');
  await page.waitForSelector('.badge:has-text("suspendue")');
  await page.click('.toast button:has-text("Annuler")');
  await page.waitForSelector('.badge:has-text("suspendue")', { state: 'detached' });
  await page.goto('/admin/log');
  await page.waitForSelector('.log >> text=Organisation suspendue');
  page.clean();
});

test('operators test the model provider: it answers, it is away, and their own server does not answer', async () => {
  const provider = await simulate();
  const asking = await serve({ AI_BASE_URL: provider.url, MISTRAL_API_KEY: 'simulated', AI_MODEL: 'sim-ok' });
  try {
    const page = await visit(browser, asking, { viewport: PHONE, locale: 'en-GB' });
    await signIn(page, await operator(asking, 'Odile'));
    await page.goto('/admin/instance');
    const button = page.locator('button:has-text("Test the model provider")');
    await button.click();
    await page.waitForSelector(`.told.good:has-text("${provider.url} answers, and lists every model that is set here.")`);
    await accessible(page, 'a provider that answers');
    provider.stop();
    while (await fetch(`${provider.url}/models`).catch(() => undefined)) await new Promise((r) => setTimeout(r, 50));
    await button.click();
    await page.waitForSelector('.told:not(.good):has-text("does not answer. Check AI_BASE_URL")');
    await fits(page, 'a provider that is away');
    await accessible(page, 'a provider that is away');
    await picture(page, 'provider-phone-light');
    page.clean();
    await page.route('**/admin/ai:check', (route) => route.abort());
    await button.click();
    await page.waitForSelector('[role=alert] >> text=/./');
    assert.equal(await page.locator('.told').count(), 0, 'what was said before is no answer');
  } finally {
    provider.stop();
    await asking.stop();
  }
});
