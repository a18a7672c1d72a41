// What a page may weigh: all that its chunk needs before it can run, as browsers get it. Size is counted always, time never here.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';

const site = new URL('../dist/site/', import.meta.url);
const assets = new URL('assets/', site);
const names = readdirSync(assets);
const html = readFileSync(new URL('index.html', site), 'utf8');
const size = (name) => statSync(new URL(name, assets)).size;
const total = (list) => [...list].reduce((sum, name) => sum + size(`${name}.br`), 0);

/** A chunk and all it imports before it can run. */
function needs(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const [, one, other] of text(name).matchAll(/from\s*["']\.\/([\w.-]+\.js)["']|import\s*["']\.\/([\w.-]+\.js)["']/g)) needs(one ?? other, seen);
  return seen;
}
const text = (name) => readFileSync(new URL(name, assets), 'utf8');
const called = (name) => name.replace(/-[\w-]{8}\.js$/, '');
const chunk = (page) => names.find((name) => name.endsWith('.js') && called(name) === page);
/** What a chunk loads when somebody goes there. */
const leadsTo = (from) => [...new Set([...text(from).matchAll(/import\([`"']\.\/([\w.-]+\.js)/g)].map(([, name]) => name))];

/** The styles that a page waits for: whoever imports its chunk notes them beside the import. */
function styles(importer, page) {
  const listed = (/m\.f=\[([^\]]*)\]/.exec(text(importer))?.[1] ?? '').split(',').map((name) => name.replace(/["'`]|assets\//g, ''));
  const [, numbers = ''] = new RegExp(`import\\([\`"']\\./${page}[\`"']\\)(?:\\.then\\(\\w+=>\\w+\\.\\w+\\))?,__vite__mapDeps\\(\\[([\\d,]*)\\]`).exec(text(importer)) ?? [];
  return numbers.split(',').map((n) => listed[Number(n)]).filter((name) => name?.endsWith('.css'));
}

/** What stands around the pages that a chunk leads to: each after the one that imports it. Every page is found there, named or not. */
const frames = { index: [], App: ['App'], inside: ['App', 'Shell'], Admin: ['App', 'Shell', 'Admin'], Coach: ['App', 'Shell', 'Coach'] };
const importers = { App: 'index', Shell: 'App', Admin: 'inside', Coach: 'inside' };
/** Not pages: frames, and what lies over a page. */
const parts = ['App', 'inside', 'Shell', 'Ended', 'StepUp'];
/** KB of script: where people come to answer or to sign in little, the pages that are opened most less than the others. */
const most = { Invitation: 32, Login: 32, Planning: 60, Projects: 60, Agenda: 60, Availability: 60, Members: 60 };
const pages = Object.keys(frames).flatMap((from) => leadsTo(chunk(from)).filter((page) => !parts.includes(called(page)) && !(from === 'App' && called(page) === 'Admin')).map((page) => [from, page]));
for (const [from, page] of pages) {
  const limit = most[called(page)] ?? (from === 'App' ? 36 : 75);
  test(`${called(page)}: at most ${limit} KB of script and 8 KB of styles`, (t) => {
    const script = new Set([chunk('index'), ...frames[from].map(chunk), page].flatMap((name) => [...needs(name)]));
    const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
    t.diagnostic(`${called(page)}: ${kilobytes(total(script))} of script`);
    assert.ok(total(script) <= limit * 1024, `${kilobytes(total(script))}: ${[...script].join(', ')}`);
    const drawn = new Set([...html.matchAll(/([\w.-]+\.css)/g)].map(([name]) => name));
    for (const name of frames[from]) styles(chunk(importers[name]), chunk(name)).forEach((one) => drawn.add(one));
    styles(chunk(from), page).forEach((one) => drawn.add(one));
    t.diagnostic(`${called(page)}: ${kilobytes(total(drawn))} of styles`);
    assert.ok(total(drawn) <= 8 * 1024, `${kilobytes(total(drawn))} of styles: ${[...drawn].join(', ')}`);
  });
}
test('no page is forgotten', () => {
  const found = new Set(pages.map(([, page]) => called(page)));
  for (const name of [...Object.keys(most), 'Join', 'Forgot', 'Reset', 'Project', 'Person', 'Reports', 'History', 'OfSession', 'Keys', 'Accounts', 'Orgs', 'Prompts', 'Instance', 'Audit']) assert.ok(found.has(name), `${name} is measured`);
});
test('at most 120 packages are installed', () => {
  const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
  const count = Object.keys(packages).filter(Boolean).length;
  assert.ok(count > 50 && count <= 120, `${count} packages`);
});
test('fonts and the whole', () => {
  const fonts = names.filter((n) => n.endsWith('.woff2') && !n.includes('latin-ext'));
  assert.ok(fonts.reduce((sum, n) => sum + size(n), 0) <= 50 * 1024);
  const all = names.reduce((sum, n) => sum + size(n), 0);
  assert.ok(all <= 1.5 * 1024 * 1024, `${all} bytes`);
});
test('nothing is inline that the policy would block', () => {
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
});
