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
  const text = readFileSync(new URL(name, assets), 'utf8');
  for (const [, one, other] of text.matchAll(/from\s*["']\.\/([\w.-]+\.js)["']|import\s*["']\.\/([\w.-]+\.js)["']/g)) needs(one ?? other, seen);
  return seen;
}
const chunk = (page) => names.find((name) => name.startsWith(`${page}-`) && name.endsWith('.js'));

/** The styles that a page waits for: whoever imports its chunk notes them beside the import. */
function styles(importer, page) {
  const text = readFileSync(new URL(chunk(importer), assets), 'utf8');
  const listed = (/m\.f=\[([^\]]*)\]/.exec(text)?.[1] ?? '').split(',').map((name) => name.replace(/["'`]|assets\//g, ''));
  const [, numbers = ''] = new RegExp(`import\\([\`"']\\./${chunk(page)}[\`"']\\)(?:\\.then\\(\\w+=>\\w+\\.\\w+\\))?,__vite__mapDeps\\(\\[([\\d,]*)\\]`).exec(text) ?? [];
  return numbers.split(',').map((n) => listed[Number(n)]).filter((name) => name?.endsWith('.css'));
}

/** The invitation stands without the application around it, what signs in without the frame, everything else in it. */
const bare = [['Invitation', 32]];
const alone = [['Login', 32], ['Join', 36], ['SecondFactor', 36], ['SignedIn', 36], ['Signup', 36], ['Reset', 36], ['UseLink', 36]];
const framed = [
  ['Planning', 60], ['Projects', 60], ['Agenda', 60], ['Availability', 60], ['Members', 60], ['Project', 75], ['CallSheet', 75], ['Team', 75],
  ['Person', 75], ['Conflicts', 75], ['Reports', 75], ['Profile', 75], ['OfProject', 75], ['OfSession', 75], ['Audit', 75],
];
for (const [page, most] of [...bare, ...alone, ...framed]) {
  const around = bare.some(([name]) => name === page) ? [] : framed.some(([name]) => name === page) ? ['App', 'Shell'] : ['App'];
  test(`${page}: at most ${most} KB of script and 8 KB of styles`, (t) => {
    const script = new Set(['index', ...around, page].flatMap((name) => [...needs(chunk(name))]));
    const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
    t.diagnostic(`${page}: ${kilobytes(total(script))} of script`);
    assert.ok(total(script) <= most * 1024, `${kilobytes(total(script))}: ${[...script].join(', ')}`);
    const drawn = new Set([...html.matchAll(/([\w.-]+\.css)/g)].map(([name]) => name));
    const importer = { App: 'index', Shell: 'App', Invitation: 'index', Audit: 'Admin', OfProject: 'Coach', OfSession: 'Coach' };
    for (const name of [...around, page]) styles(importer[name] ?? (framed.some(([one]) => one === name) ? 'inside' : 'App'), name).forEach((one) => drawn.add(one));
    t.diagnostic(`${page}: ${kilobytes(total(drawn))} of styles`);
    assert.ok(total(drawn) <= 8 * 1024, `${kilobytes(total(drawn))} of styles: ${[...drawn].join(', ')}`);
  });
}
test('fonts and the whole', () => {
  const fonts = names.filter((n) => n.endsWith('.woff2') && !n.includes('latin-ext'));
  assert.ok(fonts.reduce((sum, n) => sum + size(n), 0) <= 50 * 1024);
  const all = names.reduce((sum, n) => sum + size(n), 0);
  assert.ok(all <= 1.5 * 1024 * 1024, `${all} bytes`);
});
test('nothing is inline that the policy would block', () => {
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
});
