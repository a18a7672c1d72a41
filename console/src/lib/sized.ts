// How large something is, now and whenever that changes. Svelte's own binding would be carried by every page, the invitation too.

/** `use:sized={(element) => …}`. */
export function sized(element: HTMLElement, tell: (element: HTMLElement) => void): { destroy: () => void } {
  const watch = new ResizeObserver(() => tell(element));
  watch.observe(element);
  return { destroy: () => watch.disconnect() };
}
