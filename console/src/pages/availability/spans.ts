// Availability as whole days of a calendar: what somebody taps, and what the server keeps.

import type { Schemas } from '../../lib/api';
import { fill } from '../../i18n/index.svelte';
import { dayOf, hours, isoDay } from '../../lib/when';
import { w } from './words';

export type Span = Omit<Schemas['Availability'], 'status' | 'kind'> & { status: 'PENDING' | 'APPROVED' | 'REJECTED'; kind: 'available' | 'unavailable' };

const DAY = 86_400_000;
export const plus = (iso: string, days: number): string => new Date(Date.parse(`${iso}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
const named = (iso: string): string => dayOf(`${iso}T12:00:00Z`, 'UTC', { weekday: 'short', day: 'numeric', month: 'long' });
export const inWords = (from: string, to: string): string => fill(from === to ? w().range.one : w().range.other, { from: named(from), to: named(to) });

/** The first and the last day that a span touches; what ends at midnight does not touch the day that begins then. */
export const days = (span: Span): [string, string] => [isoDay(span.start_at, span.time_zone), isoDay(new Date(Date.parse(span.end_at) - 1), span.time_zone)];
const whole = (span: Span): boolean => [span.start_at, span.end_at].every((at) => new Intl.DateTimeFormat('sv-SE', { timeZone: span.time_zone, timeStyle: 'short' }).format(new Date(at)) === '00:00');

export function told(span: Span): string {
  const [from, to] = days(span);
  const time = whole(span) ? '' : `, ${hours(span.start_at, span.end_at, span.time_zone)}`;
  return inWords(from, to) + time + (span.recurrence ? ` (${w().repeats})` : '');
}
/** The weeks of a month from Monday on, with days of its neighbours at both ends. */
export function weeks(month: string): string[][] {
  const first = `${month}-01`;
  let day = plus(first, -((new Date(`${first}T00:00:00Z`).getUTCDay() + 6) % 7));
  const rows: string[][] = [];
  while (rows.length === 0 || day.slice(0, 7) === month) {
    rows.push(Array.from({ length: 7 }, (_, i) => plus(day, i)));
    day = plus(day, 7);
  }
  return rows;
}
export function shift(month: string, by: number): string {
  const [year, n] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, n - 1 + by, 1)).toISOString().slice(0, 7);
}
