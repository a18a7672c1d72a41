// The planning: moving calls by hand, by keyboard and by dialog, undoing, being refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crew, look, on, PlanningPage, standing } from './planning-page.mjs';
import { accessible, browser, dismiss, server, signIn, stage, visit } from './stage.mjs';

stage();
const board = (house, options) => look(browser, server, house, options);

test('an open role is dropped on somebody, who is asked; undoing takes it back', async () => {
  const house = await crew(server, { Balance: { day: 1 } });
  const [planning, page] = await board(house);
  await planning.move(planning.bar(house.missions.Balance.open), 'Awa Diallo');
  await planning.toast('Awa Diallo est sollicitée');
  assert.deepEqual(standing(await house.on('Balance')), ['Awa Diallo INVITED']);
  await planning.row('Awa Diallo').locator('[data-bar]').waitFor();
  await planning.undo();
  assert.deepEqual(await house.on('Balance'), []);
  assert.deepEqual(await planning.names('Awa Diallo'), []);
  page.clean();
});

test('a call is given to somebody else, and Ctrl+Z gives it back as it was', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'ACCEPTED']] } });
  const [planning, page] = await board(house);
  await planning.move(planning.bar(house.missions.Concert.bars[0]), 'Chloé Nguyen');
  await planning.toast('Chloé Nguyen à la place de Awa Diallo');
  assert.deepEqual(standing(await house.on('Concert')), ['Awa Diallo CANCELLED', 'Chloé Nguyen ACCEPTED']);
  await planning.undo();
  assert.deepEqual(standing(await house.on('Concert')), ['Awa Diallo ACCEPTED', 'Chloé Nguyen CANCELLED']);
  assert.deepEqual(await planning.names('Awa Diallo'), house.missions.Concert.bars);
  page.clean();
});

test('with Shift a call changes its day, and without it never does', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const [planning, page] = await board(house);
  const id = house.missions.Concert.calls[0];
  const call = async () => house.lea.call('GET', `/api/v1/assignments/${id}`);
  const first = await call();
  await planning.move(planning.bar(`a${id}`), undefined, { columns: 3 });
  await planning.toast('déplacée au');
  assert.equal((await call()).start_at, new Date(Date.parse(first.start_at) + 3 * 86_400_000).toISOString().replace('.000', ''));
  await planning.undo();
  const last = await call();
  assert.deepEqual([last.start_at, last.own_times], [first.start_at, false]);
  page.clean();
});

test('a yes on top of a yes is put back with the words of the server; a question is not', async () => {
  const both = (status) => ({ Concert: { day: 2, cast: [['Awa Diallo', status]] }, Montage: { day: 2, cast: [['Bo Martin', 'ACCEPTED']] } });
  const house = await crew(server, both('ACCEPTED'));
  const [planning, page] = await board(house);
  await planning.move(planning.bar(house.missions.Concert.bars[0]), 'Bo Martin', { drop: false });
  await page.waitForSelector('.row.target.clash');
  await page.waitForSelector('.ghost small');
  assert.match(await page.textContent('.ghost'), /Bo Martin.*se chevauchent/);
  await page.mouse.up();
  await planning.toast('Remis en place. La personne a déjà accepté une autre mission');
  assert.deepEqual(await planning.names('Awa Diallo'), house.missions.Concert.bars);
  assert.deepEqual(standing(await house.on('Concert')), ['Awa Diallo ACCEPTED']);

  const asked = await crew(server, both('INVITED'));
  const [other] = await board(asked);
  await other.move(other.bar(asked.missions.Concert.bars[0]), 'Bo Martin');
  await other.toast('Bo Martin à la place de');
  await other.page.waitForSelector('text=conflit');
  assert.deepEqual(standing(await asked.on('Concert')), ['Awa Diallo CANCELLED', 'Bo Martin INVITED']);
  page.clean();
});

