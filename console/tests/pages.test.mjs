// Every page there is: nothing is wider than a narrow phone or a screen at 200 %, nothing breaks a rule of accessibility in either theme.
// Names are as long as they get.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HUGO, LEA } from './planning-page.mjs';
import { accessible, browser, fits, operator, picture, server, signIn, stage, visit } from './stage.mjs';

const NARROW = { width: 320, height: 640 };
/** What a screen of 1280 px has at 200 %. */
const ZOOMED = { width: 640, height: 450 };
const LONG = 'Anne-Sophie Éléonore de La Rochefoucauld-Montmorency-Châtillon';
/** No hyphen, no space: nowhere to break. */
const SOLID = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';

let pages;
const post = (path, body, token) => fetch(server.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }, body: JSON.stringify(body) });
stage({}, ['--demo'], async () => {
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
const operating = () => [['/admin/accounts', '.rows'], ['/admin/orgs', '.rows'], ['/admin/prompts', '.rows'], ['/admin/instance', 'th'], ['/admin/log', '.log'], ['/', '.tabs a']];

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
  const walked = [...outside(), ...planned(), ...technician(), ...operating()].map(([path]) => new URL(path, server.url).pathname);
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
  const odile = await operator(server, 'Odile');
  const page = await visit(browser, server, { viewport: NARROW });
  await signIn(page, odile);
  await walk(page, operating(), 'an operator');
});

test('where the system draws the colours, what is chosen, filled or asked is told apart without ours', async () => {
  const page = await visit(browser, server);
  await page.emulateMedia({ forcedColors: 'active' });
  await signIn(page, LEA);
  await page.waitForSelector('[data-bar]');
  const drawn = (what, name) => page.locator(what).first().evaluate((one, name) => getComputedStyle(one)[name], name);
  const apart = async (one, other, name) => assert.notEqual(await drawn(one, name), await drawn(other, name), `${one} looks like ${other}`);
  await apart('nav a[aria-current]', 'nav a:not([aria-current])', 'backgroundColor');
  await apart('.segments [aria-pressed="true"]', '.segments [aria-pressed="false"]', 'backgroundColor');
  assert.deepEqual([await drawn('[data-bar].accepted', 'borderTopStyle'), await drawn('[data-bar].open', 'borderTopStyle')], ['solid', 'dashed']);
  await picture(page, 'planning-forced-colours');
  await page.goto('/projects');
  await page.click('.rows a:has-text("Ondes Claires")');
  await page.waitForSelector('.meter');
  assert.equal(await drawn('.meter .track', 'borderTopStyle'), 'solid');
  await apart('.meter i', '.meter .track', 'backgroundColor');
  await page.goto('/coach');
  await apart('.tabs a[aria-current]', '.tabs a:not([aria-current])', 'backgroundColor');
  page.clean();
});

/** What may move by itself while a page gets ready, as browsers count it. */
const STILL = 0.02;
test('no page jumps while it gets ready', async () => {
  const moved = [];
  for (const [account, list] of [[undefined, outside()], [LEA, planned()], [await operator(server, 'Oda'), operating()]]) {
    const page = await visit(browser, server);
    await page.addInitScript(() => {
      globalThis.__moved = { sum: 0, what: [] };
      const note = (shift) => {
        if (shift.hadRecentInput) return;
        globalThis.__moved.sum += shift.value;
        globalThis.__moved.what.push(...shift.sources.map((one) => one.node?.nodeName + '.' + one.node?.className));
      };
      new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type: 'layout-shift', buffered: true });
    });
    if (account) await signIn(page, account);
    for (const [path, there] of list) {
      await page.goto(path);
      await page.waitForSelector(there);
      await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"]'));
      await page.waitForTimeout(300);
      const { sum, what } = await page.evaluate(() => globalThis.__moved);
      if (sum > STILL) moved.push(`${path}: ${sum.toFixed(3)} (${[...new Set(what)].slice(0, 4).join(', ')})`);
    }
  }
  assert.deepEqual(moved, []);
});
