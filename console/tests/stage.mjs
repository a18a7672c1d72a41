// The stage of the browser tests: the real server on a fresh database, a real browser, and people in it.

import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

const axe = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
export const PASSWORD = 'trois-Lanternes-vertes-1987';
export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** A server of its own for one file of tests; `lines` is what it printed at its start (`--demo` prints logins and a link). */
export async function serve(settings = {}, flags = [], port = undefined) {
  const data = mkdtempSync(join(tmpdir(), 'coulisses-'));
  port ??= await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { PATH: process.env.PATH, BIND: `127.0.0.1:${port}`, DATA_DIR: data, LOG_LEVEL: 'ERROR', API_LIMIT: 'off', ...settings };
  const child = spawn(process.env.COULISSES_BIN, ['serve', ...flags], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let lines = '';
  child.stdout.on('data', (bytes) => (lines += bytes));
  const deadline = Date.now() + 60_000;
  for (;;) {
    if (await fetch(`${url}/readyz`).then((r) => r.ok, () => false)) break;
    if (Date.now() > deadline || child.exitCode !== null) throw new Error('the server did not get ready');
    await new Promise((r) => setTimeout(r, 50));
  }
  const stop = async () => {
    const gone = new Promise((r) => child.once('exit', r));
    child.kill('SIGTERM');
    await gone;
    rmSync(data, { recursive: true, force: true });
  };
  return { url, data, stop, printed: (word) => new RegExp(`^${word}:? (.*)$`, 'm').exec(lines)?.[1] };
}

/** A model provider of ours that plays what the name of the model says; beside the server's binary. */
export async function simulate() {
  const port = await freePort();
  const child = spawn(join(dirname(process.env.COULISSES_BIN), 'simulator'), [String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('error', reject);
    child.once('exit', () => reject(new Error('the simulator did not start')));
  });
  return { url: `http://127.0.0.1:${port}/v1`, stop: () => child.kill('SIGTERM') };
}

export async function browse() {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args });
}

/** What a file of tests plays on, from its `stage()` to its last test; `prepare` is what stands there before the first. */
export let server, browser;
export function stage(settings, flags, prepare) {
  before(async () => {
    [server, browser] = [await serve(settings, flags), await browse()];
    await prepare?.();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
}

/** A page of its own browser profile; what goes wrong in it fails the test that asks `clean()`. */
export async function visit(browser, server, { viewport = DESKTOP, scheme = 'light', locale = 'fr-FR' } = {}) {
  const phone = viewport.width < 500;
  const context = await browser.newContext({ viewport, colorScheme: scheme, locale, isMobile: phone, hasTouch: phone, baseURL: server.url });
  const page = await context.newPage();
  // `SLOW=8` plays a busy machine: what a test must wait for, and does not, shows itself.
  if (process.env.SLOW) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: Number(process.env.SLOW) });
  page.setDefaultTimeout(30_000);
  const faults = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  // A refused request is an answer, not a fault; anything else that the console prints is.
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource: the server responded with a status of (400|401|403|404|409|412|422|429)/.test(message.text())) faults.push(message.text());
  });
  return Object.assign(page, {
    clean: () => {
      if (faults.length) throw new Error(`the page complained:\n${faults.join('\n')}`);
    },
  });
}

/** The link to this page in the newest mail to somebody. */
export async function mailed(server, to, page) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const folder = join(server.data, 'mail');
    const mails = (existsSync(folder) ? readdirSync(folder) : []).filter((name) => name.endsWith('.eml')).sort().reverse();
    for (const name of mails) {
      const text = readFileSync(join(folder, name), 'utf8');
      const link = new RegExp(`${server.url}(/${page}#token=\\S+)`).exec(text)?.[1];
      if (link && new RegExp(`^To: .*${to}`, 'im').test(text)) return link;
    }
    if (Date.now() > deadline) throw new Error(`no mail to ${to} with a link to /${page}`);
    await new Promise((r) => setTimeout(r, 100));
  }
}

