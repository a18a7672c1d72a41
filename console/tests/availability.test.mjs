// Saying when one can come, by tapping days; deciding about it, and thinking better of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, browser, fits, person, PHONE, picture, server, signIn, stage, visit } from './stage.mjs';

stage();

/** The month of a person. */
class AvailabilityPage {
  constructor(page) {
    this.page = page;
  }
  static async open(who, options) {
    const page = await visit(browser, server, options);
    await signIn(page, who);
    await page.goto('/availability');
    await page.waitForSelector('h1:has-text("Disponibilités")');
    return new AvailabilityPage(page);
  }
  next = () => this.page.click('.month button:has-text("Mois suivant")');
  /** The n-th of the month that is shown. */
  day = (n) => this.page.locator(`[data-day$="-${String(n).padStart(2, '0')}"]:not(.other)`);
}
async function crew() {
  const [lea, hugo] = [await person(server, 'Léa', 'Régie Nord'), await person(server, 'Hugo Élie de la Tour-Maubourg')];
  const him = await lea.brings(hugo, 'tech');
  return { lea, hugo, him };
}

test('two taps are a span; it waits, is taken back and asked again', async () => {
  const { lea, hugo, him } = await crew();
  const own = await AvailabilityPage.open(hugo, { viewport: PHONE });
  await own.next();
  await accessible(own.page, 'a month');
  await fits(own.page, 'a month');
  await own.day(14).click();
  await own.page.waitForSelector('text=Touchez maintenant le dernier jour');
  await own.day(12).click();
  await own.page.waitForSelector('dialog h2');
  assert.match(await own.page.textContent('dialog h2'), /12 .* au .*14 /, 'the earlier day comes first, whichever was tapped first');
  await accessible(own.page, 'a request');
  await own.page.fill('#note', 'Mariage de ma sœur');
  await own.page.click('dialog button.primary');
  await own.page.waitForSelector('text=Un responsable va l’approuver');
  assert.match(await own.day(13).getAttribute('class'), /unavailable.*pending/);
  await picture(own.page, 'availability-phone-light');
  const asked = await lea.call('GET', `/api/v1/availabilities?user_id=${him.id}`);
  assert.deepEqual(asked.map((one) => [one.status, one.kind, one.note, Date.parse(one.end_at) - Date.parse(one.start_at)]), [['PENDING', 'unavailable', 'Mariage de ma sœur', 3 * 86_400_000]]);
  await own.page.click('.list button:has-text("Retirer")');
  await own.page.waitForSelector('text=La demande est retirée');
  await own.page.click('.toast button:has-text("Annuler")');
  await own.page.waitForSelector('.list >> text=Mariage de ma sœur');
  own.page.clean();
});

test('the keyboard picks days as well', async () => {
  const { hugo } = await crew();
  const own = await AvailabilityPage.open(hugo, { scheme: 'dark' });
  await own.next();
  await own.day(1).focus();
  await own.page.keyboard.press('ArrowDown');
  await own.page.keyboard.press('Enter');
  await own.page.keyboard.press('ArrowRight');
  await own.page.keyboard.press('Enter');
  assert.match(await own.page.textContent('dialog h2'), /8 .* au .*9 /);
  await own.page.click('label:has-text("Disponible") >> nth=1');
  await accessible(own.page, 'an offer in the dark');
  own.page.clean();
});

test('a manager approves and rejects, and takes it back', async () => {
  const { lea, hugo } = await crew();
  const make = (from, to, note) => hugo.call('POST', '/api/v1/auth/switch-org', { org_id: lea.org }).then(() => lea.call('GET', '/api/v1/users')).then((all) => lea.call('POST', '/api/v1/availabilities', { user_id: all[0].id, start_at: `2031-06-${from}T00:00`, end_at: `2031-06-${to}T00:00`, kind: 'unavailable', note }));
  const [one, two] = [await make(10, 12, 'Congés'), await make(20, 21, 'Rendez-vous')];
  const status = async (span) => (await lea.call('GET', `/api/v1/availabilities/${span.id}`)).status;
  const desk = await AvailabilityPage.open(lea);
  await desk.page.waitForSelector('li:has-text("Congés")');
  await accessible(desk.page, 'requests to decide about');
  await picture(desk.page, 'availability-manager-desktop-light');
  await desk.page.click('li:has-text("Congés") button:has-text("Approuver")');
  await desk.page.waitForSelector('.toast:has-text("approuvée")');
  assert.equal(await status(one), 'APPROVED');
  await desk.page.click('.toast button:has-text("Annuler")');
  await desk.page.waitForSelector('li:has-text("Congés")');
  assert.equal(await status(one), 'PENDING');
  await desk.page.click('li:has-text("Rendez-vous") button:has-text("Refuser")');
  await desk.page.waitForSelector('.toast:has-text("refusée")');
  assert.equal(await status(two), 'REJECTED');
  desk.page.clean();
});
