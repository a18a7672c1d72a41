// What people put into their calendars, read by somebody else's iCalendar reader: the attachments of mails, and a feed.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import ICAL from 'ical.js';
import { person, serve } from './stage.mjs';

let server, lea, tech;
before(async () => {
  server = await serve();
  lea = await person(server, 'Léa', 'Lanternes');
  tech = await lea.call('POST', '/api/v1/users', { first_name: 'Inès', last_name: 'Ünal; "Régie", Son', email: 'ines@lanternes.example' });
});
after(() => server?.stop());

const until = async (what, found) => {
  for (let tries = 0; tries < 200; tries++) {
    const value = await found();
    if (value) return value;
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new Error(`${what} did not come`);
};
/** The calendar inside a mail, as a mail program unpacks it. */
function attached(mail) {
  const [, boundary] = /boundary="([^"]+)"/.exec(mail);
  const part = mail.split(`--${boundary}`).find((piece) => /content-type:\s*text\/calendar/i.test(piece));
  const [head, body] = part.split(/\r?\n\r?\n([\s\S]*)/);
  const coding = /content-transfer-encoding:\s*(\S+)/i.exec(head)?.[1].toLowerCase();
  const bytes = {
    base64: () => Buffer.from(body, 'base64'),
    'quoted-printable': () => Buffer.from(body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1'),
  };
  return { head, text: bytes[coding] ? bytes[coding]().toString('utf8') : body };
}
/** Mails as the server left them, the oldest first. */
function mails() {
  const folder = join(server.data, 'mail');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.eml')).map((name) => join(folder, name));
  return files.sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs).map((file) => readFileSync(file, 'utf8'));
}
const event = (text) => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const [only, ...more] = calendar.getAllSubcomponents('vevent');
  assert.equal(more.length, 0);
  return { calendar, event: new ICAL.Event(only), status: only.getFirstPropertyValue('status') };
};

test('an invitation and its change are one event that moves', async () => {
  const title = 'Montage; scène, « grand plateau » \\ été';
  const mission = await lea.call('POST', '/api/v1/missions', { title, location: 'Théâtre, Nîmes', start_at: '2031-03-30T01:00', end_at: '2031-03-30T05:00', time_zone: 'Europe/Paris' });
  const call = await lea.call('POST', '/api/v1/assignments', { mission_id: mission.id, user_id: tech.id, status: 'INVITED' });
  await lea.call('POST', '/api/v1/invitations/send', { user_id: tech.id, assignment_id: call.id, channels: ['email'] });
  const [first] = await until('the mail', () => mails().length >= 1 && mails());
  const asked = attached(first);
  assert.match(asked.head, /method=REQUEST/i);
  const one = event(asked.text);
  assert.equal(one.calendar.getFirstPropertyValue('method'), 'REQUEST');
  assert.equal(one.event.uid, `assignment-${call.id}@coulisses`);
  assert.ok(one.event.summary.includes(title), one.event.summary);
  assert.equal(one.event.location, 'Théâtre, Nîmes');
  // Through the night in which an hour is missing: four on the clock, three that pass.
  assert.equal(one.event.startDate.toJSDate().toISOString(), '2031-03-30T00:00:00.000Z');
  assert.equal(one.event.endDate.toJSDate().toISOString(), '2031-03-30T03:00:00.000Z');
  assert.equal(one.event.attendees[0].getFirstValue(), 'mailto:ines@lanternes.example');

  await lea.call('PATCH', `/api/v1/missions/${mission.id}`, { start_at: '2031-03-30T10:00', end_at: '2031-03-30T18:00' });
  const all = await until('the second mail', () => mails().length >= 2 && mails());
  const two = event(attached(all.at(-1)).text);
  assert.equal(two.event.uid, one.event.uid);
  assert.ok(two.event.sequence > one.event.sequence, `${two.event.sequence}`);
  assert.equal(two.event.startDate.toJSDate().toISOString(), '2031-03-30T08:00:00.000Z');

  await lea.call('POST', `/api/v1/assignments/${call.id}:status`, { status: 'CANCELLED', reason: 'météo' });
  const last = await until('the third mail', () => mails().length >= 3 && mails());
  const gone = event(attached(last.at(-1)).text);
  assert.equal(gone.calendar.getFirstPropertyValue('method'), 'CANCEL');
  assert.deepEqual([gone.event.uid, gone.status], [one.event.uid, 'CANCELLED']);
});

test('a feed is read whole, its events stay the same ones', async () => {
  const calls = [];
  for (let day = 1; day <= 9; day++) {
    const mission = await lea.call('POST', '/api/v1/missions', { title: `Jour ${day}`, start_at: `2031-05-0${day}T08:00:00Z`, end_at: `2031-05-0${day}T18:00:00Z` });
    calls.push({ mission, call: await lea.call('POST', '/api/v1/assignments', { mission_id: mission.id, user_id: tech.id, status: 'ACCEPTED' }) });
  }
  const { url } = await lea.call('POST', '/api/v1/calendar/feeds', { scope: 'person', id: tech.id });
  const read = async () => {
    const text = await (await fetch(server.url + new URL(url).pathname)).text();
    const events = new ICAL.Component(ICAL.parse(text)).getAllSubcomponents('vevent').map((one) => new ICAL.Event(one));
    return new Map(events.filter((one) => one.summary.startsWith('Jour')).map((one) => [one.uid, one]));
  };
  const before = await read();
  assert.deepEqual([...before.keys()].sort(), calls.map(({ call }) => `assignment-${call.id}@coulisses`).sort());
  for (const { mission } of calls.slice(0, 4)) await lea.call('PATCH', `/api/v1/missions/${mission.id}`, { title: `${mission.title} (changé)`, location: 'Arènes' });
  const now = await read();
  assert.deepEqual([...now.keys()].sort(), [...before.keys()].sort());
  for (const { call } of calls.slice(0, 4)) {
    const uid = `assignment-${call.id}@coulisses`;
    assert.ok(now.get(uid).sequence > before.get(uid).sequence && now.get(uid).location === 'Arènes');
  }
});
