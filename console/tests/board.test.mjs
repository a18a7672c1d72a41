// The planning as it is seen: live, without a network, filtered, by day and by month, by a technician, with many people, with nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crew, look, on, PlanningPage, standing } from './planning-page.mjs';
import { paper } from './paper.mjs';
import { accessible, browser, fits, person, PHONE, server, signIn, stage, visit } from './stage.mjs';

stage();
const board = (house, options) => look(browser, server, house, options);

test('two browsers see each other’s moves, and nothing moves under a hand', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] }, Montage: { day: 5, cast: [['Bo Martin', 'INVITED']] } });
  const [[one, first], [two, second]] = [await board(house), await board(house)];
  await one.move(one.bar(house.missions.Concert.bars[0]), 'Chloé Nguyen');
  await second.waitForSelector('.row:has-text("Chloé Nguyen") [data-bar].flash');
  // The second one holds a bar while the first one moves another.
  await two.move(two.bar(house.missions.Montage.bars[0]), 'Awa Diallo', { drop: false });
  await one.undo();
  await second.waitForTimeout(600);
  assert.equal((await two.names('Chloé Nguyen')).length, 1, 'held still');
  await second.keyboard.press('Escape');
  await second.mouse.up();
  await second.waitForFunction(() => [...document.querySelectorAll('.row')].some((r) => r.textContent.includes('Awa Diallo') && r.querySelector('[data-bar]')));
  assert.deepEqual(standing(await house.on('Montage')), ['Bo Martin INVITED'], 'Escape gives the drag up');
  first.clean();
  second.clean();
});

test('who changed a bar that somebody holds is named when it is put back', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const noe = await person(server, 'Noé Rousseau');
  await house.lea.brings(noe, 'manager');
  const [one, first] = await board(house);
  const second = await visit(browser, server);
  await signIn(second, noe);
  const two = await new PlanningPage(second).open(house.query);
  const heard = first.waitForResponse((answer) => answer.url().endsWith('/orgs/members'));
  await one.move(one.bar(house.missions.Concert.bars[0]), 'Bo Martin', { drop: false });
  await two.move(two.bar(house.missions.Concert.bars[0]), undefined, { columns: 1 });
  await two.toast('déplacée');
  await heard;
  await first.waitForTimeout(300);
  await first.mouse.up();
  await one.toast('Noé Rousseau l’a modifié entre-temps');
  assert.deepEqual(standing(await house.on('Concert')), ['Awa Diallo INVITED'], 'the change that came first stands');
});

test('without a stream the board is read anew every half minute', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const page = await visit(browser, server);
  await page.clock.install();
  await page.route('**/api/v1/events', (route) => route.abort());
  await signIn(page, house.lea);
  const planning = await new PlanningPage(page).open(house.query);
  const bar = planning.bar(house.missions.Concert.bars[0]);
  assert.match(await bar.getAttribute('class'), /invited/);
  await house.lea.call('POST', `/api/v1/assignments/${house.missions.Concert.calls[0]}:status`, { status: 'ACCEPTED' });
  for (let halfMinutes = 0; halfMinutes < 12 && /invited/.test(await bar.getAttribute('class')); halfMinutes++) {
    await page.clock.runFor(30_000);
    await page.waitForTimeout(200);
  }
  assert.doesNotMatch(await bar.getAttribute('class'), /invited/);
});

test('a bar that somebody else moved says who, and one’s own does not', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const noe = await person(server, 'Noé Rousseau');
  await house.lea.brings(noe, 'manager');
  const [, first] = await board(house);
  const second = await visit(browser, server);
  await signIn(second, noe);
  const two = await new PlanningPage(second).open(house.query);
  const by = (page) => page.locator('.row:has-text("Chloé Nguyen") [data-bar].flash .by');
  const own = second.waitForSelector('.row:has-text("Chloé Nguyen") [data-bar]');
  await two.move(two.bar(house.missions.Concert.bars[0]), 'Chloé Nguyen');
  await by(first).waitFor();
  assert.equal(await by(first).textContent(), 'NR');
  await own;
  assert.equal(await by(second).count(), 0);
  first.clean();
  second.clean();
});

test('without a network what was read stays, and is read again when it is back', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const [planning, page] = await board(house);
  await page.context().setOffline(true);
  await page.click('button:has-text("Période suivante")');
  await page.waitForSelector('text=Hors ligne. Dernière mise à jour à');
  await accessible(page, 'the board without a network');
  await page.click('button:has-text("Période précédente")');
  assert.equal(await planning.bar(house.missions.Concert.bars[0]).count(), 1);
  // What is changed meanwhile is not missed.
  await house.lea.call('POST', `/api/v1/assignments/${house.missions.Concert.calls[0]}/move`, { start: on(4, '10:00'), end: on(4, '12:00') });
  await page.context().setOffline(false);
  await page.waitForSelector('text=Hors ligne', { state: 'detached' });
  await page.waitForSelector('[data-bar] .time:has-text("10–12")');
});

