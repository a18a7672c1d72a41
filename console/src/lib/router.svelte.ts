// A router is one reactive path; pages are loaded on demand.

export const route = $state({ path: location.pathname, query: new URLSearchParams(location.search), fragment: location.hash.slice(1) });

const sync = () => {
  route.path = location.pathname;
  route.query = new URLSearchParams(location.search);
  route.fragment = location.hash.slice(1);
};

export function go(to: string, replace = false) {
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  sync();
  document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
}
/** A way back that stays on this site, whatever the address says. */
export function next(fallback = '/'): string {
  const wanted = route.query.get('next');
  return wanted && /^\/(?![/\\])/.test(wanted) ? wanted : fallback;
}

addEventListener('popstate', sync);
addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest?.<HTMLAnchorElement>('a[href]');
  if (!link || link.target || link.origin !== location.origin || link.hasAttribute('download') || link.getAttribute('href')?.startsWith('#')) return;
  event.preventDefault();
  go(link.pathname + link.search + link.hash);
});
