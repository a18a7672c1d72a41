// Instants as people read them at the venue: the day, the hour on the wall, from when to when.

import { date } from '../i18n/index.svelte';

export const dayOf = (instant: string, timeZone: string, options: Intl.DateTimeFormatOptions = { weekday: 'long', day: 'numeric', month: 'long' }): string =>
  date(new Date(instant), { ...options, timeZone });
/** By 24 hours in every language: a call sheet knows no other. */
export const clock = (instant: string, timeZone: string): string => date(new Date(instant), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone });
/** The calendar day there, as 2026-11-26. */
export const isoDay = (instant: string | Date, timeZone: string): string => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(new Date(instant));

const NIGHT = 6 * 3_600_000;
/** `14:00 – 22:00`; what ends on another day says which. A call that ends before six belongs to its evening. */
export function hours(start: string, end: string, timeZone: string): string {
  const evening = isoDay(start, timeZone) === isoDay(new Date(Date.parse(end) - NIGHT), timeZone);
  const until = evening || isoDay(start, timeZone) === isoDay(end, timeZone) ? '' : `${dayOf(end, timeZone, { weekday: 'short', day: 'numeric' })} `;
  return `${clock(start, timeZone)} – ${until}${clock(end, timeZone)}`;
}
/** Whether a clock there shows another time than the one on this wall. */
export const elsewhere = (instant: string, timeZone: string): boolean =>
  clock(instant, timeZone) !== clock(instant, Intl.DateTimeFormat().resolvedOptions().timeZone);
/** `Europe/Paris` as people say it. */
export const city = (timeZone: string): string => timeZone.split('/').pop()!.replaceAll('_', ' ');
