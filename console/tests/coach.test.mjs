// The coach: a session goes in, advice comes out, and whatever fails, what was typed stays.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, browse, DESKTOP, fits, person, PHONE, picture, serve, signIn, visit } from './stage.mjs';

let server, browser;
before(async () => {
  [server, browser] = [await serve(), await browse()];
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** The form of a session, and what comes of it. */
class CoachPage {
  constructor(page) {
    this.page = page;
  }
  static async open(who, options, from = server) {
    const page = await visit(browser, from, options);
    await signIn(page, who);
    await page.goto('/coach');
    await page.waitForSelector('#weapon');
    return new CoachPage(page);
  }
  async series(n, points, group) {
    if (n > 0) await this.page.click('text=Ajouter une série');
    await this.page.fill(`[id="${n}-points"]`, points);
    await this.page.fill(`[id="${n}-group"]`, group);
  }
  async session() {
    for (const [n, [points, group]] of [['45', '8,5'], ['43', '10'], ['41,5', '12'], ['40', '13'], ['38', '15,5']].entries()) await this.series(n, points, group);
    await this.page.fill('#synthese', 'Fatigue sur la fin');
  }
  ask = () => this.page.click('button.primary:has-text("Demander conseil")');
}

test('figures become advice with its score explained, its label, and charts that can be read', async () => {
  const camille = await person(server, 'Camille');
  const coach = await CoachPage.open(camille);
  const { page } = coach;
  await accessible(page, 'an empty coach');
  await coach.ask();
  await page.waitForSelector('#\\30 -error');
  await accessible(page, 'a session without points');
  await coach.session();
  await coach.ask();
  await page.waitForSelector('article h3');
  await page.waitForSelector('.badge:has-text("Calculé par règles, sans IA")');
  await page.click('article >> nth=0 >> summary');
  assert.equal(await page.locator('article >> nth=0 >> meter').count(), 4);
  assert.equal(await page.locator('figure svg').count(), 2);
  await page.click('figure >> nth=0 >> summary');
  assert.deepEqual(await page.locator('figure >> nth=0 >> td').allTextContents(), ['9', '8,6', '8,3', '8', '7,6']);
  await accessible(page, 'advice');
  await page.locator('main').evaluate((main) => main.scrollTo(0, 0));
  await page.setViewportSize({ width: 1280, height: 800 });
  await picture(page, 'coach-desktop-light');
  await page.reload();
  await page.waitForSelector('[id="4-points"]');
  assert.equal(await page.inputValue('[id="4-points"]'), '38', 'a session outlives a reload');
  page.clean();
});

test('a refused value is shown where it stands', async () => {
  const camille = await person(server, 'Camille');
  const coach = await CoachPage.open(camille, { viewport: PHONE });
  await coach.series(0, '45', '8');
  await coach.series(1, '44', '9');
  await coach.page.fill('[id="1-distance"]', '3000');
  await coach.ask();
  await coach.page.waitForSelector('[id="1-error"]:has-text("La distance va de 2 à 300 mètres")');
  assert.equal(await coach.page.evaluate(() => document.activeElement.id), '1-distance');
  await fits(coach.page, 'a refused session');
  await accessible(coach.page, 'a refused session');
  coach.page.clean();
});

test('whatever fails, the session stays and can be sent again', async () => {
  const limited = await serve({ COACH_LIMIT: '1/60s' });
  try {
    const camille = await person(limited, 'Camille');
    const coach = await CoachPage.open(camille, { viewport: PHONE, scheme: 'dark' }, limited);
    const { page } = coach;
    await coach.series(0, '45', '8');
    await coach.series(1, '44', '9');
    await page.context().setOffline(true);
    await coach.ask();
    await page.waitForSelector('text=Votre séance est gardée');
    await accessible(page, 'no network');
    await page.context().setOffline(false);
    await coach.ask();
    await page.waitForSelector('article h3');
    await coach.ask();
    await page.waitForSelector('text=Réessayez dans');
    assert.equal(await page.inputValue('[id="1-points"]'), '44');
    await accessible(page, 'too many questions');
    await picture(page, 'coach-phone-dark');
  } finally {
    await limited.stop();
  }
});

test('the coach speaks English, and stands on a narrow phone', async () => {
  const camille = await person(server, 'Camille');
  for (const [viewport, scheme] of [[DESKTOP, 'dark'], [{ width: 320, height: 640 }, 'light']]) {
    const coach = await CoachPage.open(camille, { viewport, scheme, locale: 'en-GB' });
    const points = ['45', '44'];
    await coach.page.fill('[id="0-points"]', points[0]);
    await coach.page.click('text=Add a series');
    await coach.page.fill('[id="1-points"]', points[1]);
    await coach.page.click('button.primary:has-text("Ask for advice")');
    await coach.page.waitForSelector('text=Computed by rules, no AI');
    await fits(coach.page, `the coach at ${viewport.width} px`);
    await accessible(coach.page, `the coach, ${scheme}`);
    coach.page.clean();
  }
});