test('a board that cannot be read says why, and is asked for again', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const page = await visit(browser, server);
  await signIn(page, house.lea);
  await page.route('**/api/v1/board?*', (route) => route.abort());
  await page.goto(`/planning${house.query}`);
  await page.waitForSelector('text=Le serveur ne répond pas');
  await accessible(page, 'a board that cannot be read');
  await page.unroute('**/api/v1/board?*');
  await page.click('button:has-text("Réessayer")');
  await page.waitForSelector('[data-bar]');
});

test('filters stay in the address, and an empty result says so', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const [planning, page] = await board(house);
  await page.keyboard.press('/');
  await page.keyboard.type('chloe');
  await page.waitForFunction(() => document.querySelectorAll('.row.person').length === 1);
  await page.waitForURL(/q=chloe/);
  await page.reload();
  await planning.row('Chloé Nguyen').waitFor();
  assert.equal(await page.locator('.row.person').count(), 1);
  await page.fill('#search', 'personne de ce nom');
  await page.waitForSelector('text=Personne ne correspond');
  await accessible(page, 'a board that shows nobody');
  await page.click('text=Effacer les filtres');
  await page.selectOption('#skill', 'lumière');
  assert.deepEqual(await page.locator('.row.person .name').allTextContents(), ['Bo Martin']);
  page.clean();
});

test('days, weeks, months, and rows by project', async () => {
  const house = await crew(server, { Concert: { day: 2, times: ['20:00', '02:00'], cast: [['Awa Diallo', 'ACCEPTED']] }, Balance: { day: 4, quota: 2 } });
  const [planning, page] = await board(house);
  for (const [zoom, days] of [['week', 7], ['month', 31], ['day', 24]]) {
    await page.selectOption('#zoom', zoom);
    await page.waitForFunction((n) => document.querySelectorAll('.days li').length === n, days);
  }
  await page.goto('/planning?zoom=day&from=2031-03-05');
  const concert = planning.bar(house.missions.Concert.bars[0]);
  await concert.waitFor();
  const [bar, track] = [await concert.boundingBox(), await planning.row('Awa Diallo').locator('.track').boundingBox()];
  // From six to six: the evening call begins after 14 of 24 hours and lasts 6.
  assert.ok(Math.abs((bar.x - track.x) / track.width - 14 / 24) < 0.01 && Math.abs(bar.width / track.width - 6 / 24) < 0.01);
  await page.keyboard.press(']');
  await page.waitForURL(/from=2031-03-06/);
  await page.goto(`/planning${house.query}&view=projects`);
  await page.waitForSelector('.row.project');
  assert.match(await page.textContent('.row.project .who'), /Gala.*1\/3/s);
  await planning.move(planning.bar(`m${house.missions.Balance.id}`), undefined, { columns: 1 });
  await planning.toast('Mission « Balance » déplacée');
  const start = async () => (await house.lea.call('GET', `/api/v1/missions/${house.missions.Balance.id}`)).start_at;
  assert.equal(await start(), '2031-03-08T08:00:00Z');
  await planning.undo();
  assert.equal(await start(), '2031-03-07T08:00:00Z');
  await house.lea.call('PATCH', `/api/v1/missions/${house.missions.Balance.id}`, { location: 'Théâtre' });
  await planning.open(`${house.query}&view=projects`);
  await planning.bar(`m${house.missions.Balance.id}`).click();
  await page.waitForSelector('dialog >> text=0 sur 2 postes pourvus');
  assert.match(await page.textContent('dialog'), /09:00–18:00 · Théâtre/);
  page.clean();
});

test('a technician looks and does not touch', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'ACCEPTED'], ['Chloé Nguyen', 'INVITED']] } });
  const hugo = await person(server, 'Hugo');
  const { token } = await house.lea.call('POST', '/api/v1/orgs/members:invite', { email: hugo.email, role: 'tech' });
  await hugo.call('POST', '/api/v1/orgs/members:join', { token });
  const page = await visit(browser, server);
  await signIn(page, hugo);
  const planning = await new PlanningPage(page).open(house.query);
  assert.deepEqual(await planning.names('Chloé Nguyen'), [], 'who is only asked is not shown to the crew');
  assert.equal(await page.locator('button:has-text("Affecter")').count(), 0);
  await planning.move(planning.bar(house.missions.Concert.bars[0]), 'Bo Martin');
  await planning.grab(planning.bar(house.missions.Concert.bars[0]));
  assert.equal((await planning.said()).trim(), '');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog');
  assert.equal(await page.locator('dialog form').count(), 0);
  assert.deepEqual(standing(await house.on('Concert')), ['Awa Diallo ACCEPTED', 'Chloé Nguyen INVITED']);
  page.clean();
});

