/** Switches the detail stream on and off. */
export interface Tap {
  open(): void;
  close(): void;
}

/**
 * Keeps the details within what can be read and shown: after so many in a slice of time, or as soon as the ring buffer
 * overflows, the stream is shut until the next slice. What is counted is not touched by it.
 */
export class Thinning {
  readonly #tap: Tap;
  readonly #perSlice: number;
  readonly #now: () => number;
  #sliceEnds = 0;
  #detailed = 0;
  #lost = 0;
  #open = true;
  /** Slices to stay shut after the next overflow, and those left of it: doubled by each, halved by a slice without. */
  #backoff = 1;
  #wait = 0;
  /** Whether it has ever been shut. */
  thinned = false;

  /** @param perSecond details a second; null for as many as arrive without an overflow */
  constructor(tap: Tap, perSecond: number | null, now: () => number) {
    this.#tap = tap;
    this.#perSlice = perSecond === null ? Number.POSITIVE_INFINITY : (perSecond * SLICE_MS) / 1000;
    this.#now = now;
  }

  /** After each round of reading. @param detailed, lost running totals */
  step(detailed: number, lost: number): void {
    const overflowed = lost > this.#lost;
    if (this.#open && (overflowed || detailed - this.#detailed >= this.#perSlice)) {
      this.#open = false;
      this.thinned = true;
      this.#tap.close();
      if (overflowed) {
        this.#wait = this.#backoff;
        this.#backoff = Math.min(this.#backoff * 2, MOST_SLICES);
      }
    }
    this.#lost = lost;
    const now = this.#now();
    if (now < this.#sliceEnds) return;
    this.#sliceEnds = now + SLICE_MS;
    this.#detailed = detailed;
    if (this.#open) this.#backoff = Math.max(this.#backoff >> 1, 1);
    else if (this.#wait > 0) this.#wait--;
    else {
      this.#open = true;
      this.#tap.open();
    }
  }
}

const SLICE_MS = 100;
/** Three seconds without a detail are the most. */
const MOST_SLICES = 30;
