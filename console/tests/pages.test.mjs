// Every page there is: nothing is wider than a narrow phone or a screen at 200 %, nothing breaks a rule of accessibility in either theme,
// and what a page is for can be done without a mouse. Names are as long as they get.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { HUGO, LEA } from './planning-page.mjs';
import { accessible, browse, fits, person, picture, serve, signIn, visit } from './stage.mjs';

const NARROW = { width: 320, height: 640 };
/** What a screen of 1280 px has at 200 %. */
const ZOOMED = { width: 640, height: 450 };
const LONG = 'Anne-Sophie Éléonore de La Rochefoucauld-Montmorency-Châtillon';
/** No hyphen, no space: nowhere to break. */
const SOLID = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';

let server, browser, pages;
before(async () => {
  [server, browser] = [await serve({}, ['--demo']), await browse()];
  let token;
  const call = async (path, body) => {
    const answer = await post(path, body, token);
    assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.json();
  };
  token = (await call('/api/v1/auth/login', { ...LEA, client: 'cli' })).access_token;
  const [org] = await (await fetch(`${server.url}/api/v1/orgs`, { headers: { authorization: `Bearer ${token}` } })).json();
  token = (await call('/api/v1/auth/switch-org', { org_id: org.id })).access_token;
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const project = await call('/api/v1/projects', { name: `Tournée ${SOLID}`, client: LONG, venue: SOLID, starts_on: day, ends_on: day, status: 'ACTIVE' });
  const long = await call('/api/v1/users', { name: LONG, email: `${'a'.repeat(50)}@lanternes.example`, skills: ['son', SOLID.slice(0, 40)], tags: [SOLID.slice(0, 40)] });
  const mission = await call('/api/v1/missions', { project_id: project.id, title: SOLID, location: SOLID, start_at: `${day}T09:00`, end_at: `${day}T18:00`, break_minutes: 60, roles: [{ role: 'son', quota: 2 }] });
  await call('/api/v1/assignments', { mission_id: mission.id, user_id: long.id, role: 'son', status: 'INVITED' });
  const invited = server.printed('invitation').replace(server.url, '');
  pages = { project: project.id, person: long.id, day, invited };
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
const post = (path, body, token) => fetch(server.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }, body: JSON.stringify(body) });

/** An address, and what is there once the page has what it shows. */
const outside = () => [
  ['/login', '#email'], ['/signup', '#email'], ['/join', 'h1'], ['/second-factor', 'h1, #email'], ['/forgot', '#email'], ['/reset#token=none', 'h1'], ['/signed-in', 'h1, #email'],
  ['/magic?token=none', 'h1'], ['/verify?token=none', 'h1'], ['/welcome?token=none', 'h1'], ['/new-address?token=none', 'h1'], ['/restore?token=none', 'h1'],
  [pages.invited, 'button'], ['/invite?token=none', 'h1'], ['/nowhere', 'h1'],
];
const planned = () => [
  ['/', '[data-bar], .cards, .day'], ['/planning?view=projects', 'h1'], ['/planning?zoom=day', 'h1'], ['/planning?zoom=month', 'h1'], ['/projects', '.rows a'], [`/projects/${pages.project}`, '.facts'],
  [`/projects/${pages.project}/callsheet?date=${pages.day}`, 'h1'], ['/team', '.rows a'], [`/team/${pages.person}`, 'h1'], ['/conflicts', 'article'], ['/reports', 'table'], ['/agenda', 'h1'], ['/invitations', 'h1'],
  ['/availability', 'h1'], ['/coach', '#project'], ['/coach?view=session', '#weapon'], ['/coach?view=history', '.empty, .rows'], ['/coach?view=data', '#ai_processing'], ['/members', '.rows'], ['/admin', '#org-name'],
  ['/admin/keys', 'h2'], ['/admin/audit', '.log'], ['/profile', 'h2'],
];
const technician = () => [['/', 'h1'], ['/invitations', 'h1'], ['/availability', 'h1'], ['/coach', '#weapon'], ['/members', 'h1'], ['/profile', 'h2']];
const operator = () => [['/admin/accounts', '.rows'], ['/admin/orgs', '.rows'], ['/admin/instance', 'th'], ['/admin/log', '.log'], ['/', '#name']];

