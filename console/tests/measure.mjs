// How fast the board is with 200 people and 560 assignments: prints figures and asserts none. Run it on an idle machine:
// `npm run measure` with COULISSES_BIN and CHROMIUM set.

import { MONDAY, on } from './planning-page.mjs';
import { browse, person, serve, signIn, visit } from './stage.mjs';

const [PEOPLE, DAYS, MISSIONS, EACH, LOADS] = [200, 14, 10, 4, 9];
const [server, browser] = [await serve(), await browse()];
const lea = await person(server, 'Léa', 'Lanternes');
const skills = ['son', 'lumière', 'plateau', 'vidéo'];

async function fill() {
  const people = [];
  for (let i = 0; i < PEOPLE; i++) people.push((await lea.call('POST', '/api/v1/users', { name: `Prénom${i} Nom-Composé${i}`, skills: [skills[i % 4]] })).id);
  const projects = [];
  for (let i = 0; i < 5; i++) projects.push((await lea.call('POST', '/api/v1/projects', { name: `Projet ${i}`, hue: i * 70, time_zone: 'Europe/Paris' })).id);
  let asked = [];
  for (let day = 0; day < DAYS; day++) {
    for (let m = 0; m < MISSIONS; m++) {
      const body = { title: `Mission ${day}-${m}`, start_at: on(day, '09:00'), end_at: on(day, '18:00'), break_minutes: 60, roles: [{ role: skills[m % 4], quota: m === 0 ? EACH + 1 : EACH }] };
      const { ids } = await lea.call('POST', `/api/v1/projects/${projects[m % 5]}/missions:bulk_create`, [body]);
      for (let k = 0; k < EACH; k++) asked.push({ mission_id: ids[0], user_id: people[(day * MISSIONS * EACH + m * EACH + k) % PEOPLE], status: k % 2 ? 'ACCEPTED' : 'INVITED' });
    }
  }
  const { created } = await lea.call('POST', '/api/v1/assignments:bulk_create', asked);
  console.log(`${PEOPLE} people, ${DAYS * MISSIONS} missions, ${created} assignments`);
}
const middle = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const ms = (n) => `${n.toFixed(n < 100 ? 1 : 0)} ms`;

await fill();
const page = await visit(browser, server);
await page.addInitScript(() => {
  globalThis.__seen = { lcp: 0, cls: 0, long: [] };
  const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch('largest-contentful-paint', (e) => (globalThis.__seen.lcp = e.startTime));
  watch('layout-shift', (e) => (globalThis.__seen.cls += e.hadRecentInput ? 0 : e.value));
  watch('longtask', (e) => globalThis.__seen.long.push(Math.round(e.duration)));
});
await signIn(page, lea);
const loads = [];
const session = await page.context().newCDPSession(page);
for (let i = 0; i < LOADS; i++) {
  await session.send('Network.clearBrowserCache');
  await page.goto(`/planning?from=${MONDAY}`);
  await page.waitForFunction(() => performance.getEntriesByName('board-ready').length > 0 && document.querySelector('[data-bar]'));
  await page.waitForTimeout(200);
  loads.push(await page.evaluate(() => ({ ready: performance.getEntriesByName('board-ready')[0].startTime, ...globalThis.__seen, elements: document.getElementsByTagName('*').length })));
}
console.log(`median of ${LOADS} cold loads: board ready ${ms(middle(loads.map((l) => l.ready)))}, LCP ${ms(middle(loads.map((l) => l.lcp)))}, CLS ${Math.max(...loads.map((l) => l.cls)).toFixed(4)}, elements ${loads.at(-1).elements}`);
console.log(`long tasks of the last load: ${loads.at(-1).long.join(', ') || 'none'} ms`);

async function frames(what, does) {
  await page.evaluate(() => {
    globalThis.__frames = [];
    globalThis.__seen.long.length = 0;
    globalThis.__on = true;
    let last = performance.now();
    const step = (now) => {
      globalThis.__frames.push(now - last);
      last = now;
      if (globalThis.__on) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  await does();
  const [list, long] = await page.evaluate(() => ((globalThis.__on = false), [globalThis.__frames.slice(2).sort((a, b) => a - b), globalThis.__seen.long]));
  const at = (part) => list[Math.min(list.length - 1, Math.floor(list.length * part))];
  console.log(`${what}: ${list.length} frames, p50 ${ms(at(0.5))}, p95 ${ms(at(0.95))}, max ${ms(list.at(-1))}, long tasks ${long.join(', ') || 'none'}`);
}
await frames('drag over the rows', async () => {
  const bar = await page.locator('[data-bar^="a"]').nth(6).boundingBox();
  const [x, y] = [bar.x + 20, bar.y + 10];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let i = 0; i <= 120; i++) await page.mouse.move(x + Math.sin(i / 20) * 30, y + i * 3);
  await page.keyboard.press('Escape');
  await page.mouse.up();
});
await page.waitForTimeout(500);
await frames('scroll', async () => {
  await page.mouse.move(900, 500);
  for (let i = 0; i < 80; i++) {
    await page.mouse.wheel(0, i < 60 ? 80 : -80);
    await page.waitForTimeout(8);
  }
});
await browser.close();
await server.stop();
