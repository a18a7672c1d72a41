// What the link of a mail carries, out of the address at once: no server, no history and no neighbour reads it there.

import { route } from './router.svelte';

// Another link that is opened in the same tab changes only what stands behind the `#`: its page begins anew.
addEventListener('hashchange', () => location.hash.startsWith('#token=') && location.reload());

/** The token of a link, taken out of the address bar. */
export function ticket(name = 'token'): string {
  const told = route.query.get(name) ?? new URLSearchParams(route.fragment).get(name) ?? '';
  if (told) {
    history.replaceState(null, '', location.pathname);
    route.query = new URLSearchParams();
    route.fragment = '';
  }
  return told;
}
/** The same for a link that is opened again and again: it stays behind the `#`, which is never sent anywhere. */
export function lastingTicket(): string {
  const told = route.query.get('token') ?? decodeURIComponent(route.fragment);
  if (route.query.has('token')) {
    history.replaceState(null, '', `${location.pathname}#${told}`);
    route.query = new URLSearchParams();
    route.fragment = told;
  }
  return told;
}
