// All pictures of the documentation, of the demo season: `PICTURES=../docs/pictures node tests/pictures.mjs`.

import { HUGO, LEA, PlanningPage } from './planning-page.mjs';
import { browse, DESKTOP, PHONE, picture, serve, signIn, visit } from './stage.mjs';

const [server, browser] = [await serve({}, ['--demo']), await browse()];
const invitation = server.printed('invitation').slice(server.url.length);

/** Somebody's own browser. */
async function open(who, viewport, scheme) {
  const page = await visit(browser, server, { viewport, scheme });
  if (who) await signIn(page, who);
  return page;
}
/** A page once it has what it shows and stands still. */
async function take(page, name, path, seen) {
  if (path) await page.goto(path);
  if (seen) await page.waitForSelector(seen);
  await page.waitForTimeout(400);
  await picture(page, name);
}
async function session(page) {
  await page.goto('/coach?view=session');
  await page.fill('#weapon', 'Pistolet');
  await page.fill('#caliber', '.22 LR');
  for (const [n, [points, group]] of [['45', '8,5'], ['43', '10'], ['41,5', '12'], ['40', '13'], ['38', '15,5']].entries()) {
    if (n) await page.click('text=Ajouter une série');
    await page.fill(`[id="${n}-points"]`, points);
    await page.fill(`[id="${n}-group"]`, group);
  }
  await page.click('button.primary:has-text("Demander conseil")');
  await page.waitForSelector('article h3');
  await page.mouse.move(0, 0);
}
const top = (page, what) => page.locator(what).first().evaluate((one) => one.scrollIntoView({ block: 'start' }));

for (const scheme of ['light', 'dark']) {
  const page = await open(LEA, DESKTOP, scheme);
  const planning = await new PlanningPage(page).open();
  await take(page, `planning-board-${scheme}`);
  if (scheme === 'dark') continue;
  await planning.move(page.locator('[data-bar^="o"]').first(), 'Awa Diallo', { drop: false });
  await take(page, 'planning-drag', undefined, '.ghost small');
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await take(page, 'planning-conflicts', '/conflicts', 'article');
  await page.goto('/projects');
  await page.click('a:has-text("Ondes Claires")');
  await take(page, 'planning-project', undefined, '.facts');
  await page.goto('/coach');
  await page.waitForSelector('#project option', { state: 'attached' });
  await page.selectOption('#project', { label: 'Ondes Claires, le festival' });
  await page.click('button:has-text("Demander conseil")');
  await take(page, 'coach-project', undefined, 'article h3');
  await session(page);
  await page.locator('main').evaluate((main) => main.scrollTo(0, 0));
  await take(page, 'coach-session');
  await take(await open(HUGO, DESKTOP, scheme), 'agenda-desktop-light', undefined, '.day');
}
for (const scheme of ['light', 'dark']) {
  const stranger = await open(undefined, PHONE, scheme);
  await take(stranger, `sign-in-phone-${scheme}`, '/login', '#email');
  await take(stranger, `invitation-phone-${scheme}`, invitation, 'button:has-text("Accepter")');
  await take(await open(HUGO, PHONE, scheme), `agenda-phone-${scheme}`, undefined, '.day');
  const page = await open(LEA, PHONE, scheme);
  await take(page, `planning-phone-${scheme}`, undefined, '.agenda .item');
  if (scheme === 'light') continue;
  await page.goto('/projects');
  await page.click('nav button:has-text("Plus")');
  await take(page, 'projects-phone-dark', undefined, '.rows a');
  await session(page);
  await top(page, 'figure');
  await take(page, 'coach-session-phone-dark');
  await stranger.click('button:has-text("Accepter")');
  await take(stranger, 'invitation-accepted-phone-dark', undefined, 'text=on vous attend');
}
await browser.close();
await server.stop();
