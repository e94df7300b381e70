import { ringFillWords } from '../tui/ring-fill.js';
import type { RingExtent } from './kmsg-side.js';

/** Watches how fast the ring of the kernel log fills: asked now and then, it answers in words. */
export class RingWatch {
  readonly #extent: () => RingExtent | null;
  readonly #size: number | null;
  readonly #now: () => number;
  /** The newest record some minutes ago. */
  #before: { seq: number; now: number } | null = null;
  #next: { seq: number; now: number } | null = null;

  /**
   * @param size bytes of the ring; null where that is not known
   * @param now seconds on the kernel's clock
   */
  constructor(extent: () => RingExtent | null, size: number | null, now: () => number) {
    this.#extent = extent;
    this.#size = size;
    this.#now = now;
  }

  words(): string | null {
    const extent = this.#extent();
    if (extent === null) return null;
    const now = this.#now();
    const mark = { seq: extent.newest.seq, now };
    this.#next ??= mark;
    if (now - this.#next.now >= WINDOW_S) [this.#before, this.#next] = [this.#next, mark];
    const records = extent.newest.seq - extent.oldest.seq + 1;
    const capacity = this.#size === null ? null : Math.floor((this.#size * records) / extent.bytes);
    const { oldest, newest } = extent;
    return ringFillWords({ oldest, newest, wrapped: oldest.seq > 0, now, before: this.#before, capacity });
  }
}

/** A rate over less says little of a log. */
const WINDOW_S = 60;
