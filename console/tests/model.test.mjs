// The pure parts of the board: days of the venue, lanes, windows, neighbours.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createServer } from 'vite';

let vite, model, time;
before(async () => {
  vite = await createServer({ configFile: false, server: { middlewareMode: true, hmr: false }, appType: 'custom', logLevel: 'error', optimizeDeps: { noDiscovery: true } });
  [model, time] = [await vite.ssrLoadModule('/src/board/model.ts'), await vite.ssrLoadModule('/src/board/time.ts')];
});
after(() => vite?.close());

const at = (text) => Date.parse(`${text}Z`);
const call = (key, start, end, more = {}) => ({ key, kind: 'assignment', status: 'ACCEPTED', person: 'p', role: 'son', start: at(start), end: at(end), ...more });
const fortnight = { from: '2026-11-23', days: 14 };

test('the clock on the wall of the venue, through both changes', () => {
  const shows = (instant) => time.text(time.wall(instant, 'Europe/Paris'));
  assert.equal(shows('2026-07-01T08:00:00Z'), '2026-07-01T10:00');
  assert.equal(shows('2026-03-29T00:59:00Z'), '2026-03-29T01:59');
  assert.equal(shows('2026-03-29T01:00:00Z'), '2026-03-29T03:00');
  assert.equal(shows('2026-10-25T00:30:00Z'), '2026-10-25T02:30');
  assert.equal(shows('2026-10-25T01:30:00Z'), '2026-10-25T02:30');
  assert.equal(time.text(time.wall('2026-01-01T12:00:00Z', 'Asia/Kathmandu')), '2026-01-01T17:45');
});
test('a call that ends before six belongs to its evening', () => {
  const days = (start, end) => model.daysOf('2026-11-23', { start: at(start), end: at(end) });
  assert.deepEqual(days('2026-11-24T22:00', '2026-11-25T05:59'), [1, 1]);
  assert.deepEqual(days('2026-11-24T22:00', '2026-11-25T06:00'), [1, 2]);
  assert.deepEqual(days('2026-11-24T09:00', '2026-11-25T00:00'), [1, 1]);
  assert.deepEqual(days('2026-11-24T02:00', '2026-11-24T05:00'), [1, 1]);
  assert.deepEqual(days('2026-11-20T09:00', '2026-11-24T12:00'), [-3, 1]);
});
test('lanes: calls of one day stand below each other, others share a lane', () => {
  const { bars, lanes } = model.lay([call('a', '2026-11-24T09:00', '2026-11-24T18:00'), call('b', '2026-11-24T20:00', '2026-11-24T23:00'), call('c', '2026-11-25T09:00', '2026-11-25T18:00'), call('d', '2027-01-01T09:00', '2027-01-01T10:00')], fortnight);
  assert.equal(lanes, 2);
  assert.deepEqual(bars.map((b) => [b.call.key, b.lane]), [['a', 0], ['b', 1], ['c', 0]]);
  // On a single day they are as long as they last, and need one lane.
  const day = model.lay(bars.map((b) => b.call), { from: '2026-11-24', days: 1 });
  assert.deepEqual([day.lanes, day.bars.length, day.bars[0].left, day.bars[0].width], [1, 2, 3 / 24, 9 / 24]);
});
test('nothing in a lane overlaps, whatever the calls', () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let round = 0; round < 200; round++) {
    const calls = Array.from({ length: random(30) }, (_, i) => {
      const start = at('2026-11-20T00:00') + random(20 * 24) * time.HOUR;
      return { ...call(`c${i}`, '2026-11-23T00:00', '2026-11-23T01:00'), start, end: start + (1 + random(40)) * time.HOUR };
    });
    for (const span of [fortnight, { from: '2026-11-27', days: 1 }]) {
      const { bars, lanes } = model.lay(calls, span);
      for (const a of bars) for (const b of bars) assert.ok(a === b || a.lane !== b.lane || a.left + a.width <= b.left + 1e-9 || b.left + b.width <= a.left + 1e-9);
      // As many lanes as stand above each other somewhere, and no more.
      const most = Math.max(1, ...bars.map((a) => bars.filter((b) => b.left <= a.left + 1e-9 && a.left + 1e-9 < b.left + b.width).length));
      assert.equal(lanes, most);
    }
  }
});
test('spans and steps follow the calendar', () => {
  const of = (zoom, date) => model.spanOf(zoom, date, time.monday);
  assert.deepEqual(of('fortnight', '2026-11-29'), { from: '2026-11-23', days: 14 });
  assert.deepEqual(of('month', '2028-02-10'), { from: '2028-02-01', days: 29 });
  assert.equal(model.step('month', '2026-01-01', -1), '2025-12-01');
  assert.equal(model.step('month', '2026-12-01', 1), '2027-01-01');
  assert.equal(model.step('fortnight', '2026-11-23', 1), '2026-12-07');
});
test('only what is on screen is built, and the rest keeps its place', () => {
  const heights = Array.from({ length: 500 }, (_, i) => 48 + (i % 3) * 39);
  const total = heights.reduce((a, b) => a + b);
  for (const top of [0, 1, 5_000, total - 800, total + 5_000]) {
    const { first, last, above, below } = model.windowed(heights, top, 800);
    const sum = (from, to) => heights.slice(from, to).reduce((a, b) => a + b, 0);
    assert.equal(above + sum(first, last) + below, total, `at ${top}`);
    assert.equal(above, sum(0, first));
    assert.ok(last - first < 60);
    if (top < total) assert.ok(above <= top && above + sum(first, last) >= Math.min(total, top + 800), `what is seen at ${top} is built`);
  }
});
test('arrows go along a row by time and to the nearest bar of the next', () => {
  const row = (...calls) => model.lay(calls, fortnight).bars;
  const rows = [row(call('a', '2026-11-23T09:00', '2026-11-23T18:00'), call('b', '2026-11-30T09:00', '2026-11-30T18:00')), [], row(call('c', '2026-11-29T09:00', '2026-11-29T18:00'), call('d', '2026-11-23T09:00', '2026-11-23T12:00'))];
  const go = (key, dx, dy) => model.neighbour(rows, key, dx, dy)?.key;
  assert.equal(go('a', 1, 0), 'b');
  assert.equal(go('b', 1, 0), undefined);
  assert.equal(go('b', 0, 1), 'c');
  assert.equal(go('a', 0, 1), 'd');
  assert.equal(go('c', 0, -1), 'b');
  assert.equal(go('a', 0, -1), undefined);
});
test('who fits, who is taken', () => {
  const busy = call('x', '2026-11-24T09:00', '2026-11-24T18:00');
  const view = { byPerson: new Map([['p', [busy]]]), absences: [{ person: 'q', start: at('2026-11-24T00:00'), end: at('2026-11-25T00:00') }] };
  const person = (id, skill) => ({ id, skills: skill ? [{ skill, level: 3 }] : [] });
  const wanted = call('y', '2026-11-24T18:00', '2026-11-24T20:00', { person: null, role: 'Lumière' });
  assert.equal(model.verdict(view, wanted, person('p', 'lumiere'), 0), 'fit', 'touching is not overlapping, case and accents do not matter');
  assert.equal(model.verdict(view, { ...wanted, start: wanted.start - 1 }, person('p', 'lumiere'), 0), 'clash');
  assert.equal(model.verdict(view, wanted, person('q', 'lumiere'), 0), 'clash');
  assert.equal(model.verdict(view, wanted, person('q', 'lumiere'), 1), 'fit');
  assert.equal(model.verdict(view, wanted, person('r', 'son'), 0), 'other');
  assert.equal(model.verdict(view, busy, person('p'), 0), 'other', 'nobody is in their own way');
});
test('times as short as a bar', () => {
  const says = (start, end, french = true) => time.between(at(`2026-11-24T${start}`), at(`2026-11-24T${end}`), french);
  assert.equal(says('09:00', '18:00'), '9–18 h');
  assert.equal(says('14:30', '22:30'), '14:30–22:30');
  assert.equal(says('14:30', '22:00'), '14:30–22 h');
  assert.equal(says('09:00', '18:00', false), '9–18');
});
