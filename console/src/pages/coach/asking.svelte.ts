// A question on its way: the figures arrive first, then the advice piece by piece, then the whole answer.

import { problem, send, type Problem, type Schemas } from '../../lib/api';
import { frames, type Frame } from '../../lib/sse';
import { locale } from '../../i18n/index.svelte';

export type Fact = Schemas['Fact'];
export type Advice = Schemas['Advice'];
export type Whole = Schemas['Analysis'];
/** What there is of an answer so far. */
export interface Told {
  facts: Fact[];
  items: Advice[];
  /** Once it is complete. */
  answer?: Whole;
}
export const whole = (answer: Whole): Told => ({ facts: answer.facts, items: answer.advice, answer });

interface Failed {
  code: string;
  detail: string;
  retry_after: number | null;
}

export class Asking {
  busy = $state(false);
  told = $state.raw<Told>();
  #line: AbortController | undefined;

  /** Asks, and says what went wrong; an answer that was there before comes back then. */
  async ask(path: string, body: object): Promise<Problem | undefined> {
    this.stop();
    const [line, before] = [(this.#line = new AbortController()), this.told];
    this.busy = true;
    const wrong = await this.#hear(path, { ...body, locale: locale() }, line.signal);
    if (this.#line !== line) return undefined;
    this.busy = false;
    if (!this.told?.answer) this.told = before;
    return line.signal.aborted ? undefined : wrong;
  }
  /** Nobody waits any more: the server ends the call, too. */
  stop(): void {
    this.#line?.abort();
  }

  /** A line that breaks is taken up once where it was; the server tells the rest of what it has. */
  async #hear(path: string, body: object, signal: AbortSignal): Promise<Problem | undefined> {
    let last: string | undefined;
    for (let again = false; ; again = true) {
      try {
        const headers = { accept: 'text/event-stream', 'content-type': 'application/json', ...(last && { 'last-event-id': last }) };
        const answer = await send(new Request(path, { method: 'POST', headers, body: JSON.stringify(body), signal }));
        if (!answer.ok || !answer.body) return problem(await answer.json().catch(() => undefined), answer);
        for await (const frame of frames(answer.body)) {
          last = frame.id ?? last;
          const end = this.#take(frame);
          if (end) return end === 'done' ? undefined : end;
        }
      } catch {
        // The line broke: what follows decides.
      }
      if (signal.aborted || again || !last) return problem(undefined);
    }
  }
  #take({ kind, data }: Frame): Problem | 'done' | undefined {
    const said: unknown = JSON.parse(data ?? 'null');
    if (kind === 'facts') this.told = { facts: (said as { facts: Fact[] }).facts, items: [] };
    else if (kind === 'item' && this.told) this.told = { ...this.told, items: [...this.told.items, said as Advice] };
    else if (kind === 'done') return (this.told = whole(said as Whole)), 'done';
    else if (kind === 'error') {
      const { code, detail, retry_after } = said as Failed;
      return { status: 502, code, detail, retry_after: retry_after ?? undefined };
    }
    return undefined;
  }
}
