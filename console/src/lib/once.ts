// An act that is repeated because nobody heard its answer is the same act: it keeps its Idempotency-Key until it was answered.

import type { Outcome } from './api';

const unanswered = new Map<string, string>();

/** `act` says what is done, and to what: whoever does the same again before an answer came does it once. */
export async function once<T>(act: unknown[], call: (header: { 'Idempotency-Key': string }) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  const name = JSON.stringify(act);
  const key = unanswered.get(name) ?? crypto.randomUUID();
  unanswered.set(name, key);
  const done = await call({ 'Idempotency-Key': key });
  const silent = done.problem && (done.problem.status === 0 || done.problem.status >= 500);
  if (!silent) unanswered.delete(name);
  return done;
}