/** Everything that is wrong on the way, told at its end. */
async function walk(page, list, who) {
  const wrong = [];
  const holds = async (check, ...args) => check(...args).catch((why) => wrong.push(why.message));
  for (const [path, there] of list) {
    const state = `${path} for ${who}`;
    await page.setViewportSize(NARROW);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(path);
    await page.waitForSelector(there, { timeout: 15_000 }).catch(() => assert.fail(`${state} shows no ${there}`));
    await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"]'));
    await holds(fits, page, `${state} at 320 px`);
    await holds(accessible, page, `${state}, light`);
    await picture(page, `page-${who}-${path.replace(/[?&](token|date).*|[0-9a-f-]{36}/g, '').replace(/\W+/g, '-')}-narrow`);
    await page.emulateMedia({ colorScheme: 'dark' });
    await holds(accessible, page, `${state}, dark`);
    await page.setViewportSize(ZOOMED);
    await holds(fits, page, `${state} at 200 %`);
  }
  assert.equal(wrong.join('\n'), '');
  page.clean();
}

test('no page of the console is forgotten here', () => {
  const source = (name) => readFileSync(new URL(`../src/${name}`, import.meta.url), 'utf8');
  const routes = [...`${source('inside.ts')}${source('App.svelte')}`.matchAll(/\[\/(\^.*?\$)\/, /g)].map(([, pattern]) => new RegExp(pattern.replaceAll('\\/', '/')));
  assert.ok(routes.length > 20, `${routes.length}`);
  const walked = [...outside(), ...planned(), ...technician(), ...operator()].map(([path]) => new URL(path, server.url).pathname);
  for (const route of routes) assert.ok(walked.some((path) => route.test(path)), `no test goes to ${route}`);
});
test('pages for anybody', async () => walk(await visit(browser, server, { viewport: NARROW }), outside(), 'anybody'));
for (const [who, account, list] of [['an owner', LEA, planned], ['a technician', HUGO, technician]]) {
  test(`pages for ${who}`, async () => {
    const page = await visit(browser, server, { viewport: NARROW });
    await signIn(page, account);
    await walk(page, list(), who);
  });
}
test('pages for an operator', async () => {
  const odile = await person(server, 'Odile');
  const made = spawnSync(process.env.COULISSES_BIN, ['admin', 'create', '--email', odile.email], { env: { PATH: process.env.PATH, DATA_DIR: server.data }, encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  const page = await visit(browser, server, { viewport: NARROW });
  await signIn(page, odile);
  await walk(page, operator(), 'an operator');
});

/** Goes there by Tab alone; what has the focus is in sight all the way. */
async function reach(page, act) {
  for (let n = 0; n < 150; n++) {
    await page.keyboard.press('Tab');
    const [here, seen, name] = await act.evaluate((wanted) => {
      const one = document.activeElement;
      const box = one.getBoundingClientRect();
      return [one === wanted, box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth, one.outerHTML.slice(0, 120)];
    });
    assert.ok(seen, `the focus is out of sight: ${name}`);
    if (here) return;
  }
  assert.fail(`150 steps by Tab do not lead to ${act}`);
}
test('who has no mouse signs in, and does on every page what it is for', async () => {
  const page = await visit(browser, server);
  await page.goto('/login');
  await page.waitForSelector('#email');
  await reach(page, page.locator('#email'));
  await page.keyboard.type(LEA.email);
  await reach(page, page.locator('#password'));
  await page.keyboard.type(LEA.password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-bar]');
  const acts = [
    ['/planning', '[data-bar][tabindex="0"]', 'dialog'],
    ['/projects', 'main button:has-text("Nouveau projet")', 'dialog #name'],
    [`/projects/${pages.project}`, 'main button:has-text("Nouvelle mission")', 'dialog #title'],
    ['/team', 'main button:has-text("Ajouter une personne")', 'dialog #first'],
    ['/conflicts', 'main button:has-text("Remplacer")', 'article li'],
    ['/coach', 'main button:has-text("Demander conseil")', 'article h3'],
    ['/members', 'main button:has-text("Inviter")', 'dialog #email'],
    ['/admin', 'main button:has-text("Transférer la propriété")', 'dialog #heir'],
    ['/admin/keys', 'main button:has-text("Nouvelle clé")', 'dialog #key-name'],
    ['/admin/audit', 'main .line', '.changes'],
  ];
  for (const [path, act, seen] of acts) {
    await page.goto(path);
    await page.waitForSelector(act);
    await reach(page, page.locator(act).first());
    await page.keyboard.press('Enter');
    await page.waitForSelector(seen, { timeout: 10_000 }).catch(() => assert.fail(`Enter on ${act} of ${path} shows no ${seen}`));
  }
  for (const [path, act] of [['/reports', 'main a[download], main a[href*="/exports/"]'], [`/projects/${pages.project}/callsheet?date=${pages.day}`, 'main button'], [`/team/${pages.person}`, 'main button'], ['/profile', 'main button']]) {
    await page.goto(path);
    await page.waitForSelector(act);
    await reach(page, page.locator(act).first());
  }
  page.clean();
});
