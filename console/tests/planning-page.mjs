// The planning as tests see it, and small organisations to plan with.

import { person, signIn, visit } from './stage.mjs';

/** The owner of the demo season. */
export const LEA = { email: 'lea.marchetti@lanternes.example', password: 'sept-Lucioles-sous-la-pluie' };
export const HUGO = { email: 'hugo.lemoine@lanternes.example', password: LEA.password };

export class PlanningPage {
  constructor(page) {
    this.page = page;
  }
  async open(query = '') {
    await this.page.goto(`/planning${query}`);
    await this.page.waitForSelector('[data-bar], .state, .sheet, .none');
    return this;
  }
  bar(key) {
    return this.page.locator(`[data-bar="${key}"]`);
  }
  row(person) {
    return this.page.locator('.row', { has: this.page.locator('.name', { hasText: person }) });
  }
  /** Drags a bar onto somebody, and by columns with Shift. */
  async move(bar, person, { columns = 0, drop = true } = {}) {
    const { mouse, keyboard } = this.page;
    const from = await bar.boundingBox();
    const [x, y] = [from.x + Math.min(20, from.width / 2), from.y + from.height / 2];
    await mouse.move(x, y);
    await mouse.down();
    if (columns) await keyboard.down('Shift');
    await mouse.move(x + 6, y + 6);
    const to = person ? await this.row(person).boundingBox() : { y: from.y, height: from.height };
    const wide = columns && (await this.page.locator('.body .track').first().boundingBox()).width / Number(await this.page.locator('.days li').count());
    await mouse.move(x + columns * wide, to.y + to.height / 2, { steps: 8 });
    await this.page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
    if (drop) await mouse.up();
    if (columns) await keyboard.up('Shift');
  }
  async grab(bar) {
    await bar.focus();
    await this.page.keyboard.press('m');
  }
  async undo() {
    // What was told before is no answer.
    while (await this.page.locator('.toast').count()) await this.page.locator('.toast .close').first().click();
    await this.page.keyboard.press('Control+z');
    await this.page.waitForSelector('.toast:has-text("annulée")');
  }
  said() {
    return this.page.textContent('[aria-live="assertive"]');
  }
  async toast(text) {
    await this.page.waitForSelector(`.toast:has-text("${text}")`);
  }
  names(row) {
    return this.row(row).locator('[data-bar]').evaluateAll((bars) => bars.map((bar) => bar.dataset.bar));
  }
}

export const MONDAY = '2031-03-03';
/** A day of that fortnight at a time. */
export const on = (day, time) => `2031-03-${String(3 + day).padStart(2, '0')}T${time}`;

/** An organisation with three people, a project, and missions as they are named. */
export async function crew(server, missions = {}) {
  const lea = await person(server, 'Léa', 'Lanternes');
  const people = {};
  for (const [name, skill] of [['Awa Diallo', 'son'], ['Bo Martin', 'lumière'], ['Chloé Nguyen', 'son']]) {
    people[name] = (await lea.call('POST', '/api/v1/users', { name, skills: [skill] })).id;
  }
  const project = await lea.call('POST', '/api/v1/projects', { name: 'Gala', hue: 45, time_zone: 'Europe/Paris' });
  const made = {};
  for (const [title, { day, role = 'son', quota = 1, times = ['09:00', '18:00'], cast = [] }] of Object.entries(missions)) {
    const body = { project_id: project.id, title, start_at: on(day, times[0]), end_at: on(times[1] > times[0] ? day : day + 1, times[1]), time_zone: 'Europe/Paris', break_minutes: 60, roles: [{ role, quota }] };
    const mission = await lea.call('POST', '/api/v1/missions', body);
    const calls = [];
    for (const [name, status] of cast) calls.push(await lea.call('POST', '/api/v1/assignments', { mission_id: mission.id, user_id: people[name], status }));
    made[title] = { id: mission.id, open: `o${mission.id}/${role}`, calls: calls.map((c) => c.id), bars: calls.map((c) => `a${c.id}`) };
  }
  return { lea, people, project, missions: made, query: `?from=${MONDAY}`, on: (title) => lea.call('GET', `/api/v1/assignments?mission=${made[title].id}`) };
}

/** The board of such an organisation, in a browser of its owner. */
export async function look(browser, server, house, options) {
  const page = await visit(browser, server, options);
  await signIn(page, house.lea);
  return [await new PlanningPage(page).open(house.query), page];
}
/** Who stands how on a mission. */
export const standing = (all) => all.map((a) => `${a.user_name} ${a.status}`).sort();
