// How much does not fit in the next thirty days: counted for the navigation, and again when something changes.

import { isHard } from '../board/model';
import { plus, today } from '../board/time';
import { api, type Schemas } from './api';
import { everything } from './list';
import { follow } from './live.svelte';

const DAYS = 30;

/** Tells how many conflicts there are until the answer is called. */
export function watch(tell: (conflicts: number) => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  async function count() {
    const from = today(Intl.DateTimeFormat().resolvedOptions().timeZone);
    const { data } = await everything<Schemas['Conflict']>((cursor) => api.GET('/api/v1/conflicts', { params: { query: { from, to: plus(from, DAYS), limit: '200', cursor } } }));
    if (data) tell(data.filter((c) => isHard({ kind: c.kind, severity: c.severity } as Parameters<typeof isHard>[0])).length);
  }
  void count();
  // Nobody reads a number that often: many changes are one question.
  const stop = follow((event) => /^(assignment|mission|availability|labour_rules|resync)/.test(event.kind) && (clearTimeout(timer), (timer = setTimeout(() => void count(), 1_000))));
  return () => (clearTimeout(timer), stop());
}