test('whoever is slower is told, and sees what the other did', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] } });
  const page = await visit(browser, server);
  // Nothing is heard of the others here: the line is down.
  await page.route('**/api/v1/events', (route) => route.abort());
  await signIn(page, house.lea);
  const planning = await new PlanningPage(page).open(house.query);
  await house.lea.call('POST', `/api/v1/assignments/${house.missions.Concert.calls[0]}/move`, { start: on(4, '10:00'), end: on(4, '12:00') });
  await planning.move(planning.bar(house.missions.Concert.bars[0]), 'Bo Martin');
  await planning.toast('Ceci a été modifié entre-temps');
  assert.deepEqual(await planning.names('Awa Diallo'), house.missions.Concert.bars);
  await page.waitForSelector('[data-bar] .time:has-text("10–12")');
});

test('the keyboard goes everywhere, moves, and says what would happen', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] }, Montage: { day: 2, cast: [['Bo Martin', 'ACCEPTED']] } });
  const [planning, page] = await board(house);
  const bar = planning.bar(house.missions.Concert.bars[0]);
  assert.equal(await page.locator('[data-bar][tabindex="0"]').count(), 1, 'one way in by Tab');
  await bar.focus();
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.bar), house.missions.Montage.bars[0]);
  await page.keyboard.press('ArrowUp');
  await planning.grab(bar);
  assert.match(await planning.said(), /Déplacement de Concert/);
  await page.keyboard.press('ArrowDown');
  assert.match(await planning.said(), /Bo Martin, mercredi 5 mars\. Déjà pris/);
  await page.keyboard.press('Escape');
  assert.match(await planning.said(), /abandonné/);
  await planning.grab(bar);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  assert.match(await planning.said(), /Bo Martin, jeudi 6 mars\. Libre, sans cette compétence/);
  await page.keyboard.press('ArrowDown');
  assert.match(await planning.said(), /Chloé Nguyen, jeudi 6 mars\. Libre, avec la compétence/);
  await page.keyboard.press('Enter');
  await planning.toast('Chloé Nguyen à la place de');
  const given = (await house.on('Concert')).find((a) => a.status === 'INVITED');
  assert.deepEqual([given.user_name, given.start_at], ['Chloé Nguyen', '2031-03-06T08:00:00Z']);
  await planning.undo();
  const back = (await house.on('Concert')).find((a) => a.status === 'INVITED');
  assert.deepEqual([back.user_name, back.start_at, back.own_times], ['Awa Diallo', '2031-03-05T08:00:00Z', false]);
  page.clean();
});

test('several moves are undone one after the other, whoever had the call', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'ACCEPTED']] } });
  const [planning, page] = await board(house);
  await planning.move(planning.bar(house.missions.Concert.bars[0]), 'Chloé Nguyen');
  await planning.toast('Chloé Nguyen à la place de Awa Diallo');
  await page.waitForFunction(() => document.querySelectorAll('.row.person [data-bar]').length === 1);
  const second = (await house.on('Concert')).find((a) => a.status === 'ACCEPTED').id;
  await planning.bar(`a${second}`).waitFor();
  await planning.move(planning.bar(`a${second}`), 'Bo Martin');
  await planning.toast('Bo Martin à la place de Chloé Nguyen');
  await planning.undo();
  assert.deepEqual(standing(await house.on('Concert')), ['Awa Diallo CANCELLED', 'Bo Martin CANCELLED', 'Chloé Nguyen ACCEPTED']);
  await planning.undo();
  const all = await house.on('Concert');
  assert.deepEqual(standing(all), ['Awa Diallo ACCEPTED', 'Bo Martin CANCELLED', 'Chloé Nguyen CANCELLED']);
  assert.equal(`a${all.find((a) => a.status === 'ACCEPTED').id}`, house.missions.Concert.bars[0], 'the same entry in her calendar as before');
  page.clean();
});

