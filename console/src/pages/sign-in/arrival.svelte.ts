// Somebody is about to be signed in: what every way in has in common, to the second factor and back to where they wanted.

import { api, outcome, type Problem, type Schemas } from '../../lib/api';
import { go, next } from '../../lib/router.svelte';
import { load } from '../../lib/session.svelte';
import { say } from '../../lib/toasts.svelte';
import { w } from './words';

/** The sign-in that waits for its code, and a provider that waits to be linked. Kept in memory alone. */
export const waiting = $state<{ challenge?: string; link?: string }>({});

export const methods = $state<{ known?: Schemas['Methods'] }>({});
export async function ask(): Promise<void> {
  if (!methods.known) methods.known = (await outcome(api.GET('/api/v1/auth/methods'))).data;
}
export const providers = () => methods.known?.ways.filter((way) => way.start) ?? [];
/** Until the server has answered, the form that nearly everybody needs is there. */
export const local = () => !methods.known || methods.known.ways.some((way) => way.provider === 'local');

/** What is left to do when a sign-in was answered: nothing, the second factor, or to say what went wrong. */
export async function arrived(problem: Problem | undefined): Promise<Problem | undefined> {
  if (problem?.code === 'second_factor_required') {
    waiting.challenge = (problem as Problem & { challenge: string }).challenge;
    go(`/second-factor${location.search}`);
    return undefined;
  }
  if (problem) return problem;
  waiting.challenge = undefined;
  await load();
  if (waiting.link) {
    const linked = await outcome(api.POST('/api/v1/auth/identities', { body: { link_token: waiting.link } }));
    waiting.link = undefined;
    say(linked.problem?.detail ?? w().linked, { kind: linked.problem ? 'failed' : 'done' });
  }
  go(next(), true);
  return undefined;
}

/** Counts down what a refused try has to wait. */
export class Wait {
  seconds = $state(0);
  for(seconds: number, over: () => void): void {
    this.seconds = Math.ceil(seconds);
    const timer = setInterval(() => {
      this.seconds -= 1;
      if (this.seconds > 0) return;
      clearInterval(timer);
      over();
    }, 1_000);
  }
}
