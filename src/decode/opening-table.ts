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
  /** Of every row the text, in words of eight bytes; the last one may overlap the one before it. */
  readonly #words = new Float64Array(ROWS * WIDTH).fill(Number.NaN);
  readonly #lengths = new Uint8Array(ROWS).fill(WORD);
  readonly #meanings: (T | null)[] = new Array<T | null>(ROWS).fill(null);
  readonly #oldest = new Uint8Array(BUCKETS);

  find({ view }: TextWindow, at: number): T | null {
    const words = this.#words;
    const first = view.getFloat64(at, true);
    let row = bucketOf(view, at) * DEPTH;
    for (const end = row + DEPTH; row < end; row++) {
      let word = row * WIDTH;
      if (words[word] !== first) continue;
      const last = at + (this.#lengths[row] as number) - WORD;
      let next = at + WORD;
      word += 1;
      while (next < last && words[word] === view.getFloat64(next, true)) {
        next += WORD;
        word += 1;
      }
      if (next >= last && words[word] === view.getFloat64(last, true)) return this.#meanings[row] as T;
    }
    return null;
  }

  /** Remembers `[at, end)` unless it is too long or too short. */
  put({ view }: TextWindow, at: number, end: number, meaning: T): void {
    const length = end - at;
    if (length < WORD || length > LONGEST) return;
    const bucket = bucketOf(view, at);
    const place = this.#oldest[bucket] as number;
    this.#oldest[bucket] = (place + 1) % DEPTH;
    const row = bucket * DEPTH + place;
    const last = end - WORD;
    let word = row * WIDTH;
    this.#words[word++] = view.getFloat64(at, true);
    for (let next = at + WORD; next < last; next += WORD) this.#words[word++] = view.getFloat64(next, true);
    this.#words[word] = view.getFloat64(last, true);
    this.#lengths[row] = length;
    this.#meanings[row] = meaning;
  }
}

function bucketOf(view: DataView, at: number): number {
  return Math.imul(Math.imul(view.getInt32(at, true), MIX) ^ view.getInt32(at + 4, true), MIX) >>> SHIFT;
}

const BUCKETS = 512;
const SHIFT = 23;
const DEPTH = 8;
const ROWS = BUCKETS * DEPTH;
/** Bytes compared at a time. */
const WORD = 8;
/** Words of a row. */
const WIDTH = 12;
/** Bytes of the longest text that is kept. */
const LONGEST = WORD * WIDTH;
const MIX = 0x9e3779b1;
