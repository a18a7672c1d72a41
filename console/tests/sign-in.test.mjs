// Signing in, up and out.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { accessible, browser, fits, freePort, mailed, PASSWORD, person, PHONE, picture, serve, server, signIn, stage, totp, visit } from './stage.mjs';

/** The OpenID provider of the Rust tests, a real one, which `cargo xtask` installs. */
const PROVIDER = `${process.env.TEST_OIDC_PROVIDER ?? new URL('../../target/providers', import.meta.url).pathname}/provider.mjs`;

stage({ TEST_CLOCK: 'on' });

/** Whoever has forgotten, has a mail. */
async function ask(page, path, email) {
  await page.goto(path);
  await page.fill('#email', email);
  await page.click('button.primary');
  await page.waitForSelector('[role=status]:has-text("Si un compte existe")');
}
const gone = (page) => assert.doesNotMatch(page.url(), /token|[?#]./, 'nothing secret stays in the address');

test('a stranger signs up, makes an organisation and its first project', async () => {
  const page = await visit(browser, server);
  await page.goto('/');
  await page.waitForURL(/\/login\?next=/);
  await page.waitForSelector('#email');
  await accessible(page, 'sign-in');
  await picture(page, 'login-desktop-light');
  await page.click('text=Créer un compte');
  await page.fill('#name', 'Zoé Nùñez-Œuvrard');
  await page.fill('#email', 'zoe@lanternes.example');
  await page.fill('#password', 'court');
  await page.click('button.primary');
  await page.waitForSelector('#password-error');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'password', 'the first field that does not fit has the focus');
  await accessible(page, 'sign-up with a fault');
  await page.fill('#password', PASSWORD);
  await page.click('button.primary');
  await page.waitForSelector('text=Bienvenue dans Coulisses');
  await page.fill('#name', 'Théâtre des Lanternes');
  await page.click('button.primary');
  await page.waitForSelector('text=Votre planning commence ici');
  await page.goto('/projects');
  await page.waitForSelector('text=Aucun projet');
  await accessible(page, 'no projects');
  await page.click('text=Nouveau projet');
  await page.waitForSelector('dialog');
  await accessible(page, 'the project form');
  await page.click('dialog button.primary');
  await page.waitForSelector('#name-error');
  await page.fill('#name', 'La Nuit des Lucioles');
  await page.fill('#starts', '2026-12-04');
  await page.fill('#ends', '2026-12-06');
  await page.click('dialog button.primary');
  await page.waitForSelector('li:has-text("La Nuit des Lucioles")');
  assert.match(await page.textContent('ul.rows'), /Du 4 décembre 2026 au 6 décembre 2026/);
  page.clean();
});

test('a wrong password is said without telling which part is wrong', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server, { viewport: PHONE, scheme: 'dark', locale: 'en-GB' });
  await page.goto('/login?next=%2Fprofile');
  await page.click('button.primary');
  assert.equal(await page.textContent('#email-error'), 'Enter an email address, such as lina@example.com.');
  await picture(page, 'login-errors-phone-dark');
  await page.fill('#email', lea.email);
  await page.fill('#password', 'not this one');
  await page.click('button.primary');
  await page.waitForSelector('text=The address or the password is wrong.');
  await accessible(page, 'a refused sign-in');
  await fits(page, 'sign-in');
  await page.fill('#password', PASSWORD);
  await page.click('button.primary');
  await page.waitForURL('**/profile');
  page.clean();
});

test('no address leads away from this site', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example']) {
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await page.fill('#email', lea.email);
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    await page.waitForSelector('h1:has-text("Planning")');
    assert.equal(new URL(page.url()).origin, server.url);
    await page.click('text=Se déconnecter');
    await page.waitForURL('**/login');
  }
});

