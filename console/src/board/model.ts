// What the board shows, computed from what the server said: calls, rows, lanes, who could come. Pure, and tested by itself.

import type { Schemas } from '../lib/api';
import { DAY, HOUR, clock, dateOf, midnight, plus, wall } from './time';

export type Board = Schemas['Board'];
export type Person = Schemas['Teammate'];
export type Mission = Schemas['Mission'];
export type Conflict = Schemas['BoardConflict'];
/** As a manager reads it; whoever sees less of one gets the rest as undefined. */
export type Assignment = Schemas['Place'] & Partial<Schemas['Assignment']>;
export type Project = Schemas['BoardProject'];

export type Zoom = 'day' | 'week' | 'fortnight' | 'month';
export const zooms: Zoom[] = ['day', 'week', 'fortnight', 'month'];

/** Something on the board: somebody's call, or a role that lacks people. */
export interface Call {
  /** `a…` an assignment, `o…` an open role, `m…` a mission. */
  key: string;
  id: string;
  kind: 'assignment' | 'open' | 'mission';
  mission: string;
  title: string;
  role: string;
  person: string | null;
  personName: string;
  project?: Project;
  status: 'INVITED' | 'ACCEPTED' | 'DECLINED' | 'CANCELLED' | 'OPEN' | 'DRAFT';
  start: number;
  end: number;
  zone: string;
  version: number;
  place?: string;
  override?: boolean;
  reconfirm?: boolean;
  /** Of an open role: how many are missing. Of a mission: accepted of wanted. */
  missing?: number;
  staffed?: [number, number];
}
export interface Absence {
  person: string;
  start: number;
  end: number;
}
/** The days that are shown. */
export interface Span {
  from: string;
  days: number;
}

export function spanOf(zoom: Zoom, date: string, mondayOf: (date: string) => string): Span {
  if (zoom === 'day') return { from: date, days: 1 };
  if (zoom === 'week') return { from: mondayOf(date), days: 7 };
  if (zoom === 'fortnight') return { from: mondayOf(date), days: 14 };
  const first = `${date.slice(0, 7)}-01`;
  const next = plus(first, 32).slice(0, 7);
  return { from: first, days: Math.round((midnight(`${next}-01`) - midnight(first)) / DAY) };
}
export function step(zoom: Zoom, from: string, by: 1 | -1): string {
  if (zoom !== 'month') return plus(from, by * (zoom === 'day' ? 1 : zoom === 'week' ? 7 : 14));
  return `${plus(`${from.slice(0, 7)}-15`, by * 30).slice(0, 7)}-01`;
}

export interface View {
  calls: Call[];
  open: Call[];
  missions: Call[];
  absences: Absence[];
  byPerson: Map<string, Call[]>;
  conflicts: Map<string, Conflict[]>;
  project: Map<string, Project>;
  mission: Map<string, Mission>;
}

/** The server's board in the words of this one. */
export function view(board: Board): View {
  const project = new Map(board.projects.map((p) => [p.id, p]));
  const mission = new Map(board.missions.map((m) => [m.id, m]));
  const calls = (board.assignments as Assignment[]).map((a): Call => ({
    key: `a${a.id}`, id: a.id, kind: 'assignment', mission: a.mission_id, title: a.mission_title, role: a.role, person: a.user_id, personName: a.user_name,
    project: a.project_id ? project.get(a.project_id) : undefined, status: a.status, start: wall(a.start_at, a.time_zone), end: wall(a.end_at, a.time_zone), zone: a.time_zone,
    version: a.version ?? 0, place: mission.get(a.mission_id)?.location ?? undefined, override: a.override, reconfirm: !!a.reconfirm_at,
  }));
  const of = (m: Mission) => ({ mission: m.id, title: m.title, person: null, personName: '', project: m.project_id ? project.get(m.project_id) : undefined, start: wall(m.start_at, m.time_zone), end: wall(m.end_at, m.time_zone), zone: m.time_zone, version: m.version, place: m.location ?? undefined });
  const open = board.open.flatMap((o): Call[] => {
    const m = mission.get(o.mission_id);
    return m && m.status !== 'CANCELLED' ? [{ ...of(m), key: `o${m.id}/${o.role}`, id: m.id, kind: 'open', role: o.role, status: 'OPEN', missing: o.missing }] : [];
  });
  const missions = board.missions.map((m): Call => {
    const count = (what: 'accepted' | 'quota') => m.roles.reduce((sum, role) => sum + role[what], 0);
    const status = m.status === 'DRAFT' ? 'DRAFT' : m.status === 'CANCELLED' ? 'CANCELLED' : m.filled ? 'ACCEPTED' : 'OPEN';
    return { ...of(m), key: `m${m.id}`, id: m.id, kind: 'mission', role: m.roles.map((r) => r.role).join(', '), status, staffed: [count('accepted'), count('quota')] };
  });
  const conflicts = new Map<string, Conflict[]>();
  for (const c of board.conflicts) for (const id of c.assignment_ids) conflicts.set(`a${id}`, [...(conflicts.get(`a${id}`) ?? []), c]);
  const absences = board.unavailability.map((u) => ({ person: u.user_id, start: wall(u.start_at, board.time_zone), end: wall(u.end_at, board.time_zone) }));
  return { calls, open, missions, absences, byPerson: grouped(calls), conflicts, project, mission };
}
function grouped(calls: Call[]): Map<string, Call[]> {
  const groups = new Map<string, Call[]>();
  for (const call of calls) if (call.person) groups.get(call.person)?.push(call) ?? groups.set(call.person, [call]);
  return groups;
}

