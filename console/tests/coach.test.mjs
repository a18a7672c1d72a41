// The coach: a session goes in, advice comes out, and whatever fails, what was typed stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, browser, DESKTOP, dismiss, fits, person, PHONE, picture, serve, server, signIn, simulate, stage, visit } from './stage.mjs';

stage();

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

/** A theatre with a role that one person can take, and the coach opened for whoever plans it. */
async function staffed(from = server) {
  const lea = await person(from, 'Léa', 'Régie Nord');
  const nora = await lea.call('POST', '/api/v1/users', { name: 'Nora Petit', skills: ['son'] });
  const day = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  const project = await lea.call('POST', '/api/v1/projects', { name: 'Festival', status: 'ACTIVE' });
  const mission = await lea.call('POST', '/api/v1/missions', { project_id: project.id, title: 'Concert', start_at: `${day}T14:00Z`, end_at: `${day}T20:00Z`, break_minutes: 45, roles: [{ role: 'son' }] });
  return { lea, nora, project, mission };
}

test('the coach looks at a project, and nobody is invited before somebody presses', async () => {
  const { lea, nora, project, mission } = await staffed();
  const asked = () => lea.call('GET', `/api/v1/assignments?mission=${mission.id}`);
  await lea.call('PUT', '/api/v1/admin/ai/limits', { limits: [{ scope: 'user', requests_day: 20 }] });
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/coach');
  await page.waitForSelector(`#project >> option:text("Festival")`, { state: 'attached' });
  await page.waitForSelector('.quota:has-text("Vous : reste 20 demandes")');
  await accessible(page, 'a coach for projects');
  await page.click('button:has-text("Demander conseil")');
  const advice = page.locator('article:has-text("Nora Petit")').first();
  await advice.waitFor();
  await page.waitForSelector('.badge:has-text("Calculé par règles, sans IA")');
  await accessible(page, 'advice on a project');
  await picture(page, 'coach-project-desktop-light');
  assert.match(page.url(), new RegExp(`project=${project.id}`), 'the address can be sent to somebody');
  await advice.locator('button:has-text("Inviter")').click();
  await page.waitForSelector('dialog >> text=Cette personne est invitée');
  await accessible(page, 'before an invitation');
  await dismiss(page);
  assert.deepEqual(await asked(), [], 'looking invites nobody');
  await advice.locator('button:has-text("Inviter")').click();
  await page.click('dialog button.primary');
  await advice.locator('text=C’est fait').waitFor();
  assert.deepEqual((await asked()).map((one) => [one.user_id, one.status]), [[nora.id, 'INVITED']]);
  await advice.locator('button[aria-pressed="true"]:has-text("Je l’ai suivi")').waitFor();
  await advice.locator('button:has-text("Pas pour moi")').click();
  await advice.locator('button[aria-pressed="true"]:has-text("Pas pour moi")').waitFor();
  // What was answered is read again later, with what became of it.
  await page.click('a:has-text("Historique")');
  await page.click('.rows .line');
  await page.waitForSelector('.rows article:has-text("Nora Petit") button[aria-pressed="true"]:has-text("Pas pour moi")');
  await accessible(page, 'an answer in the history');
  await page.click('button:has-text("Tout oublier")');
  await accessible(page, 'before the history is forgotten');
  await page.click('dialog button.danger');
  await page.waitForSelector('text=Vous n’avez encore rien demandé');
  assert.deepEqual(await lea.call('GET', '/api/v1/ai/interactions'), []);
  await accessible(page, 'no history');
  page.clean();
});

test('a model finds the words only for whoever agreed, and says that it did', async () => {
  const simulator = await simulate();
  const house = await serve({ AI_BASE_URL: simulator.url, MISTRAL_API_KEY: 'simulated', AI_MODEL: 'sim-json_ok', AI_CONSENT: 'required' });
  try {
    const camille = await person(house, 'Camille');
    const coach = await CoachPage.open(camille, { viewport: PHONE }, house);
    const { page } = coach;
    await coach.session();
    await coach.ask();
    await page.waitForSelector('text=vous n’avez pas autorisé');
    await page.waitForSelector('.badge:has-text("Calculé par règles, sans IA")');
    await page.click('a:has-text("Voir mes choix")');
    await page.waitForSelector('#ai_processing');
    assert.equal(await page.isChecked('#ai_processing'), false);
    await accessible(page, 'choices about AI');
    await fits(page, 'choices about AI');
    await page.check('#ai_processing');
    await page.check('#store_content');
    await page.waitForFunction(() => document.querySelectorAll('.toast').length > 1);
    const kept = await camille.call('GET', '/api/v1/me/ai-consent');
    assert.deepEqual([kept.ai_processing, kept.store_content, kept.send_notes], [true, true, false]);
    await page.goto('/coach?view=session');
    await page.waitForSelector('[id="4-points"]');
    assert.equal(await page.inputValue('[id="4-points"]'), '38', 'what was typed is still there');
    await coach.ask();
    await page.waitForSelector('.badge:has-text("Réponse générée par IA")');
    await page.waitForSelector('article h3:has-text("Régularité")');
    await accessible(page, 'words of a model');
    await fits(page, 'words of a model');
    await page.goto('/coach?view=history');
    await page.waitForSelector('.line .badge:text-matches("IA|Mixte")');
    await page.waitForSelector('.line .badge:text("Règles")');
    page.clean();
  } finally {
    await house.stop();
    simulator.stop();
  }
});

test('the figures are there before the words, and whoever does not want to wait stops', async () => {
  const simulator = await simulate();
  const house = await serve({ AI_BASE_URL: simulator.url, MISTRAL_API_KEY: 'simulated', AI_MODEL: 'sim-hang' });
  try {
    const camille = await person(house, 'Camille');
    const coach = await CoachPage.open(camille, {}, house);
    const { page } = coach;
    await coach.session();
    await coach.ask();
    await page.waitForSelector('dl dd:has-text("8,3")');
    await page.waitForSelector('text=Le coach rédige ses conseils');
    assert.equal(await page.locator('article').count(), 0);
    await accessible(page, 'a coach that writes');
    await page.click('.writing button');
    await page.waitForSelector('.writing', { state: 'detached' });
    assert.equal(await page.inputValue('[id="4-points"]'), '38');
    assert.equal(await page.isDisabled('button.primary:has-text("Demander conseil")'), false);
    page.clean();
  } finally {
    await house.stop();
    simulator.stop();
  }
});

test('a line that breaks is taken up where it was', async () => {
  const camille = await person(server, 'Camille');
  const coach = await CoachPage.open(camille);
  const { page } = coach;
  const heard = [];
  await page.route('**/coach/analyze-session', (route) => {
    heard.push(route.request().headers()['last-event-id']);
    if (heard.length > 1) return route.continue();
    return route.fulfill({ contentType: 'text/event-stream', body: 'id: 0f0e0d0c-0b0a-4908-8706-050403020100/1\nevent: facts\ndata: {"facts":[]}\n\n' });
  });
  await coach.series(0, '45', '8');
  await coach.series(1, '44', '9');
  await coach.ask();
  await page.waitForSelector('article h3');
  assert.deepEqual(heard, [undefined, '0f0e0d0c-0b0a-4908-8706-050403020100/1']);
  page.clean();
});