test('many people: only what is seen is built, everything can be reached and printed', async () => {
  // Awa is in two places at once, at times that need room.
  const late = { day: 2, times: ['10:30', '18:30'], cast: [['Awa Diallo', 'INVITED']] };
  const house = await crew(server, { Concert: { day: 2 }, Balance: late, Montage: late });
  const names = Array.from({ length: 130 }, (_, i) => `Zoé Numéro${String(i).padStart(3, '0')}`);
  const csv = ['first_name;last_name;skills', ...names.map((n) => `${n.replace(' ', ';')};son`)].join('\n');
  const page = await visit(browser, server);
  await signIn(page, house.lea);
  const imported = await page.evaluate(async (body) => (await fetch('/api/v1/users:import', { method: 'POST', headers: { 'content-type': 'text/csv' }, body })).json(), csv);
  assert.equal(imported.created, 130, JSON.stringify(imported));
  const planning = await new PlanningPage(page).open(house.query);
  assert.ok((await page.locator('.row').count()) < 60);
  await page.evaluate(() => (document.querySelector('.scroller').scrollTop = 1e6));
  await planning.row('Numéro129').waitFor();
  assert.ok((await page.locator('.row').count()) < 60);
  // All of them are on paper.
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  assert.equal(await page.locator('.row.person').count(), 133);
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  await page.waitForSelector('.conflict');
  const pages = paper(await page.pdf({ preferCSSPageSize: true })).map((words) => words.replace(/\s+/g, ' '));
  assert.ok(pages.length >= 5, 'several pages of A4');
  for (const [i, words] of pages.entries()) assert.match(words, /lun\. 3 mar\. 4 mer\. 5 −3 jeu\. 6/, `page ${i + 1} says which days these are`);
  const all = pages.join(' ');
  assert.deepEqual([...names, 'Awa Diallo', 'Chloé Nguyen'].filter((name) => !all.includes(name)), [], 'all names, whole');
  assert.equal(all.match(/10:30–18:30/g).length, 4, 'the times of both, once as open and once as Awa’s');
  assert.doesNotMatch(all, /…|Aller au contenu|Affecter|\d conflit/, 'nothing cut off, and nothing that is for a screen only');
  page.clean();
});

test('an organisation without anything is led to its first date, on a phone too', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server, { viewport: PHONE });
  await signIn(page, { email: lea.email });
  const planning = await new PlanningPage(page).open();
  await page.waitForSelector('text=Votre planning commence ici');
  assert.equal(await page.locator('.sheet ol a').count(), 3);
  await fits(planning.page, 'the empty planning');
  page.clean();
});

test('on a phone nothing of an address from a desk is a dead end, and alerts are told beside conflicts', async () => {
  const late = { day: 2, times: ['10:00', '23:30'], cast: [['Awa Diallo', 'ACCEPTED']] };
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] }, Balance: late, Montage: { day: 3, times: ['06:00', '12:00'], cast: [['Awa Diallo', 'ACCEPTED']] } });
  const page = await visit(browser, server, { viewport: PHONE });
  await signIn(page, house.lea);
  await new PlanningPage(page).open('?zoom=day&view=projects&from=2031-03-05');
  await page.waitForSelector('.agenda .item');
  assert.equal(await page.locator('.strip li').count(), 14);
  assert.match(await page.textContent('.date'), /mercredi 5 mars/);
  await page.selectOption('#skill', 'lumière');
  await page.waitForSelector('.agenda .item:has-text("Awa Diallo")', { state: 'detached' });
  await page.selectOption('#skill', '');
  const chips = page.locator('.conflict');
  assert.deepEqual([await chips.count(), await chips.first().isVisible(), await chips.nth(1).isVisible()], [2, true, true]);
  assert.match((await chips.allTextContents()).join(), /conflit.*alerte/);
  await fits(page, 'the planning on a phone with both');
  await accessible(page, 'the planning on a phone with both');
  page.clean();
});

test('another organisation is another board, with nothing to undo of the first', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const { id } = await house.lea.call('POST', '/api/v1/orgs', { name: 'Rive Sud' });
  const [planning, page] = await board(house);
  await page.selectOption('#org', house.lea.org);
  await planning.open(house.query);
  await planning.move(planning.bar(house.missions.Concert.bars[0]), 'Chloé Nguyen');
  await planning.toast('à la place de');
  await page.selectOption('#org', id);
  await page.waitForSelector('text=Votre planning commence ici');
  await page.keyboard.press('Control+z');
  await page.waitForTimeout(300);
  assert.deepEqual(standing(await house.on('Concert')), ['Awa Diallo CANCELLED', 'Chloé Nguyen INVITED'], 'what was done elsewhere is not undone from here');
  assert.equal(await page.locator('[data-bar]').count(), 0);
  await page.selectOption('#org', house.lea.org);
  await page.waitForSelector('[data-bar]');
  // The line that is listened to is that of the organisation on screen.
  const chloe = (await house.on('Concert')).find((a) => a.status === 'INVITED');
  await house.lea.call('POST', `/api/v1/assignments/${chloe.id}/move`, { start: on(4, '10:00'), end: on(4, '12:00') });
  await page.waitForSelector('[data-bar] .time:has-text("10–12")');
  page.clean();
});
