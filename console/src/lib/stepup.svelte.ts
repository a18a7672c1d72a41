// What cannot be undone asks for a fresh proof of who one is: the call is made, refused, proved, and made again.

import type { Problem } from './api';

interface Outcome<T> {
  data?: T;
  problem?: Problem;
  etag?: string;
}
/** Whoever waits for the proof; the dialog stands while somebody does. */
export const asked = $state<{ done?: (proved: boolean) => void }>({});

/** `cancelled` is the code of a proof that was not given: nothing happened, nothing is to be said. */
export async function proven<T>(call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  const first = await call();
  if (first.problem?.code !== 'step_up_required') return first;
  const proved = await new Promise<boolean>((resolve) => (asked.done = resolve));
  asked.done = undefined;
  return proved ? call() : { problem: { ...first.problem, code: 'cancelled' } };
}
