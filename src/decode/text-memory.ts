import type { TextWindow } from './text-window.js';

/**
 * Finds what belongs to a text that was seen before: compares what stands at a position with the texts that were put
 * in, the one found last first. Of a fixed size; a newcomer replaces the oldest in its bucket.
 */
export interface TextMemory<T> {
  /** What belongs to the text at `at`, which then has the length that `put` had; null where none of them stands. */
  find(at: number): T | null;
  /** Remembers `[at, end)`, which no zero byte is in, unless it is too long or too short. */
  put(at: number, end: number, meaning: T): void;
}

/**
 * Eight bytes at a time are compared, as fractions, because the engine does that in one step. Texts are equal where
 * these are (only zero bytes could be equal to others); some with bytes that are not ASCII make a fraction that is
 * not equal to itself and are never found, which costs time and nothing else.
 *
 * Closed over, not members: what never changes is a constant in the code that the engine makes of it.
 * @param options.skip bytes at the start that are the same in every text
 * @param options.least bytes that every text has behind those: short ones are looked up by these, up to eight
 * @param options.long bytes by which texts of at least so many are looked up
 */
export function textMemory<T>(
  { view }: TextWindow,
  { skip, least, long }: { skip: number; least: number; long: number },
): TextMemory<T> {
  /** Of every row the text in words of eight bytes: the first, the last, then those between, which may overlap it. */
  const words = new Float64Array(ROWS * WIDTH).fill(Number.NaN);
  /** From the first to the last word of each row. */
  const spans = new Int32Array(ROWS);
  const meanings: (T | null)[] = new Array<T | null>(ROWS).fill(null);
  const oldest = new Uint8Array(BUCKETS);
  /** Rows that were found since they were put in. */
  const found = new Uint8Array(ROWS);
  /** Where the bytes start by which texts are looked up: as many of the same as it takes to have eight. */
  const from = Math.max(Math.min(skip, skip + least - WORD), 0);
  const shortTail = Math.min(skip + least - from, WORD) - 4;
  const longTail = long - 4;
  /** The row that was found last. */
  let last = 0;
  /** Texts put in and pushed out without being found in between. */
  let wasted = 0;
  return { find, put };

  function find(at: number): T | null {
    return stands(last, at) ? (meanings[last] as T) : look(at);
  }

  function stands(row: number, start: number): boolean {
    const at = start | 0;
    let word = (row * WIDTH) | 0;
    if (words[word] !== view.getFloat64(at, true)) return false;
    const end = (at + (spans[row] as number)) | 0;
    if (words[word + 1] !== view.getFloat64(end, true)) return false;
    word += 2;
    let next = (at + WORD) | 0;
    // Four words in each round: what a round costs is as much as a word does.
    for (; ((next + 3 * WORD) | 0) < end; next = (next + 4 * WORD) | 0) {
      if (words[word] !== view.getFloat64(next, true)) return false;
      if (words[word + 1] !== view.getFloat64(next + WORD, true)) return false;
      if (words[word + 2] !== view.getFloat64(next + 2 * WORD, true)) return false;
      if (words[word + 3] !== view.getFloat64(next + 3 * WORD, true)) return false;
      word = (word + 4) | 0;
    }
    for (; next < end; next = (next + WORD) | 0) {
      if (words[word] !== view.getFloat64(next, true)) return false;
      word = (word + 1) | 0;
    }
    return true;
  }

  function look(at: number): T | null {
    let bucket = longBucket(at);
    for (let tries = shortTail < 0 ? 1 : 2; ; tries--) {
      const end = bucket * DEPTH + DEPTH;
      for (let row = bucket * DEPTH; row < end; row++) {
        if (!stands(row, at)) continue;
        last = row;
        found[row] = 1;
        return meanings[row] as T;
      }
      if (tries === 1) return null;
      bucket = shortBucket(at);
    }
  }

  function longBucket(start: number): number {
    const at = (start + from) | 0;
    const to = (at + longTail) | 0;
    let hash = view.getInt32(to, true);
    for (let next = at, index = 0; next < to; next = (next + 4) | 0, index++) {
      hash = (hash + Math.imul(view.getInt32(next, true), SAMPLES[index] as number)) | 0;
    }
    return Math.imul(hash ^ (hash >>> 15), MIX) >>> SHIFT;
  }

  function shortBucket(start: number): number {
    const at = (start + from) | 0;
    const tail = view.getInt32(at + shortTail, true);
    return Math.imul(Math.imul(view.getInt32(at, true), MIX) ^ tail, MIX) >>> SHIFT;
  }

  function put(at: number, end: number, meaning: T): void {
    const length = end - at;
    const isLong = length >= from + long;
    if (length < WORD || length > LONGEST || (!isLong && shortTail < 0) || isVain()) return;
    const bucket = isLong ? longBucket(at) : shortBucket(at);
    const place = oldest[bucket] as number;
    oldest[bucket] = (place + 1) % DEPTH;
    const row = bucket * DEPTH + place;
    if (found[row] === 1) wasted = Math.max(wasted - 1, 0);
    else if (meanings[row] !== null) wasted += 1;
    found[row] = 0;
    const to = end - WORD;
    let word = row * WIDTH;
    words[word++] = view.getFloat64(at, true);
    words[word++] = view.getFloat64(to, true);
    for (let next = at + WORD; next < to; next += WORD) words[word++] = view.getFloat64(next, true);
    spans[row] = to - at;
    meanings[row] = meaning;
  }

  /** Texts that do not come back are not worth the work; after a pause it looks whether that is still so. */
  function isVain(): boolean {
    if (wasted <= MOST_WASTED) return false;
    wasted += 1;
    if (wasted > PAUSE) wasted = MOST_WASTED >> 1;
    return true;
  }
}

const BUCKETS = 256;
const SHIFT = 24;
const DEPTH = 4;
const ROWS = BUCKETS * DEPTH;
/** Bytes compared at a time. */
const WORD = 8;
/** Words of a row. */
const WIDTH = 16;
/** Bytes of the longest text that is kept. */
const LONGEST = WORD * WIDTH;
const MIX = 0x9e3779b1;
/** Odd numbers to multiply four bytes each with; many, as the garbage collector moves small arrays. */
const SAMPLES = Int32Array.from({ length: 32 }, (_, index) => Math.imul(MIX, 2 * index + 1));
const MOST_WASTED = 1024;
const PAUSE = 9 * MOST_WASTED;
