// What a page may weigh: the sum of what its chunk needs, as browsers get it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';

const site = new URL('../dist/site/', import.meta.url);
const assets = new URL('assets/', site);
const names = readdirSync(assets);
/** Where the name of a file ends and the hash of its content begins, from behind: `-XXXXXXXX.js`. */
const HASH = -12;
const weight = (name) => statSync(new URL(`${name}.br`, assets)).size;

const sum = (list) => list.reduce((total, name) => total + weight(name), 0);

/** A chunk and all it imports before it can run. */
function needs(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  const text = readFileSync(new URL(name, assets), 'utf8');
  for (const [, other] of text.matchAll(/from\s*["']\.\/([\w.-]+\.js)["']|import\s*["']\.\/([\w.-]+\.js)["']/g)) if (other) needs(other, seen);
  return seen;
}
const chunk = (page) => names.find((name) => name.startsWith(`${page}-`) && name.endsWith('.js'));

for (const [page, most] of [
  ['Invitation', 32], ['Login', 32], ['Join', 36], ['SecondFactor', 36], ['SignedIn', 36], ['Signup', 36], ['Reset', 36], ['UseLink', 36],
  ['Agenda', 60], ['Availability', 60], ['Projects', 60], ['Members', 60], ['Coach', 75], ['Profile', 75], ['Audit', 75],
]) {
  test(`${page}: at most ${most} KB of script, 8 of styles`, () => {
    // The page of an invitation stands without the application around it.
    const frame = page === 'Invitation' ? 'index' : 'App';
    const all = new Set([...needs(chunk('index')), ...needs(chunk(frame)), ...needs(chunk(page))]);
    const bytes = sum([...all]);
    assert.ok(bytes <= most * 1024, `${(bytes / 1024).toFixed(1)} KB: ${[...all].join(', ')}`);
    const styles = names.filter((name) => name.endsWith('.css') && [...all].some((js) => js.slice(0, HASH) === name.slice(0, HASH - 1)));
    assert.ok(sum(styles) <= 8 * 1024, `${sum(styles)} bytes of styles: ${styles.join(', ')}`);
  });
}
test('fonts and the whole', () => {
  const fonts = names.filter((n) => n.endsWith('.woff2') && !n.includes('latin-ext'));
  assert.ok(fonts.reduce((total, n) => total + statSync(new URL(n, assets)).size, 0) <= 50 * 1024);
  const all = names.reduce((total, n) => total + statSync(new URL(n, assets)).size, 0);
  assert.ok(all <= 1.5 * 1024 * 1024, `${all} bytes`);
});
test('nothing is inline that the policy would block', () => {
  const html = readFileSync(new URL('index.html', site), 'utf8');
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
});
