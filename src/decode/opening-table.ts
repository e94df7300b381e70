import type { TextWindow } from './text-window.js';

/**
 * Finds what belongs to a text that was seen before: compares what stands at a position with the texts that were put
 * in. Of a fixed size; a newcomer replaces the oldest in its bucket.
 *
 * Eight bytes at a time are compared, as fractions, because the engine does that in one step. Texts are equal where
 * these are (only zero bytes could be equal to others); some with bytes that are not ASCII make a fraction that is
 * not equal to itself and are never found, which costs time and nothing else.
 */
export class OpeningTable<T> {
  /**
   * Of every row the text in words of eight bytes: the first, the one behind it and the last, which may overlap, so
   * that up to 24 bytes are compared without a loop; then those from byte 16 on.
   */
  readonly #words = new Float64Array(ROWS * WIDTH).fill(Number.NaN);
  readonly #lengths = new Uint8Array(ROWS).fill(WORD);
  readonly #meanings: (T | null)[] = new Array<T | null>(ROWS).fill(null);
  readonly #oldest = new Uint8Array(BUCKETS);
  readonly #view: DataView;

  constructor({ view }: TextWindow) {
    this.#view = view;
  }

  find(at: number): T | null {
    return this.#in(this.#longBucket(at), at) ?? this.#in(this.#shortBucket(at), at);
  }

  /** Remembers `[at, end)` unless it is too long or too short. */
  put(at: number, end: number, meaning: T): void {
    const view = this.#view;
    const length = end - at;
    if (length < WORD || length > LONGEST) return;
    const bucket = length < LONG ? this.#shortBucket(at) : this.#longBucket(at);
    const place = this.#oldest[bucket] as number;
    this.#oldest[bucket] = (place + 1) % DEPTH;
    const row = bucket * DEPTH + place;
    const last = end - WORD;
    let word = row * WIDTH;
    this.#words[word++] = view.getFloat64(at, true);
    this.#words[word++] = view.getFloat64(Math.min(at + WORD, last), true);
    this.#words[word++] = view.getFloat64(last, true);
    for (let next = at + 2 * WORD; next < last; next += WORD)
      this.#words[word++] = view.getFloat64(next, true);
    this.#lengths[row] = length;
    this.#meanings[row] = meaning;
  }

  #in(bucket: number, at: number): T | null {
    const view = this.#view;
    const words = this.#words;
    const first = view.getFloat64(at, true);
    let row = bucket * DEPTH;
    for (const end = row + DEPTH; row < end; row++) {
      let word = row * WIDTH;
      if (words[word] !== first) continue;
      const last = (at + (this.#lengths[row] as number) - WORD) | 0;
      if (words[word + 2] !== view.getFloat64(last, true)) continue;
      let next = (at + WORD) | 0;
      if (words[word + 1] !== view.getFloat64(Math.min(next, last), true)) continue;
      next = (next + WORD) | 0;
      word += 3;
      while (next < last && words[word] === view.getFloat64(next, true)) {
        next = (next + WORD) | 0;
        word += 1;
      }
      if (next >= last) return this.#meanings[row] as T;
    }
    return null;
  }

  /** By the first eleven bytes, which `sys_syslog(` and `sys_syslog -> ` do not share. */
  #longBucket(at: number): number {
    const view = this.#view;
    const tail = view.getInt32(at + LONG - 4, true);
    return (
      Math.imul(Math.imul(view.getInt32(at, true), MIX) ^ view.getInt32(at + 4, true) ^ tail, MIX) >>> SHIFT
    );
  }

  #shortBucket(at: number): number {
    const view = this.#view;
    return Math.imul(Math.imul(view.getInt32(at, true), MIX) ^ view.getInt32(at + 4, true), MIX) >>> SHIFT;
  }
}

const BUCKETS = 1024;
const SHIFT = 22;
const DEPTH = 4;
const ROWS = BUCKETS * DEPTH;
/** Bytes compared at a time. */
const WORD = 8;
/** Bytes from which on a text is found by eleven of them. */
const LONG = 11;
/** Words of a row. */
const WIDTH = 12;
/** Bytes of the longest text that is kept. */
const LONGEST = WORD * WIDTH;
const MIX = 0x9e3779b1;