/** What cannot stand as it is; the rest are rules to look at. */
const hard = new Set(['overlap', 'unavailable', 'tentative_overlap', 'role_mismatch', 'role_full']);
export const isHard = (c: Conflict): boolean => hard.has(c.kind) || c.severity === 'block';

/** What does not fit with a call, in words: the serious first, each with the calls in its way. */
export function told(of: View, call: Call): { words: string; hard: boolean }[] {
  const found = (of.conflicts.get(call.key) ?? []).map((c) => {
    const others = c.assignment_ids.filter((id) => id !== call.id).map((id) => of.calls.find((one) => one.id === id)?.title);
    const named = [...new Set(others.filter((title) => title && title !== call.title))];
    return { words: named.length ? `${c.detail} (${named.join(', ')})` : c.detail, hard: isHard(c) };
  });
  return [...new Map(found.map((one) => [one.words, one])).values()].sort((a, b) => Number(b.hard) - Number(a.hard));
}

/** It has ended where it takes place: nobody is looked for any more. */
export const over = (call: Call, now = new Date()): boolean => call.end <= wall(now.toISOString(), call.zone);
export const active = (call: Call): boolean => call.status === 'ACCEPTED' || call.status === 'INVITED';
export const overlap = (a: { start: number; end: number }, b: { start: number; end: number }): boolean => a.start < b.end && b.start < a.end;

/** The first and the last day of something, counted from the first one shown. A call that ends before six belongs to its evening. */
export function daysOf(from: string, { start, end }: { start: number; end: number }): [number, number] {
  const zero = midnight(from);
  const first = Math.floor((start - zero) / DAY);
  const last = Math.floor((end - 1 - zero) / DAY);
  const early = (((end % DAY) + DAY) % DAY) < 6 * HOUR;
  return [first, Math.max(first, early && last > first ? last - 1 : last)];
}

/** Where something stands in its row: parts of its width, and its lane. */
export interface Placed {
  call: Call;
  left: number;
  width: number;
  lane: number;
}
/** A day is shown from six to six, hour by hour; more days as columns. */
export const DAWN = 6 * HOUR;
export function extent(span: Span, thing: { start: number; end: number }): [number, number] | undefined {
  if (span.days === 1) {
    const zero = midnight(span.from) + DAWN;
    const [from, to] = [Math.max(0, (thing.start - zero) / DAY), Math.min(1, (thing.end - zero) / DAY)];
    return to > from ? [from, to] : undefined;
  }
  const [first, last] = daysOf(span.from, thing);
  if (last < 0 || first >= span.days) return undefined;
  return [Math.max(0, first) / span.days, (Math.min(span.days - 1, last) + 1) / span.days];
}
/** Puts calls into as few lanes as they allow. */
export function lay(calls: Call[], span: Span): { bars: Placed[]; lanes: number } {
  const ends: number[] = [];
  const bars: Placed[] = [];
  for (const call of [...calls].sort((a, b) => a.start - b.start || a.key.localeCompare(b.key))) {
    const at = extent(span, call);
    if (!at) continue;
    let lane = ends.findIndex((end) => end <= at[0] + 1e-9);
    if (lane < 0) lane = ends.length;
    ends[lane] = at[1];
    bars.push({ call, left: at[0], width: at[1] - at[0], lane });
  }
  return { bars, lanes: Math.max(1, ends.length) };
}

