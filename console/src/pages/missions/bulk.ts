// Many missions from one line as people write it: "lun–ven 9–18 × 4 plateau, 2 son", between two dates.

import { DAY, dateOf, midnight } from '../../board/time';

export interface Wanted {
  days: Set<number>;
  start: string;
  end: string;
  roles: { role: string; quota: number }[];
}
/** What of the line cannot be read. */
export type Fault = 'days' | 'times' | 'roles';

const names = [/^(dim|sun)/, /^(lun|mon)/, /^(mar|tue)/, /^(mer|wed)/, /^(jeu|thu)/, /^(ven|fri)/, /^(sam|sat)/];
const dayOf = (word: string): number => names.findIndex((name) => name.test(word));
const time = (hour: string, minute?: string): string | undefined => (Number(hour) < 24 && Number(minute ?? 0) < 60 ? `${hour.padStart(2, '0')}:${(minute || '00').padStart(2, '0')}` : undefined);

export function read(line: string): Wanted | { fault: Fault } {
  const text = line.normalize('NFC').replace(/[–—−]/g, '-').trim();
  const hours = /(\d{1,2})(?:[:hH](\d{2})?)?\s*(?:-|à|to)\s*(\d{1,2})(?:[:hH](\d{2})?)?/.exec(text);
  const [start, end] = [hours && time(hours[1]!, hours[2]), hours && time(hours[3]!, hours[4])];
  if (!hours || !start || !end || start === end) return { fault: 'times' };
  const days = week(text.slice(0, hours.index));
  if (!days) return { fault: 'days' };
  const roles = rolesOf(text.slice(hours.index + hours[0].length));
  return roles ? { days, start, end, roles } : { fault: 'roles' };
}
function week(text: string): Set<number> | undefined {
  const words = text.toLowerCase().replace(/\s*-\s*/g, '-').split(/[\s,;]+/).filter((word) => word && !/^(et|and|de|du|le)$/.test(word));
  if (words.length === 0 || /tous les jours|every day|daily|chaque jour/.test(text.toLowerCase())) return new Set([0, 1, 2, 3, 4, 5, 6]);
  const days = new Set<number>();
  for (const word of words) {
    const [from, to = from] = word.split('-').map(dayOf) as [number, number?];
    if (from < 0 || to! < 0) return undefined;
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return days;
}
function rolesOf(text: string): Wanted['roles'] | undefined {
  const parts = text.split(/[,+;]/).map((part) => part.trim()).filter(Boolean);
  const roles = parts.map((part) => {
    const [, before, role, after] = /^(?:[x×*]?\s*(\d+)\s*[x×*]?)?\s*(.*?)(?:\s*[x×*]\s*(\d+))?$/i.exec(part) ?? [];
    return { role: role?.trim() ?? '', quota: Number(before ?? after ?? 1) };
  });
  return roles.length && roles.every((r) => r.role && r.quota >= 1 && r.quota <= 99) ? roles : undefined;
}

export interface Planned {
  start_at: string;
  end_at: string;
}
/** The calls of those weekdays, first and last day included; an end that is not after its start is on the day after. */
export function between(wanted: Wanted, from: string, to: string): Planned[] {
  const found: Planned[] = [];
  for (let day = midnight(from); day <= midnight(to) && found.length < 1_000; day += DAY) {
    if (!wanted.days.has(new Date(day).getUTCDay())) continue;
    const last = wanted.end > wanted.start ? day : day + DAY;
    found.push({ start_at: `${dateOf(day)}T${wanted.start}`, end_at: `${dateOf(last)}T${wanted.end}` });
  }
  return found;
}
