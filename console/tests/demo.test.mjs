// The planning of the demo season: looked at by everybody, in both themes, on every screen, and kept as pictures.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HUGO, LEA, PlanningPage } from './planning-page.mjs';
import { accessible, browser, DESKTOP, dismiss, fits, PHONE, picture, server, signIn, stage, visit } from './stage.mjs';

stage({}, ['--demo']);
async function look(who, options) {
  const page = await visit(browser, server, options);
  await signIn(page, who);
  return [await new PlanningPage(page).open(), page];
}
const settled = (page) => page.waitForTimeout(300);

for (const scheme of ['light', 'dark']) {
  test(`the board at a desk, ${scheme}`, async () => {
    const [planning, page] = await look(LEA, { viewport: DESKTOP, scheme });
    await settled(page);
    await picture(page, `planning-desktop-${scheme}`);
    await accessible(page, 'the board');
    // A bar on its way.
    const open = page.locator('[data-bar^="o"]').first();
    await planning.move(open, 'Samir Belkacem', { drop: false });
    await page.waitForSelector('.ghost');
    await settled(page);
    await picture(page, `planning-drag-${scheme}`);
    await accessible(page, 'a bar on its way');
    await page.keyboard.press('Escape');
    await page.mouse.up();
    await page.locator('[data-bar].clash').first().click();
    await page.waitForSelector('#who optgroup', { state: 'attached' });
    await settled(page);
    await picture(page, `planning-dialog-${scheme}`);
    await accessible(page, 'the details of a conflict');
    await dismiss(page);
    await page.click('button:has-text("Affecter")');
    await page.waitForSelector('dialog li');
    await accessible(page, 'the open roles');
    await dismiss(page);
    for (const query of ['?zoom=day', '?zoom=week', '?zoom=month', '?view=projects']) {
      await planning.open(query);
      await settled(page);
      await accessible(page, `the board with ${query}`);
      await picture(page, `planning-${query.replace(/\W+/g, '-').slice(1)}-${scheme}`);
    }
    await page.locator('[data-bar^="m"]').first().click();
    await page.waitForSelector('dialog li');
    await accessible(page, 'a mission');
    page.clean();
  });
  test(`the agenda on a phone, ${scheme}`, async () => {
    const [, page] = await look(LEA, { viewport: PHONE, scheme });
    await page.waitForSelector('.agenda');
    await settled(page);
    await picture(page, `planning-phone-${scheme}`);
    await accessible(page, 'the agenda');
    await fits(page, 'the agenda');
    await page.locator('.item').first().click();
    await page.waitForSelector('#who optgroup', { state: 'attached' });
    await settled(page);
    await picture(page, `planning-sheet-${scheme}`);
    await accessible(page, 'the details on a phone');
    page.clean();
  });
}

test('320 pixels, and a screen between', async () => {
  const [, page] = await look(LEA, { viewport: { width: 320, height: 640 } });
  await page.waitForSelector('.agenda');
  await fits(page, 'the agenda at 320 px');
  await accessible(page, 'the agenda at 320 px');
  await picture(page, 'planning-320');
  const [, tablet] = await look(LEA, { viewport: { width: 1000, height: 700 } });
  await tablet.waitForSelector('.scroller');
  await fits(tablet, 'the board on a tablet');
  await settled(tablet);
  await picture(tablet, 'planning-tablet');
});

test('a technician finds their own dates', async () => {
  const [planning, page] = await look(HUGO, { locale: 'en-GB' });
  assert.equal(await page.textContent('h1'), 'Planning');
  assert.ok((await planning.names('Hugo Lemoine')).length > 0);
  assert.equal(await page.locator('button:has-text("Assign")').count(), 0);
  await accessible(page, 'the board of a technician');
  await settled(page);
  await picture(page, 'planning-tech-en');
});