test('the dialog does all that dragging does', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Awa Diallo', 'INVITED']] }, Balance: { day: 4 } });
  const [planning, page] = await board(house);
  await planning.bar(house.missions.Concert.bars[0]).click();
  // Who is free and has the skill stands first, who lacks it last.
  await page.waitForSelector('#who option:has-text("Chloé Nguyen ·")', { state: 'attached' });
  const groups = await page.locator('#who optgroup').evaluateAll((all) => all.map((g) => [g.label, [...g.children].map((o) => o.textContent.split(' · ')[0])]));
  assert.deepEqual(groups, [['Libres, les plus adaptées d’abord', ['Chloé Nguyen']], ['Indisponibles à ce moment-là', ['Bo Martin']]]);
  assert.deepEqual(await page.locator('dialog dt').allTextContents(), ['Projet', 'Poste', 'Statut'], 'who and when are fields, and no facts beside them');
  assert.equal(await page.textContent('label[for="day"]'), 'Jour (mercredi)');
  await page.selectOption('#who', { label: groups[1][1][0] });
  await page.waitForSelector('.bad');
  await page.selectOption('#who', house.people['Chloé Nguyen']);
  await page.waitForSelector('text=Aucun conflit');
  await page.fill('#day', '2031-03-07');
  assert.equal(await page.textContent('label[for="day"]'), 'Jour (vendredi)');
  await page.fill('#start', '20:00');
  await page.fill('#end', '02:00');
  await page.click('dialog button.primary');
  await planning.toast('Chloé Nguyen à la place de');
  const given = (await house.on('Concert')).find((a) => a.status === 'INVITED');
  assert.deepEqual([given.start_at, given.end_at], ['2031-03-07T19:00:00Z', '2031-03-08T01:00:00Z']);
  await planning.undo();
  // An answer, a cancellation that is confirmed, and undone as it was.
  await planning.bar(house.missions.Concert.bars[0]).click();
  await page.click('dialog >> text=Noter son accord');
  await planning.toast('statut');
  await planning.bar(house.missions.Concert.bars[0]).click();
  await page.click('dialog >> text=Annuler l’affectation');
  await page.waitForSelector('text=Awa Diallo sera prévenue');
  await page.click('dialog >> text=Confirmer l’annulation');
  await planning.toast('statut « Annulée');
  assert.deepEqual(standing((await house.on('Concert')).filter((a) => a.user_name === 'Awa Diallo')), ['Awa Diallo CANCELLED']);
  await planning.undo();
  assert.deepEqual(standing((await house.on('Concert')).filter((a) => a.user_name === 'Awa Diallo')), ['Awa Diallo ACCEPTED']);
  // The button in the corner leads to every open role.
  await page.click('button:has-text("Affecter")');
  await page.click('dialog li button:has-text("Balance")');
  await page.click('dialog button.primary');
  await page.waitForSelector('#who-error');
  await page.selectOption('#who', house.people['Awa Diallo']);
  await page.click('dialog >> text=Retenir sans demander');
  await planning.toast('Awa Diallo est retenue');
  assert.deepEqual(standing(await house.on('Balance')), ['Awa Diallo ACCEPTED']);
  page.clean();
});

test('invitations leave after they were shown, and who has no address is named', async () => {
  const house = await crew(server, { Concert: { day: 2, quota: 3, cast: [['Awa Diallo', 'INVITED'], ['Chloé Nguyen', 'INVITED'], ['Bo Martin', 'ACCEPTED']] } });
  await house.lea.call('PATCH', `/api/v1/users/${house.people['Awa Diallo']}`, { email: 'awa@lanternes.example' });
  const [, page] = await board(house);
  await page.click('button:has-text("Invitations · 2")');
  await page.waitForSelector('dialog >> text=pas encore envoyée');
  assert.match(await page.locator('dialog li label').first().textContent(), /Awa Diallo.*pas encore envoyée/, 'beside the name, not below the box');
  await accessible(page, 'the invitations');
  await page.click('dialog >> text=Envoyer 2 invitations');
  await page.waitForSelector('dialog .badge.ok');
  await page.waitForSelector('dialog li:has-text("Chloé Nguyen") .error');
  await page.waitForSelector('dialog [role="alert"]:has-text("1 invitation n’est pas partie")');
  await accessible(page, 'an invitation that did not leave');
  const sent = (await house.lea.call('GET', '/api/v1/invitations')).filter((one) => one.sent_at);
  assert.deepEqual(sent.map((one) => one.user_name), ['Awa Diallo']);
  await dismiss(page);
  await page.click('button:has-text("Invitations · 2")');
  await page.waitForSelector('dialog li:has-text("Awa Diallo"):has-text("déjà envoyée")');
  await page.waitForSelector('dialog >> text=Envoyer 1 invitation');
  page.clean();
});

