// One stream of what changes in the organisation, for every page that wants to know. It comes back by itself, later and later, and
// says `resync` when something may have been missed; without a stream everybody is told to look again every half minute.

import { send } from './api';
import { session } from './session.svelte';

export interface Event {
  kind: string;
  data: { id?: string; action?: string };
}
type Heard = (event: Event) => void;
const listeners = new Set<Heard>();
export const live = $state<{ state: 'off' | 'on' | 'lost' }>({ state: 'off' });

const POLL = 30_000;
let line: AbortController | undefined;
let last: string | undefined;
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
  live.state = 'off';
}
const tell = (event: Event) => listeners.forEach((heard) => heard(event));
const resync = () => tell({ kind: 'resync', data: {} });

async function listen(signal: AbortSignal): Promise<void> {
  for (let tries = 0, first = true; !signal.aborted; first = false) {
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream', ...(last && { 'last-event-id': last }) };
      const answer = await send(new Request('/api/v1/events', { headers, signal, cache: 'no-store' }));
      if (answer.status === 401 || answer.status === 403) return;
      if (!answer.ok || !answer.body) throw new Error(String(answer.status));
      live.state = 'on';
      tries = 0;
      // Whatever was said between the streams is said again only to who knows where they were.
      if (!first && !last) resync();
      await read(answer.body);
    } catch {
      if (signal.aborted) return;
    }
    live.state = 'lost';
    await pause(Math.min(POLL, 1_000 * 2 ** tries++) * (0.5 + Math.random() / 2), signal);
    if (tries > 4) resync();
  }
}
async function read(body: ReadableStream<Uint8Array>): Promise<void> {
  const [reader, decoder] = [body.getReader(), new TextDecoder()];
  for (let rest = ''; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const frames = (rest + decoder.decode(value, { stream: true })).replaceAll('\r', '').split('\n\n');
    rest = frames.pop() ?? '';
    frames.forEach(frame);
  }
}
function frame(text: string): void {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(text)?.[1];
  const [kind, data] = [field('event'), field('data')];
  last = field('id') ?? last;
  if (kind) tell({ kind, data: data ? ((JSON.parse(data) as Event['data'] | null) ?? {}) : {} });
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