/** An account made by the API, with an organisation when it has a name. */
export async function person(server, name, org) {
  const email = `${name.toLowerCase().normalize('NFD').replace(/[^a-z]/g, '')}${Math.random().toString(36).slice(2, 8)}@lanternes.example`;
  const call = async (method, path, body, token) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(server.url + path, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  await call('POST', '/api/v1/auth/register', { email, password: PASSWORD, display_name: name });
  let token = (await call('POST', '/api/v1/auth/login', { email, password: PASSWORD, client: 'cli' })).access_token;
  let id;
  if (org) {
    ({ id } = await call('POST', '/api/v1/orgs', { name: org }, token));
    token = (await call('POST', '/api/v1/auth/switch-org', { org_id: id }, token)).access_token;
  }
  const own = (method, path, body) => call(method, path, body, token);
  return {
    email,
    name,
    org: id,
    call: own,
    /** Brings somebody into the organisation, and makes them a person of its planning. */
    brings: async (guest, role) => {
      const invited = await own('POST', '/api/v1/orgs/members:invite', { email: guest.email, role });
      const { account_id } = await guest.call('POST', '/api/v1/orgs/members:join', { token: invited.token });
      return own('POST', '/api/v1/users', { name: guest.name, account_id });
    },
  };
}

/** Somebody who administers the instance. */
export async function operator(server, name) {
  const boss = await person(server, name);
  const made = spawnSync(process.env.COULISSES_BIN, ['admin', 'create', '--email', boss.email], { env: { PATH: process.env.PATH, DATA_DIR: server.data }, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  return boss;
}

/** The code of an authenticator app, so many seconds from now (RFC 6238). */
export function totp(secret, ahead = 0) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor((Date.now() / 1000 + ahead) / 30)));
  const mac = createHmac('sha1', key).update(step).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Whoever has no mouse: all by keys, and what has the focus is in sight on the way, under nothing that sticks. */
export class Hands {
  constructor(page) {
    this.page = page;
    this.keyboard = page.keyboard;
  }
  back = (what) => this.to(what, 'Shift+Tab');
  /** There by Tab alone. */
  async to(what, step = 'Tab') {
    const act = (typeof what === 'string' ? this.page.locator(what) : what).first();
    await act.waitFor();
    let lost = 0;
    for (let n = 0; n < 200; n++) {
      if (await act.evaluate((one) => one === document.activeElement)) return;
      await this.keyboard.press(step);
      const wrong = await this.page.evaluate(focusHidden);
      // Past its last stop a page has a step of nowhere, once around.
      if (wrong && (wrong !== 'nowhere' || ++lost > 1)) throw new Error(`on the way to ${what} the focus is ${wrong}`);
    }
    throw new Error(`200 steps by Tab do not lead to ${what}`);
  }
  async press(what, key = 'Enter') {
    await this.to(what);
    await this.keyboard.press(key);
  }
  async write(what, text) {
    await this.to(what);
    await this.keyboard.press('Control+a');
    await this.keyboard.type(text);
  }
  /** An entry of a list, by its first letters. */
  async choose(what, label) {
    await this.to(what);
    await this.keyboard.type(label);
    const chosen = await this.page.evaluate(() => document.activeElement.selectedOptions?.[0]?.textContent.trim());
    if (!chosen?.startsWith(label)) throw new Error(`${what} says ${chosen}, not ${label}`);
  }
}
/** Runs in the page: where the focus is, when that is nowhere to be seen. */
function focusHidden() {
  const one = document.activeElement;
  if (!one || one === document.body) return 'nowhere';
  const named = (element) => element?.outerHTML.slice(0, 120);
  const box = one.getBoundingClientRect();
  const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
  const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
  if (right <= left || bottom <= top) return `out of sight: ${named(one)}`;
  const points = [[(left + right) / 2, (top + bottom) / 2], [left + 2, top + 2], [right - 2, top + 2], [left + 2, bottom - 2], [right - 2, bottom - 2]];
  const over = points.map(([x, y]) => document.elementFromPoint(x, y));
  if (over.every((hit) => !hit || !(one.contains(hit) || hit.contains(one)))) return `under ${named(over[0])}: ${named(one)}`;
  return '';
}

export async function signIn(page, who) {
  await page.goto('/login');
  await page.fill('#email', who.email);
  await page.fill('#password', who.password ?? PASSWORD);
  await page.click('button.primary');
  await page.waitForURL((url) => url.pathname !== '/login');
}

/** Escape closes the question, and it is gone: its words would be found twice beside those of the page. */
export async function dismiss(page) {
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
}

/** No rule of WCAG 2.2 AA (nor of good practice) is broken here. The script is ours to inject: the policy of the page is not ours to bend. */
export async function accessible(page, state) {
  // A page on its way has no heading yet.
  await page.waitForSelector('h1', { state: 'attached' });
  // A colour on its way to another one is neither; what moves for longer than a second is no change of colour.
  await page.evaluate(() => {
    const moving = document.getAnimations().map((one) => one.finished);
    return Promise.race([Promise.allSettled(moving), new Promise((r) => setTimeout(r, 1_000))]).then(() => undefined);
  });
  await page.evaluate(axe);
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), tags);
  const said = violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', ')}`);
  if (said.length) throw new Error(`${state} is not accessible:\n${said.join('\n')}`);
}
/** Nothing is wider than the screen, and the page has all of it on a phone. */
export async function fits(page, state) {
  // The page and what it scrolls in: neither goes on to the right.
  const over = await page.evaluate(() => Math.max(...[document.documentElement, document.querySelector('main')].map((one) => one.scrollWidth - one.clientWidth)));
  const main = await page.evaluate(() => [document.querySelector('main').clientWidth, innerWidth]);
  if (main[1] < 500 && main[0] < main[1] - 20) throw new Error(`${state} uses ${main[0]} of ${main[1]} px`);
  if (over > 0) throw new Error(`${state} is ${over} px wider than the screen`);
}
/** A picture for people to look at, when somebody wants one. */
export async function picture(page, name) {
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`) });
}
