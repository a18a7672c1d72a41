// Wall clocks: the board shows the venue's time, the server speaks of instants. A wall time is a number of milliseconds as if the venue were UTC.

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();

/** How far the clocks of a zone are ahead of UTC at an instant. Zones change on the quarter of an hour. */
function offset(instant: number, zone: string): number {
  const key = `${zone}${Math.floor(instant / (15 * MINUTE))}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  let format = formats.get(zone);
  if (!format) {
    const parts = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
    formats.set(zone, (format = new Intl.DateTimeFormat('en-US', { ...parts, timeZone: zone, hourCycle: 'h23' })));
  }
  const at = Object.fromEntries(format.formatToParts(instant).map((part) => [part.type, Number(part.value)])) as Record<string, number>;
  const shown = Date.UTC(at.year!, at.month! - 1, at.day, at.hour, at.minute, at.second);
  const found = shown - Math.floor(instant / 1000) * 1000;
  offsets.set(key, found);
  return found;
}

/** What the clock on the wall shows at an instant. */
export function wall(instant: string, zone: string): number {
  const at = Date.parse(instant);
  return at + offset(at, zone);
}
/** As people and the API write it, without an offset: "2026-11-23T09:00". */
export const text = (wall: number): string => new Date(wall).toISOString().slice(0, 16);
export const dateOf = (wall: number): string => new Date(wall).toISOString().slice(0, 10);
export const clock = (wall: number): string => new Date(wall).toISOString().slice(11, 16);
export const midnight = (date: string): number => Date.parse(`${date}T00:00Z`);
export const plus = (date: string, days: number): string => dateOf(midnight(date) + days * DAY);
export const monday = (date: string): string => plus(date, -((new Date(midnight(date)).getUTCDay() + 6) % 7));
export const isDate = (text: string | null): text is string => !!text && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(midnight(text));
/** Today where the organisation is. */
export const today = (zone: string, now = new Date()): string => dateOf(wall(now.toISOString(), zone));

/** "09:00" is "9", "17:30" stays: what fits on a bar. */
const brief = (wall: number) => {
  const [hour, minute] = clock(wall).split(':') as [string, string];
  return minute === '00' ? String(Number(hour)) : `${Number(hour)}:${minute}`;
};
/** When something begins, where there is room for no more. */
export const at = (wall: number, french: boolean): string => (clock(wall).endsWith(':00') && french ? `${brief(wall)} h` : brief(wall));
/** "9–18 h" for a bar; in English, where nobody writes "h", "9–18" and the long form. */
export function between(start: number, end: number, french: boolean): string {
  const whole = `${brief(start)}–${brief(end)}`;
  return french && !whole.endsWith(':30') && !whole.includes(':', whole.indexOf('–')) ? `${whole} h` : whole;
}