test('a forgotten password is chosen anew by the link of a mail', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server, { viewport: PHONE });
  await page.goto('/login');
  await page.click('text=Mot de passe oublié');
  await page.waitForURL('**/forgot');
  await accessible(page, 'a forgotten password');
  await page.click('button.primary');
  await page.waitForSelector('#email-error');
  await ask(page, '/forgot', 'nobody@lanternes.example');
  await ask(page, '/forgot', lea.email);
  await accessible(page, 'a mail was sent');
  const link = await mailed(server, lea.email, 'reset');
  await page.goto(link);
  await page.waitForSelector('#password');
  gone(page);
  await page.fill('#password', 'azertyuiop12');
  await page.waitForSelector('.judged >> text=trop facile à deviner');
  await accessible(page, 'a weak password');
  await picture(page, 'reset-weak-phone-light');
  await page.click('button.primary');
  await page.waitForSelector('#password-error');
  await page.fill('#password', 'quatre-Brouettes-bleues-1931');
  await page.waitForSelector('text=Ce mot de passe convient');
  await page.click('button.primary');
  await page.waitForSelector('text=tous vos appareils sont déconnectés');
  await page.click('a:has-text("Se connecter")');
  await page.fill('#email', lea.email);
  await page.fill('#password', 'quatre-Brouettes-bleues-1931');
  await page.click('button.primary');
  await page.waitForSelector('h1:has-text("Planning")');
  await page.goto(link);
  await page.fill('#password', 'cinq-Brouettes-bleues-1931');
  await page.click('button.primary');
  await page.waitForSelector('[role=alert] .box');
  await page.goto('/reset');
  await page.waitForSelector('text=Le lien est incomplet');
  page.clean();
});

test('a link signs in, and an address is proved, at the press of a button', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await ask(page, '/magic', lea.email);
  await page.goto(await mailed(server, lea.email, 'magic'));
  await page.waitForSelector('button:has-text("Me connecter")');
  gone(page);
  await accessible(page, 'a link that signs in');
  await page.click('button:has-text("Me connecter")');
  await page.waitForSelector('h1:has-text("Planning")');
  await page.goto('/profile');
  assert.equal(await page.locator('text=Renvoyer l’e-mail de confirmation').count(), 0, 'a link of a mail proves the mailbox');
  page.clean();
});

test('an address changes when both mailboxes agree, and a deletion is undone by its mail', async () => {
  const lea = await person(server, 'Léa');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/profile');
  await page.click('text=Renvoyer l’e-mail de confirmation');
  await page.goto(await mailed(server, lea.email, 'verify'));
  await page.click('button:has-text("Confirmer mon adresse")');
  await page.waitForSelector('text=Votre adresse est confirmée');
  await page.goto('/profile');
  await page.click('text=Changer d’adresse');
  const fresh = lea.email.replace('@', '.new@');
  await page.fill('#new-email', fresh);
  await page.click('dialog button.primary');
  await page.waitForSelector('text=Ouvrez son lien pour continuer');
  await page.goto(await mailed(server, lea.email, 'new-address'));
  await page.click('button:has-text("Je suis d’accord")');
  await page.waitForSelector('text=Un e-mail vient de partir vers la nouvelle adresse');
  await page.goto(await mailed(server, fresh, 'new-address'));
  await page.click('button:has-text("Je suis d’accord")');
  await page.waitForSelector('text=est changée');
  await page.context().clearCookies();
  await signIn(page, { email: fresh });
  await page.goto('/profile');
  await page.click('text=Supprimer mon compte');
  await page.fill('#typed', 'somebody else');
  await page.click('dialog button.danger');
  await page.waitForSelector('#typed-error');
  await accessible(page, 'leaving');
  await page.fill('#typed', fresh);
  await page.click('dialog button.danger');
  await page.waitForURL('**/login');
  await page.goto(await mailed(server, fresh, 'restore'));
  await page.waitForSelector('button:has-text("Rouvrir mon compte")');
  gone(page);
  await page.click('button:has-text("Rouvrir mon compte")');
  await page.waitForSelector('text=de nouveau ouvert');
  await signIn(page, { email: fresh });
  page.clean();
});

