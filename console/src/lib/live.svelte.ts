// One stream of what changes in the organisation, for every page that wants to know. It comes back by itself, later and later, and
// says `resync` when something may have been missed; without a stream everybody is told to look again every half minute.

import { send } from './api';
import { session } from './session.svelte';
import { frames } from './sse';

export interface Event {
  kind: string;
  /** `by`: the account whose deed it is, told to managers. */
  data: { id?: string; action?: string; by?: string };
}
type Heard = (event: Event) => void;
const listeners = new Set<Heard>();
/** `since`: when the stream broke; `stale`: of when the page is that could not be read again. */
export const live = $state<{ state: 'off' | 'on' | 'lost'; since?: Date; stale?: Date }>({ state: 'off' });

const POLL = 30_000;
let line: AbortController | undefined;
let last: string | undefined;
/** The last stream was refused. */
let cut = false;
/** Whose stream it is: each organisation has its own. */
let org: string | null | undefined;

/** Hears what changes until the answer is called. */
export function follow(heard: Heard): () => void {
  listeners.add(heard);
  if (line && org !== session.me?.org_id) hangUp();
  if (!line) {
    org = session.me?.org_id;
    void listen((line = new AbortController()).signal);
  }
  return () => {
    listeners.delete(heard);
    if (listeners.size === 0) hangUp();
  };
}
function hangUp(): void {
  line?.abort();
  line = last = undefined;
  Object.assign(live, { state: 'off', since: undefined });
}
const tell = (event: Event) => listeners.forEach((heard) => heard(event));
const resync = () => tell({ kind: 'resync', data: {} });

async function listen(signal: AbortSignal): Promise<void> {
  for (let tries = 0, first = true; !signal.aborted; first = false) {
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream', ...(last && { 'last-event-id': last }) };
      const answer = await send(new Request('/api/v1/events', { headers, signal, cache: 'no-store' }));
      // Whoever may not listen any more is not told; whoever signs in again has missed something.
      if (answer.status === 401 || answer.status === 403) return void ((cut = true), hangUp());
      if (!answer.ok || !answer.body) throw new Error(String(answer.status));
      Object.assign(live, { state: 'on', since: undefined });
      tries = 0;
      // Whatever was said between the streams is said again only to who knows where they were.
      if ((!first && !last) || cut) resync();
      cut = false;
      for await (const { id, kind, data } of frames(answer.body)) {
        last = id ?? last;
        if (kind) tell({ kind, data: data ? ((JSON.parse(data) as Event['data'] | null) ?? {}) : {} });
      }
    } catch {
      if (signal.aborted) return;
    }
    live.since ??= new Date();
    live.state = 'lost';
    await pause(Math.min(POLL, 1_000 * 2 ** tries++) * (0.5 + Math.random() / 2), signal);
    if (tries > 4) resync();
  }
}
const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done, { once: true });
    signal.addEventListener('abort', done, { once: true });
  });
