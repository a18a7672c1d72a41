// What was done and how it is undone: by a real inverse call, from the toast or with Ctrl+Z, twenty deeds back.

import type { Problem } from './api';
import { m } from '../i18n/index.svelte';
import { session } from './session.svelte';
import { say } from './toasts.svelte';

interface Deed {
  /** Where it was done: another organisation knows nothing of it. */
  org: string | null | undefined;
  undo: () => Promise<Problem | undefined>;
}
const MOST = 20;
const history: Deed[] = [];

/** Tells what was done, and remembers how to take it back. */
export function did(text: string, undo: Deed['undo']): void {
  const deed = { org: session.me?.org_id, undo };
  history.push(deed);
  if (history.length > MOST) history.shift();
  say(text, { undo: () => void back(deed) });
}
async function back(deed: Deed): Promise<void> {
  const at = history.indexOf(deed);
  if (at < 0) return;
  history.splice(at, 1);
  const problem = await deed.undo();
  say(problem?.detail ?? m().undone, { kind: problem ? 'failed' : 'done' });
}
export const typing = (target: EventTarget | null): boolean => target instanceof Element && !!target.closest('input, select, textarea, [contenteditable]');

addEventListener('keydown', (event) => {
  const last = history.findLast((deed) => deed.org === session.me?.org_id);
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.key.toLowerCase() !== 'z' || typing(event.target) || !last) return;
  event.preventDefault();
  void back(last);
});
