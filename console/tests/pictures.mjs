// Pictures for the documentation, of the demo season: `PICTURES=../docs/pictures node tests/pictures.mjs`.

import { LEA, PlanningPage } from './planning-page.mjs';
import { browse, PHONE, picture, serve, signIn, visit } from './stage.mjs';

const [server, browser] = [await serve({}, ['--demo']), await browse()];
const small = { width: 1200, height: 750 };
for (const scheme of ['light', 'dark']) {
  const page = await visit(browser, server, { viewport: small, scheme });
  await signIn(page, LEA);
  const planning = await new PlanningPage(page).open();
  await page.waitForTimeout(400);
  await picture(page, `planning-board-${scheme}`);
  if (scheme === 'dark') continue;
  await planning.move(page.locator('[data-bar^="o"]').first(), 'Awa Diallo', { drop: false });
  await page.waitForSelector('.ghost small');
  await picture(page, 'planning-drag');
  await page.keyboard.press('Escape');
  await page.mouse.up();
  for (const [path, seen, name] of [['/conflicts', 'article', 'planning-conflicts'], ['/projects', 'ul.rows a', 'planning-project']]) {
    await page.goto(path);
    await page.waitForSelector(seen);
    if (name === 'planning-project') await page.click('a:has-text("Ondes Claires")').then(() => page.waitForSelector('.facts'));
    await page.waitForTimeout(300);
    await picture(page, name);
  }
}
const coach = await visit(browser, server, { viewport: small });
await signIn(coach, LEA);
await coach.goto('/coach');
await coach.waitForSelector('#project option', { state: 'attached' });
await coach.selectOption('#project', { label: 'Ondes Claires, le festival' });
await coach.click('button:has-text("Demander conseil")');
await coach.waitForSelector('article h3');
await coach.waitForTimeout(400);
await picture(coach, 'coach-project');
const phone = await visit(browser, server, { viewport: PHONE });
await signIn(phone, LEA);
await new PlanningPage(phone).open();
await phone.waitForTimeout(400);
await picture(phone, 'planning-phone');
await browser.close();
await server.stop();
