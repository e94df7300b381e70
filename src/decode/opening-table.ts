import type { TextWindow } from './text-window.js';

/**
 * Finds what belongs to the start of a payload that was seen before: compares what stands at a position with the texts
 * that were put in. Of a fixed size; a newcomer replaces the oldest in its bucket.
 */
export interface OpeningTable<T> {
  find(at: number): T | null;
  /** Remembers `[at, end)` unless it is too long or too short. */
  put(at: number, end: number, meaning: T): void;
}

/** Compares as TextMemory does, and is closed over for the same reason. */
export function openingTable<T>({ view }: TextWindow): OpeningTable<T> {
  /**
   * Of every row the text in words of eight bytes: the first, the one behind it and the last, which may overlap, so
   * that up to 24 bytes are compared without a loop; then those from byte 16 on.
   */
  const words = new Float64Array(ROWS * WIDTH).fill(Number.NaN);
  const lengths = new Uint8Array(ROWS).fill(WORD);
  const meanings: (T | null)[] = new Array<T | null>(ROWS).fill(null);
  const oldest = new Uint8Array(BUCKETS);
  /** The row that was found last, and how often in a row: from STEADY on it is tried first. */
  let last = 0;
  let streak = 0;
  return { find, put };

  function find(start: number): T | null {
    const at = start | 0;
    if (streak >= STEADY) {
      if (stands(last, at)) return meanings[last] as T;
      streak = 0;
    }
    let row = rowIn(longBucket(at), at);
    if (row < 0) row = rowIn(shortBucket(at), at);
    if (row < 0) return null;
    streak = row === last ? streak + 1 : 0;
    last = row;
    return meanings[row] as T;
  }

  function rowIn(bucket: number, at: number): number {
    const first = view.getFloat64(at, true);
    const end = (bucket * DEPTH + DEPTH) | 0;
    for (let row = (bucket * DEPTH) | 0; row < end; row = (row + 1) | 0) {
      if (words[row << WIDTH_SHIFT] === first && stands(row, at)) return row;
    }
    return -1;
  }

  function stands(row: number, at: number): boolean {
    let word = row << WIDTH_SHIFT;
    if (words[word] !== view.getFloat64(at, true)) return false;
    const to = (at + (lengths[row] as number) - WORD) | 0;
    if (words[word + 2] !== view.getFloat64(to, true)) return false;
    let next = (at + WORD) | 0;
    if (words[word + 1] !== view.getFloat64(Math.min(next, to), true)) return false;
    next = (next + WORD) | 0;
    word = (word + 3) | 0;
    while (next < to && words[word] === view.getFloat64(next, true)) {
      next = (next + WORD) | 0;
      word = (word + 1) | 0;
    }
    return next >= to;
  }

  /** By the first eleven bytes, which `sys_syslog(` and `sys_syslog -> ` do not share. */
  function longBucket(at: number): number {
    const tail = view.getInt32(at + LONG - 4, true);
    return (
      Math.imul(Math.imul(view.getInt32(at, true), MIX) ^ view.getInt32(at + 4, true) ^ tail, MIX) >>> SHIFT
    );
  }

  function shortBucket(at: number): number {
    return Math.imul(Math.imul(view.getInt32(at, true), MIX) ^ view.getInt32(at + 4, true), MIX) >>> SHIFT;
  }

  function put(at: number, end: number, meaning: T): void {
    const length = end - at;
    if (length < WORD || length > LONGEST) return;
    const bucket = length < LONG ? shortBucket(at) : longBucket(at);
    const place = oldest[bucket] as number;
    oldest[bucket] = (place + 1) % DEPTH;
    const row = bucket * DEPTH + place;
    const to = end - WORD;
    let word = row << WIDTH_SHIFT;
    words[word++] = view.getFloat64(at, true);
    words[word++] = view.getFloat64(Math.min(at + WORD, to), true);
    words[word++] = view.getFloat64(to, true);
    for (let next = at + 2 * WORD; next < to; next += WORD) words[word++] = view.getFloat64(next, true);
    lengths[row] = length;
    meanings[row] = meaning;
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
/** Words of a row, of which 12 are used. */
const WIDTH_SHIFT = 4;
const WIDTH = 1 << WIDTH_SHIFT;
/** Bytes of the longest text that is kept. */
const LONGEST = 12 * WORD;
/** In mixed text two or three of a kind come by chance, and to expect one more costs more than it saves. */
const STEADY = 8;
const MIX = 0x9e3779b1;