export const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
export const hours = (calls: Call[]): number => calls.filter((c) => c.status === 'ACCEPTED').reduce((sum, c) => sum + (c.end - c.start) / HOUR, 0);
export const initials = (name: string): string => name.split(/\s+/).map((word) => word[0] ?? '').join('').slice(0, 2).toUpperCase();

/** What would happen if a call landed on a person, so many days later. */
export type Verdict = 'fit' | 'clash' | 'other';
export function verdict(of: View, call: Call, person: Person, days: number): Verdict {
  const there = { start: call.start + days * DAY, end: call.end + days * DAY };
  const busy = (of.byPerson.get(person.id) ?? []).some((c) => active(c) && c.key !== call.key && overlap(c, there));
  if (busy || of.absences.some((a) => a.person === person.id && overlap(a, there))) return 'clash';
  return person.skills.some((s) => fold(s.skill) === fold(call.role)) ? 'fit' : 'other';
}

export interface Filter {
  search: string;
  skill: string;
  only: boolean;
}
export function filtered(board: Board, of: View, filter: Filter): Person[] {
  const asked = fold(filter.search.trim());
  return board.people.filter((p) => {
    const named = !asked || fold(p.name).includes(asked) || p.skills.some((s) => fold(s.skill).includes(asked)) || p.tags.some((t) => fold(t).includes(asked));
    return named && (!filter.skill || p.skills.some((s) => s.skill === filter.skill)) && (!filter.only || of.byPerson.get(p.id)?.some((c) => of.conflicts.has(c.key)));
  });
}

/** The part of the rows that is on screen, and what stands above and below it, in pixels. */
export function windowed(heights: number[], top: number, height: number, spare = 400): { first: number; last: number; above: number; below: number } {
  const total = heights.reduce((sum, h) => sum + h, 0);
  const at = Math.min(top, Math.max(0, total - height));
  let [y, first, above, last] = [0, -1, 0, heights.length];
  for (const [i, h] of heights.entries()) {
    if (first < 0 && y + h > at - spare) [first, above] = [i, y];
    if (y > at + height + spare) {
      last = i;
      break;
    }
    y += h;
  }
  return { first: Math.max(0, first), last, above, below: total - y };
}

/** The nearest bar in a direction, from where one is: along a row by time, between rows by how close it lies. */
export function neighbour(rows: Placed[][], key: string, dx: number, dy: number): Call | undefined {
  const at = rows.findIndex((bars) => bars.some((b) => b.call.key === key));
  const here = rows[at]?.find((b) => b.call.key === key);
  if (!here) return rows.flat()[0]?.call;
  if (dx) {
    const order = [...rows[at]!].sort((a, b) => a.left - b.left || a.lane - b.lane);
    return order[order.findIndex((b) => b.call.key === key) + dx]?.call;
  }
  const next = rows[at]!.filter((b) => Math.sign(b.lane - here.lane) === dy && Math.abs(b.left - here.left) < here.width);
  if (next.length) return next.sort((a, b) => Math.abs(a.lane - here.lane) - Math.abs(b.lane - here.lane))[0]!.call;
  for (let i = at + dy; i >= 0 && i < rows.length; i += dy) {
    const closest = [...rows[i]!].sort((a, b) => Math.abs(a.left - here.left) - Math.abs(b.left - here.left))[0];
    if (closest) return closest.call;
  }
  return undefined;
}

/** What changed between two boards: the keys of the calls that are new or stand elsewhere. */
export function changed(before: View, after: View): Call[] {
  const known = new Map(before.calls.map((c) => [c.key, `${c.person} ${c.start} ${c.end} ${c.status}`]));
  return after.calls.filter((c) => known.get(c.key) !== `${c.person} ${c.start} ${c.end} ${c.status}`);
}
/** A day as the server's counts name it, with what it needs and has. */
export const dayCounts = (board: Board): Map<string, Schemas['Day']> => new Map(board.days.flatMap((d) => (d.date ? [[d.date, d]] : [])));
export { clock, dateOf };
