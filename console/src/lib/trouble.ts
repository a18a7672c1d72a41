// What does not fit between two days; and how much in the next thirty, counted for the navigation and again when something changes.

import { isHard } from '../board/model';
import { plus, today } from '../board/time';
import { api, type Outcome, type Schemas } from './api';
import { everything } from './list';
import { follow } from './live.svelte';

type Conflict = Schemas['Conflict'];
export const DAYS = 30;

export const clashes = (from: string, to: string): Promise<Outcome<Conflict[]>> =>
  everything((cursor) => api.GET('/api/v1/conflicts', { params: { query: { from, to, limit: '200', cursor } } }));
/** Those that one of these missions is part of. */
export function among(conflicts: Conflict[], missions: Schemas['Mission'][]): Conflict[] {
  const ids = new Set(missions.map((mission) => mission.id));
  return conflicts.filter((c) => c.mission_ids.some((id) => ids.has(id)));
}
/** What cannot stay as it is. */
export const severe = (c: Conflict): boolean => isHard({ kind: c.kind, severity: c.severity } as Parameters<typeof isHard>[0]);

/** Tells how many conflicts there are until the answer is called. */
export function watch(tell: (conflicts: number) => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  async function count() {
    const from = today(Intl.DateTimeFormat().resolvedOptions().timeZone);
    const { data } = await clashes(from, plus(from, DAYS));
    if (data) tell(data.filter(severe).length);
  }
  void count();
  // Nobody reads a number that often: many changes are one question.
  const stop = follow((event) => /^(assignment|mission|availability|labour_rules|resync)/.test(event.kind) && (clearTimeout(timer), (timer = setTimeout(() => void count(), 1_000))));
  return () => (clearTimeout(timer), stop());
}