test('a second factor is turned on, asked for, and replaced by a code on paper', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await signIn(page, lea);
  await page.goto('/profile');
  await page.click('section:has(h2:has-text("Second facteur")) button:has-text("Activer")');
  await page.waitForSelector('dialog img[src^="data:image/svg+xml"]');
  await accessible(page, 'turning a second factor on');
  await picture(page, 'second-factor-desktop-light');
  const secret = (await page.textContent('dialog code')).replace(/\s/g, '');
  await page.fill('#code', '000000');
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog [role=alert] .box, #code-error');
  await page.fill('#code', totp(secret));
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog .codes');
  const paper = await page.locator('dialog .codes code').allTextContents();
  assert.equal(paper.length, 10);
  await accessible(page, 'recovery codes');
  await page.click('text=Je les ai notés');
  await page.waitForSelector('text=Il reste 10 codes de secours');

  const phone = await visit(browser, server, { viewport: PHONE, scheme: 'dark' });
  const enter = async () => {
    await phone.goto('/login?next=%2Fprofile');
    await phone.fill('#email', lea.email);
    await phone.fill('#password', PASSWORD);
    await phone.click('button.primary');
    await phone.waitForURL('**/second-factor**');
  };
  await enter();
  await accessible(phone, 'a second factor is asked for');
  await picture(phone, 'sign-in-code-phone-dark');
  await phone.fill('#code', '123456');
  await phone.click('button.primary');
  await phone.waitForSelector('[role=alert] .box');
  await phone.click('text=Utiliser un code de secours');
  await phone.fill('#code', paper[0]);
  await phone.click('button.primary');
  await phone.waitForURL('**/profile');
  await phone.context().clearCookies();
  await fetch(`${server.url}/livez`, { headers: { 'x-test-clock': '+2m' } });
  await enter();
  await phone.fill('#code', totp(secret, 120));
  await phone.click('button.primary');
  await phone.waitForURL('**/profile');
  await fetch(`${server.url}/livez`, { headers: { 'x-test-clock': '0' } });
  // Nobody has something to verify who comes out of the blue.
  await phone.context().clearCookies();
  await phone.goto('/second-factor');
  await phone.waitForURL('**/login');
  phone.clean();
  page.clean();
});

test('whoever tries too often is told how long to wait, and the wait counts down', async () => {
  const lea = await person(server, 'Léa', 'Lanternes');
  const page = await visit(browser, server);
  await page.goto('/login');
  await page.fill('#email', lea.email);
  for (let tries = 0; tries < 40 && (await page.locator('text=Trop d’essais').count()) === 0; tries++) {
    await page.fill('#password', `wrong ${tries}`);
    await page.click('button.primary:not([disabled])');
    await page.waitForSelector('[role=alert] .box');
    await page.waitForFunction(() => !document.querySelector('button.primary').textContent.includes('Connexion…'));
  }
  const first = Number(/(\d+) s/.exec(await page.textContent('[role=alert]'))[1]);
  assert.ok(await page.locator('button.primary[disabled]').count(), 'no further try until then');
  await accessible(page, 'too many tries');
  await page.waitForFunction((was) => Number(/(\d+) s/.exec(document.querySelector('[role=alert]').textContent)?.[1] ?? 0) < was, first);
  page.clean();
});