test('however much is to be staffed stays in sight among many people, and is dragged and walked from there', async () => {
  const house = await crew(server, { Concert: { day: 2, cast: [['Chloé Nguyen', 'INVITED']] }, ...Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`Montage ${i}`, { day: 2 }])) });
  const csv = ['first_name;last_name;skills', ...Array.from({ length: 100 }, (_, i) => `Zoé;Numéro${i};son`)].join('\n');
  const page = await visit(browser, server);
  await signIn(page, house.lea);
  await page.evaluate((body) => fetch('/api/v1/users:import', { method: 'POST', headers: { 'content-type': 'text/csv' }, body }), csv);
  const planning = await new PlanningPage(page).open(house.query);
  const scrolled = () => page.evaluate(() => document.querySelector('.scroller').scrollTop);
  await page.evaluate(() => (document.querySelector('.scroller').scrollTop = 1e6));
  await planning.row('Numéro99').waitFor();
  const bottom = await scrolled();
  const tray = await page.locator('.row.open').boundingBox();
  const head = await page.locator('.days').boundingBox();
  assert.ok(Math.abs(tray.y - head.y - head.height) <= 1, `right below the days: ${tray.y}`);
  assert.ok(tray.height <= 900 / 4, `no more than its part of the screen: ${tray.height}`);
  await accessible(page, 'a board with much to staff');
  // The columns are those of the head, whatever scrolls.
  const day = await page.locator('.days li').nth(2).boundingBox();
  const first = await page.locator('.row.open [data-bar]').first().boundingBox();
  assert.ok(first.x >= day.x && first.x + first.width <= day.x + day.width + 1);
  const last = planning.bar(house.missions['Montage 6'].open);
  await last.evaluate((bar) => (bar.closest('.tray').scrollTop = bar.offsetTop - 20));
  const from = await last.boundingBox();
  await page.mouse.move(from.x + 9, from.y + 9);
  await page.mouse.down();
  await page.mouse.move(from.x + 15, from.y + 15);
  await page.waitForTimeout(250);
  assert.equal(await scrolled(), bottom, 'a hand that rests there does not turn the page');
  const to = await planning.row('Numéro98').boundingBox();
  await page.mouse.move(from.x + 15, to.y + to.height / 2);
  await page.waitForSelector('.row.target:has-text("Numéro98")');
  await page.mouse.up();
  await planning.toast('Zoé Numéro98 est sollicitée');
  assert.deepEqual(standing(await house.on('Montage 6')), ['Zoé Numéro98 INVITED']);
  const seen = () =>
    page.evaluate(() => {
      const { left, top, width } = document.activeElement.getBoundingClientRect();
      return document.activeElement.matches('[data-bar]') && document.activeElement.contains(document.elementFromPoint(left + width / 2, top + 3));
    });
  // By keys: down from the last open role to somebody, who is not under it, and up again.
  const open = page.locator('.row.open [data-bar]').first();
  await open.focus();
  for (let n = 0; n < 20 && !(await page.evaluate(() => document.activeElement.closest('.row.person'))); n++) {
    await page.keyboard.press('ArrowDown');
    assert.ok(await seen(), `step ${n}: what has the focus is in sight`);
  }
  assert.match(await page.evaluate(() => document.activeElement.closest('.row').textContent), /Chloé Nguyen/);
  page.clean();
});

test('what is over is neither counted nor offered as to be staffed', async () => {
  const house = await crew(server);
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  for (const [title, at, quota] of [['Avant-hier', day(-2), 3], ['Après-demain', day(2), 2]]) {
    await house.lea.call('POST', '/api/v1/missions', { project_id: house.project.id, title, start_at: `${at}T09:00`, end_at: `${at}T18:00`, time_zone: 'Europe/Paris', roles: [{ role: 'son', quota }] });
  }
  const [, page] = await look(browser, server, { ...house, query: `?from=${day(-2)}` });
  await page.waitForSelector('.row.open [data-bar] >> nth=1');
  assert.match(await page.textContent('.row.open .badge'), /^2/);
  assert.match((await page.locator('.days .count').allTextContents()).join(), /^−2 ?2 personnes manquent$/, 'of the days, one lacks somebody');
  await page.click('button:has-text("Affecter")');
  await page.waitForSelector('dialog li');
  assert.deepEqual((await page.locator('dialog li small').allTextContents()).map((text) => text.split(' · ')[0]), ['Après-demain']);
  page.clean();
});
