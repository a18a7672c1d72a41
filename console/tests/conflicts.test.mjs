// What does not fit: listed, walked through, resolved by asking somebody else, undone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crew, LEA, standing } from './planning-page.mjs';
import { accessible, browser, fits, PHONE, picture, server, signIn, stage, visit } from './stage.mjs';

stage({}, ['--demo']);

test('a conflict is resolved by asking somebody else, and comes back when that is undone', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'ACCEPTED']] }, Balance: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const page = await visit(browser, server);
  await signIn(page, house.lea);
  await page.goto('/conflicts');
  await page.waitForSelector('text=Aucun conflit');
  await page.locator('input[type="date"]').nth(1).fill('2031-03-20');
  await page.locator('input[type="date"]').nth(0).fill('2031-03-01');
  await page.waitForSelector('article');
  assert.match(await page.textContent('article'), /Awa Diallo.*mercredi 5 mars/s);
  assert.deepEqual((await page.locator('.bars .name').allTextContents()).sort(), ['Balanceson', 'Concertson']);
  assert.match(await page.textContent('.bars .time'), /09:00–18:00/, 'the time of the venue');
  await page.click('text=Remplacer…');
  await page.click('h3:has-text("Balance") + ul button:has-text("Chloé")');
  await page.waitForSelector('.toast:has-text("Chloé Nguyen est sollicitée à la place de Awa Diallo")');
  await page.waitForSelector('text=Aucun conflit');
  assert.deepEqual(standing(await house.on('Balance')), ['Awa Diallo CANCELLED', 'Chloé Nguyen INVITED']);
  await page.keyboard.press('Control+z');
  await page.waitForSelector('article');
  assert.deepEqual(standing(await house.on('Balance')), ['Awa Diallo INVITED', 'Chloé Nguyen CANCELLED']);
  page.clean();
});

test('what a project counts is what its link lists: of the project, and still to come', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'ACCEPTED']] }, Balance: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  // Another project clashes in the same days, and this one did years ago, as it does in 2031.
  const soon = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  const ask = async (project_id, day, name) => {
    const body = { project_id, title: name, start_at: `${day}T09:00`, end_at: `${day}T18:00`, time_zone: 'Europe/Paris', roles: [{ role: 'son', quota: 2 }] };
    const { id } = await house.lea.call('POST', '/api/v1/missions', body);
    await house.lea.call('POST', '/api/v1/assignments', { mission_id: id, user_id: house.people['Chloé Nguyen'], status: 'INVITED' });
  };
  const other = (await house.lea.call('POST', '/api/v1/projects', { name: 'Tournée', hue: 5, time_zone: 'Europe/Paris' })).id;
  for (const title of ['Un', 'Deux']) await ask(other, soon, title), await ask(house.project.id, '2021-03-03', title), await ask(house.project.id, soon, title);
  const page = await visit(browser, server);
  await signIn(page, house.lea);
  await page.goto(`/projects/${house.project.id}`);
  const [, count] = /(\d+)/.exec(await page.textContent('.facts .badge.danger'));
  await page.click('.facts .badge.danger');
  await page.waitForSelector('article');
  const listed = async () => Object.fromEntries(await page.locator('.segments button').evaluateAll((all) => all.map((one) => one.textContent.split(' · '))));
  const sum = (all) => Object.values(all).reduce((sum, n) => sum + Number(n), 0);
  assert.equal(sum(await listed()), Number(count));
  assert.equal(await page.locator('.tools select').inputValue(), house.project.id);
  assert.ok((await page.locator('article').allTextContents()).every((text) => /Chloé Nguyen/.test(text)), 'nothing that is over, nothing further than a year');
  const address = page.url();
  await page.selectOption('.tools select', '');
  await page.waitForFunction((n) => document.querySelectorAll('article').length > n, await page.locator('article').count());
  // The address holds what is looked at.
  await page.goto(address);
  await page.waitForSelector('article');
  assert.equal(sum(await listed()), Number(count));
  page.clean();
});

test('J and K go through the conflicts of the demo, at a desk and on a phone', async () => {
  for (const options of [{}, { viewport: PHONE, scheme: 'dark' }]) {
    const page = await visit(browser, server, options);
    await signIn(page, LEA);
    // As a house that wants to be warned of every night.
    const set = await page.evaluate(() => fetch('/api/v1/orgs/labour-rules', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '[]' }).then((r) => r.status));
    assert.equal(set, 200);
    await page.goto('/conflicts');
    await page.waitForSelector('article');
    await page.click('button:has-text("Alertes")');
    await page.waitForSelector('article:not(.hard)');
    const at = () => page.evaluate(() => [...document.querySelectorAll('[data-conflict]')].indexOf(document.activeElement));
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    assert.equal(await at(), 1);
    await page.keyboard.press('k');
    assert.equal(await at(), 0);
    await page.locator('text=Remplacer…').first().click();
    await page.waitForSelector('.who, .none');
    await accessible(page, 'the conflicts');
    await fits(page, 'the conflicts');
    await picture(page, options.viewport ? 'conflicts-phone-dark' : 'conflicts-desktop-light');
    page.clean();
  }
});
