// What a page may weigh: the sum of what its chunk needs, as browsers get it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';

const site = new URL('../dist/site/', import.meta.url);
const assets = new URL('assets/', site);
const names = readdirSync(assets);
const weight = (name) => statSync(new URL(`${name}.br`, assets)).size;

/** A chunk and all it imports before it can run. */
function needs(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  const text = readFileSync(new URL(name, assets), 'utf8');
  for (const [, other] of text.matchAll(/from\s*["']\.\/([\w.-]+\.js)["']|import\s*["']\.\/([\w.-]+\.js)["']/g)) if (other) needs(other, seen);
  return seen;
}
const chunk = (page) => names.find((name) => name.startsWith(`${page}-`) && name.endsWith('.js'));

for (const [page, most] of [['Login', 32], ['Join', 32], ['Projects', 60], ['Members', 60], ['Profile', 75]]) {
  test(`${page}: at most ${most} KB of script`, () => {
    const all = new Set([...needs(chunk('index')), ...needs(chunk(page))]);
    const bytes = [...all].reduce((sum, name) => sum + weight(name), 0);
    assert.ok(bytes <= most * 1024, `${(bytes / 1024).toFixed(1)} KB: ${[...all].join(', ')}`);
  });
}
test('styles, fonts and the whole', () => {
  const sum = (list) => list.reduce((total, name) => total + weight(name), 0);
  assert.ok(sum(names.filter((n) => n.endsWith('.css'))) <= 8 * 1024, 'all styles together are less than one page may have');
  const fonts = names.filter((n) => n.endsWith('.woff2') && !n.includes('latin-ext'));
  assert.ok(fonts.reduce((total, n) => total + statSync(new URL(n, assets)).size, 0) <= 50 * 1024);
  const all = names.reduce((total, n) => total + statSync(new URL(n, assets)).size, 0);
  assert.ok(all <= 1.5 * 1024 * 1024, `${all} bytes`);
});
test('nothing is inline that the policy would block', () => {
  const html = readFileSync(new URL('index.html', site), 'utf8');
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
});
