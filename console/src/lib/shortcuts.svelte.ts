// Keys that work everywhere: `/` searches, `g` and a letter goes, `?` lists them, Ctrl+K finds. Letters alone can be switched off
// (WCAG 2.1.4), and never count while somebody types.

import { go } from './router.svelte';
import { typing } from './undo.svelte';

const KEPT = 'letters';
export const shortcuts = $state({ letters: localStorage.getItem(KEPT) !== 'off', open: undefined as 'palette' | 'keys' | undefined });
export function allowLetters(on: boolean): void {
  shortcuts.letters = on;
  localStorage.setItem(KEPT, on ? 'on' : 'off');
}

/** Where `g` and a letter lead. */
export const places: Record<string, string> = { p: '/planning', j: '/projects', t: '/team', c: '/conflicts', r: '/reports', m: '/members', a: '/profile' };

/** Whether a key was meant as a letter by itself. */
export const letter = (event: KeyboardEvent): boolean =>
  shortcuts.letters && !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented && !typing(event.target) && !document.querySelector('dialog[open]');

let going = 0;
export function pressed(event: KeyboardEvent): void {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    shortcuts.open = shortcuts.open === 'palette' ? undefined : 'palette';
    return;
  }
  if (!letter(event)) return;
  const place = Date.now() - going < 1_500 ? places[event.key] : undefined;
  going = event.key === 'g' ? Date.now() : 0;
  if (place) go(place);
  else if (event.key === '?') shortcuts.open = 'keys';
  else if (event.key === '/') document.querySelector<HTMLElement>('main input[type="search"]')?.focus();
  else return;
  event.preventDefault();
  // `g t` goes to the team: `t` means nothing more to the page that is left.
  event.stopImmediatePropagation();
}
addEventListener('keydown', pressed, { capture: true });
