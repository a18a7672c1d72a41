// What a form knows while it is filled in: whether it is being sent, and what is wrong where.

import { tick } from 'svelte';
import type { Problem } from './api';

export class Form {
  busy = $state(false);
  /** What is wrong with the whole. */
  alert = $state<Problem>();
  /** What is wrong with a field, by its name. */
  errors = $state<Record<string, string>>({});

  /** Checks, sends, and puts what comes back where it belongs. */
  async send(checks: Record<string, string | undefined>, call: () => Promise<Problem | undefined>): Promise<void> {
    this.alert = undefined;
    this.errors = Object.fromEntries(Object.entries(checks).filter((pair): pair is [string, string] => !!pair[1]));
    if (Object.keys(this.errors).length === 0) {
      this.busy = true;
      const problem = await call();
      this.busy = false;
      if (problem) this.take(problem);
    }
    await tick();
    document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus();
  }
  take(problem: Problem): void {
    const fields = problem.errors ?? [];
    this.errors = Object.fromEntries(fields.map((error) => [error.field, error.detail]));
    if (fields.length === 0) this.alert = problem;
  }
}
