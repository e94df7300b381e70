/** Switches the detail stream on and off. */
export interface Tap {
  open(): void;
  close(): void;
}

/**
 * Keeps the details within what can be read and shown: after so many in a slice of time, or as soon as the ring buffer
 * overflows, the stream is shut until the next slice; for longer where one slice brought what several may, or reading
 * it took longer than a host in trouble should spend on it. What is counted is not touched by it.
 */
export class Thinning {
  readonly #tap: Tap;
  readonly #perSlice: number;
  readonly #now: () => number;
  #sliceEnds = 0;
  #detailed = 0;
  #lost = 0;
  #open = true;
  /** Of this slice: details, and the time that it took to read them. */
  #inSlice = 0;
  #spentMs = 0;
  /** Slices that have been used in advance. */
  #debt = 0;
  /** Slices to stay shut after the next overflow: doubled by each, halved by a slice without. */
  #backoff = 1;
  /** Whether it has ever been shut. */
  thinned = false;

  /** @param perSecond details a second; null for as many as arrive without an overflow */
  constructor(tap: Tap, perSecond: number | null, now: () => number) {
    this.#tap = tap;
    this.#perSlice = perSecond === null ? Number.POSITIVE_INFINITY : (perSecond * SLICE_MS) / 1000;
    this.#now = now;
  }

  /** After each round of reading. @param detailed, lost running totals @param spentMs what the round took */
  step(detailed: number, lost: number, spentMs: number): void {
    const overflowed = lost > this.#lost;
    if (detailed > this.#detailed) this.#spentMs += spentMs;
    this.#inSlice += detailed - this.#detailed;
    this.#detailed = detailed;
    this.#lost = lost;
    if (this.#open && (overflowed || this.#inSlice >= this.#perSlice)) this.#shut(overflowed);
    const now = this.#now();
    if (now < this.#sliceEnds) return;
    this.#sliceEnds = now + SLICE_MS;
    this.#endSlice();
  }

  #shut(overflowed: boolean): void {
    this.#open = false;
    this.thinned = true;
    this.#tap.close();
    if (!overflowed) return;
    this.#debt = this.#backoff + 1;
    this.#backoff = Math.min(this.#backoff * 2, MOST_SLICES);
  }

  #endSlice(): void {
    if (this.#open) {
      this.#backoff = Math.max(this.#backoff >> 1, 1);
    } else {
      // What was in the ring when the stream was shut still comes, and is paid for as well.
      const used = Math.max(this.#inSlice / this.#perSlice, this.#spentMs / (SLICE_MS * SHARE));
      this.#debt = Math.min(this.#debt + used, MOST_SLICES + 1) - 1;
      if (this.#debt <= 0) {
        this.#debt = 0;
        this.#open = true;
        this.#tap.open();
      }
    }
    this.#inSlice = 0;
    this.#spentMs = 0;
  }
}

const SLICE_MS = 100;
/** Of one CPU's time, for a stream that is too much. */
const SHARE = 0.1;
/** Three seconds without a detail are the most. */
const MOST_SLICES = 30;
