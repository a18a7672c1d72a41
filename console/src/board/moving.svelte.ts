// Something on the board is being moved, by pointer or by keyboard: one description of the move, two ways to make it.

import type { Call } from './model';

export interface Landing {
  row: string | null;
  days: number;
}
interface Ghost {
  x: number;
  y: number;
  width: number;
  height: number;
}
interface Ground {
  /** The row so far below the top of the board. */
  rowAt: (y: number) => string | undefined;
  scroller: () => HTMLElement;
  /** How much of its top does not scroll. */
  stuck: () => number;
  /** How wide a day is; 0 where days are not columns. */
  column: () => number;
  /** Whether a call may go to another row. */
  free: (call: Call) => boolean;
  start: () => void;
  land: (call: Call, landing: Landing) => void;
  end: () => void;
}
/** How far a mouse moves before it drags, and how long a finger rests. */
const SLOP = 4;
const REST = 280;

export class Moving {
  call = $state.raw<Call>();
  row = $state<string | null>(null);
  days = $state(0);
  keyboard = $state(false);
  ghost = $state.raw<Ghost>();
  dx = $state(0);
  dy = $state(0);
  /** A drag ends with a click that nobody meant. */
  swallow = false;
  #stop: (() => void) | undefined;

  constructor(private readonly ground: Ground) {}

  #begin(call: Call, keyboard: boolean): void {
    [this.call, this.row, this.days, this.keyboard, this.dx, this.dy] = [call, call.person, 0, keyboard, 0, 0];
    this.ground.start();
  }
  grab(call: Call): void {
    this.#begin(call, true);
  }
  drop(): void {
    const [call, landing] = [this.call, { row: this.row, days: this.days }];
    this.cancel();
    if (call) this.ground.land(call, landing);
  }
  cancel(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (!this.call) return;
    [this.call, this.ghost, this.keyboard] = [undefined, undefined, false];
    this.ground.end();
  }

  press(event: PointerEvent, call: Call): void {
    if (event.button || this.call) return;
    const { clientX: x0, clientY: y0, pointerType } = event;
    const bar = event.currentTarget as HTMLElement;
    const scroller = this.ground.scroller();
    const from = { x: scroller.scrollLeft };
    const box = scroller.getBoundingClientRect();
    let [frame, at, shift] = [0, { x: x0, y: y0 }, event.shiftKey];
    const column = this.ground.column();
    const begin = () => {
      const { left, top, width, height } = bar.getBoundingClientRect();
      this.ghost = { x: left, y: top, width, height };
      this.#begin(call, false);
    };
    const hold = pointerType === 'mouse' ? 0 : window.setTimeout(begin, REST);
    const step = () => {
      frame = 0;
      if (!this.call) return;
      const sx = scroller.scrollLeft - from.x;
      // Without Shift a move keeps its time: it changes who, not when.
      this.days = shift && column ? Math.round((at.x - x0 + sx) / column) : 0;
      [this.dx, this.dy] = [this.days * column - sx * (shift ? 1 : 0), at.y - y0];
      if (this.ground.free(call)) this.row = this.ground.rowAt(at.y - box.top) ?? this.row;
      const below = at.y - box.top - this.ground.stuck();
      const by = at.y > box.bottom - 48 ? 14 : below > 0 && below < 48 ? -14 : 0;
      if (!by) return;
      scroller.scrollTop += by;
      frame = requestAnimationFrame(step);
    };
    const move = (e: PointerEvent) => {
      const far = Math.hypot(e.clientX - x0, e.clientY - y0);
      if (!this.call && pointerType !== 'mouse') {
        if (far > 8) this.#stop?.();
        return;
      }
      if (!this.call && far < SLOP) return;
      if (!this.call) begin();
      e.preventDefault();
      [at, shift] = [{ x: e.clientX, y: e.clientY }, e.shiftKey];
      frame ||= requestAnimationFrame(step);
    };
    const up = () => {
      cancelAnimationFrame(frame);
      if (!this.call) return this.#stop?.();
      step();
      this.swallow = true;
      setTimeout(() => (this.swallow = false));
      this.drop();
    };
    const still = (e: TouchEvent) => this.call && e.preventDefault();
    const away = () => this.cancel();
    const key = (e: KeyboardEvent) => e.key === 'Escape' && this.cancel();
    const all = [['pointermove', move], ['pointerup', up], ['pointercancel', away], ['touchmove', still], ['keydown', key]] as [string, EventListener][];
    for (const [name, heard] of all) addEventListener(name, heard, { passive: false });
    this.#stop = () => {
      clearTimeout(hold);
      cancelAnimationFrame(frame);
      for (const [name, heard] of all) removeEventListener(name, heard);
    };
  }
}