test('who may sign up is what the server says', async () => {
  for (const [signup, path, words] of [['closed', '/signup', 'Les inscriptions sont fermées'], ['invite', '/signup', 'Il faut une invitation']]) {
    const house = await serve({ SIGNUP: signup });
    const page = await visit(browser, house);
    await page.goto(path);
    await page.waitForSelector(`text=${words}`);
    assert.equal(await page.locator('#password').count(), 0);
    await accessible(page, `signing up, ${signup}`);
    page.clean();
    await page.context().close();
    await house.stop();
  }
  const house = await serve({ SIGNUP: 'verify' });
  const page = await visit(browser, house, { viewport: PHONE });
  await page.goto('/signup');
  await page.fill('#name', 'Zoé');
  await page.fill('#email', 'zoe@lanternes.example');
  await page.fill('#password', 'zoe-lanternes');
  await page.waitForSelector('.judged >> text=trop facile à deviner');
  await page.fill('#password', PASSWORD);
  await page.waitForSelector('text=Ce mot de passe convient');
  await picture(page, 'signup-phone-light');
  await page.click('button.primary');
  await page.waitForSelector('h1:has-text("Ouvrez votre boîte de réception")');
  await accessible(page, 'a sign-up that waits for its mail');
  await page.goto(await mailed(house, 'zoe@lanternes.example', 'welcome'));
  await page.click('button:has-text("Confirmer mon compte")');
  await page.waitForSelector('text=Votre compte est prêt');
  await signIn(page, { email: 'zoe@lanternes.example' });
  page.clean();
  await house.stop();
});

test('whoever is invited signs up and joins with the same link', async () => {
  const lea = await person(server, 'Léa', 'Régie Nord');
  const { token } = await lea.call('POST', '/api/v1/orgs/members:invite', { email: 'ines@rive-sud.example', role: 'tech' });
  const page = await visit(browser, server, { viewport: PHONE });
  await page.goto(`/join?token=${token}`);
  await page.click('a:has-text("Créer un compte")');
  await page.waitForSelector('#name');
  await page.fill('#name', 'Inès');
  await page.fill('#email', 'ines@rive-sud.example');
  await page.fill('#password', PASSWORD);
  await page.click('button.primary');
  await page.click('button:has-text("Rejoindre")');
  await page.waitForSelector('h1:has-text("Mon agenda")');
  // A page for others says whom to ask.
  await page.goto('/admin');
  await page.waitForSelector('text=Demandez l’accès à un administrateur de Régie Nord');
  await accessible(page, 'a page for others');
  await page.goto('/nowhere');
  await page.waitForSelector('text=Cette page n’existe pas');
  await accessible(page, 'no page');
  page.clean();
});

test('with providers alone there is no password to type, and one of them signs in', async () => {
  const port = await freePort();
  const provider = spawn('node', [PROVIDER, `http://127.0.0.1:${port}`], { stdio: ['pipe', 'pipe', 'ignore'] });
  const issuer = await new Promise((resolve, reject) => {
    provider.stdout.once('data', (line) => resolve(/issuer: (\S+)/.exec(line)[1]));
    provider.once('exit', () => reject(new Error(`${PROVIDER} does not start: \`cargo xtask test oauth\` installs it`)));
  });
  const settings = { LOCAL_SIGN_IN: 'off', OIDC_ACME_ISSUER: issuer, OIDC_ACME_CLIENT_ID: 'crew-acme', OIDC_ACME_CLIENT_SECRET: 'a secret of the provider, with / and + in it', OIDC_ACME_TRUST_EMAIL: 'on' };
  const house = await serve(settings, [], port);
  try {
    const page = await visit(browser, house);
    await page.goto('/profile');
    await page.waitForSelector('text=Ici, on se connecte avec le compte d’un fournisseur');
    await page.waitForSelector('.providers a');
    assert.equal(await page.locator('input').count(), 0);
    await accessible(page, 'providers alone');
    await picture(page, 'sign-in-providers-desktop-light');
    await page.click('.providers a');
    await page.fill('[name=login]', 'zoe@lanternes.example');
    await page.fill('[name=password]', 'any');
    await page.click('[type=submit]');
    await page.click('[type=submit]');
    await page.waitForSelector('h1:has-text("Mon compte")');
    assert.equal(new URL(page.url()).pathname, '/profile', 'back where they wanted to go');
    await page.waitForSelector('text=zoe@lanternes.example');
    // Coming back with an error is said in words.
    await page.context().clearCookies();
    await page.goto('/signed-in?error=access_denied');
    await page.waitForSelector('text=Vous avez refusé chez le fournisseur');
    await accessible(page, 'a provider that was refused');
  } finally {
    provider.stdin.end();
    await house.stop();
  }
});
