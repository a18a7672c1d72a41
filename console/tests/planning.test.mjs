// The planning: seeing, moving by hand and by keyboard, undoing, being refused, being told what others do.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { crew, on, PlanningPage } from './planning-page.mjs';
import { accessible, browse, fits, person, PHONE, serve, signIn, visit } from './stage.mjs';

let server, browser;
before(async () => {
  [server, browser] = [await serve(), await browse()];
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
async function board(house, options) {
  const page = await visit(browser, server, options);
  await signIn(page, house.lea);
  return [await new PlanningPage(page).open(house.query), page];
}
const standing = (all) => all.map((a) => `${a.user_name} ${a.status}`).sort();

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
  await page.selectOption('#who', { label: groups[1][1][0] });
  await page.waitForSelector('.bad');
  await page.selectOption('#who', house.people['Chloé Nguyen']);
  await page.waitForSelector('text=Aucun conflit');
  await page.fill('#day', '2031-03-07');
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
  await planning.bar(`m${house.missions.Balance.id}`).click();
  await page.waitForSelector('dialog >> text=0 sur 2 postes pourvus');
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
  const house = await crew(server, { Concert: { day: 2 } });
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
  const paper = await page.pdf({ preferCSSPageSize: true });
  assert.ok((paper.toString('latin1').match(/\/Type \/Page\b/g) ?? []).length >= 5, 'several pages of A4');
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

test('invitations leave after they were shown, and who has no address is named', async () => {
  const house = await crew(server, { Concert: { day: 2, quota: 3, cast: [['Awa Diallo', 'INVITED'], ['Chloé Nguyen', 'INVITED'], ['Bo Martin', 'ACCEPTED']] } });
  await house.lea.call('PATCH', `/api/v1/users/${house.people['Awa Diallo']}`, { email: 'awa@lanternes.example' });
  const [, page] = await board(house);
  await page.click('button:has-text("Invitations · 2")');
  await page.waitForSelector('dialog >> text=pas encore envoyée');
  await accessible(page, 'the invitations');
  await page.click('dialog >> text=Envoyer 2 invitations');
  await page.waitForSelector('dialog .badge.ok');
  await page.waitForSelector('dialog li:has-text("Chloé Nguyen") .error');
  const sent = (await house.lea.call('GET', '/api/v1/invitations')).filter((one) => one.sent_at);
  assert.deepEqual(sent.map((one) => one.user_name), ['Awa Diallo']);
  await page.keyboard.press('Escape');
  await page.click('button:has-text("Invitations · 2")');
  await page.waitForSelector('dialog li:has-text("Awa Diallo"):has-text("déjà envoyée")');
  await page.waitForSelector('dialog >> text=Envoyer 1 invitation');
  page.clean();
});
