// Short messages that come and go; one may carry a way to undo what it tells.

export interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'failed';
  undo?: () => void;
}
export const toasts = $state<Toast[]>([]);
let count = 0;
const timers = new Map<number, ReturnType<typeof setTimeout>>();

export function say(text: string, options: { kind?: Toast['kind']; undo?: () => void } = {}): void {
  const id = ++count;
  toasts.push({ id, text, kind: options.kind ?? 'done', undo: options.undo });
  if (toasts.length > 3) drop(toasts[0]!.id);
  leave(id);
}
/** Gone in eight seconds, unless somebody is reading it. */
export function leave(id: number): void {
  clearTimeout(timers.get(id));
  timers.set(id, setTimeout(() => drop(id), 8_000));
}
export function hold(id: number): void {
  clearTimeout(timers.get(id));
}
export function drop(id: number): void {
  hold(id);
  const at = toasts.findIndex((toast) => toast.id === id);
  if (at >= 0) toasts.splice(at, 1);
}
