import { ringFillWords } from '../tui/ring-fill.js';
import type { RingExtent } from './kmsg-side.js';

/** Watches how fast the ring of the kernel log fills: asked now and then, it answers in words. */
export class RingWatch {
  readonly #extent: () => RingExtent | null;
  readonly #now: () => number;
  /** The newest record some minutes ago. */
  #before: { seq: number; now: number } | null = null;
  #next: { seq: number; now: number } | null = null;

  /** @param now seconds on the kernel's clock */
  constructor(extent: () => RingExtent | null, now: () => number) {
    this.#extent = extent;
    this.#now = now;
  }

  words(): string | null {
    const extent = this.#extent();
    if (extent === null) return null;
    const now = this.#now();
    const newest = { seq: extent.newest.seq, now };
    this.#next ??= newest;
    if (now - this.#next.now >= WINDOW_S) [this.#before, this.#next] = [this.#next, newest];
    return ringFillWords({ ...extent, wrapped: extent.oldest.seq > 0, now, before: this.#before });
  }
}

/** A rate over less says little of a log. */
const WINDOW_S = 60;
