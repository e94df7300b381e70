import { type DropTextPlace, isPlace, readPlace } from './drop-text-place.js';
import type { DropTextWindow } from './drop-text-window.js';

/**
 * Every key seen so far, and how often: what a line has from ` protocol=` to its newline, byte for byte. A plain hash
 * of the bytes: no string is made of a key before someone asks for it. With hundreds of thousands of them the time goes
 * to where each lies in memory, so all that belongs to one lies together.
 */
export interface DropTextKeys {
  /**
   * The record of the key that starts at `at` and ends, with its newline, before `end`; a key not seen before gets one.
   * @returns NO_KEY where none stands there
   */
  find(at: number, end: number): number;
  /** Bytes of a key, newline included. */
  length(key: number): number;
  add(key: number, count: number): void;
  /** Every key counted since the last settle(). */
  fresh(use: (place: DropTextPlace, count: number) => void): void;
  /** Every key with all that was counted. */
  all(use: (place: DropTextPlace, count: number) => void): void;
  settle(): void;
}

export const NO_KEY = -1;

/** Closed over, not members: what never changes is a constant in the code that the engine makes of `find`. */
export function dropTextKeys(window: DropTextWindow): DropTextKeys {
  const { view } = window;
  /** By their hash, the hash and the record + 1 of keys, or zeros. */
  let table = new Int32Array(2 * 4096);
  let size = 0;
  /** Records one behind the other: see SINCE and those behind it. */
  let bytes = Buffer.alloc(64 * 1024);
  let records = viewOf(bytes);
  let used = 0;
  /** Names of the keys that were asked for. */
  const places = new Map<number, DropTextPlace>();
  let hash = 0;

  return { find, length, add, fresh, all, settle };

  function find(at: number, end: number): number {
    const length = measure(at, end);
    if (length === 0) return NO_KEY;
    const mask = table.length - 1;
    let bucket = (hash << 1) & mask;
    for (;;) {
      const key = (table[bucket + 1] as number) - 1;
      if (key < 0) return learn(at, length, bucket);
      if (table[bucket] === hash && records.getInt32(key + LENGTH, true) === length && same(at, length, key))
        return key;
      bucket = (bucket + 2) & mask;
    }
  }

  /** Hashes up to the newline, four bytes at a time in two lanes. @returns the length with it, 0 without one */
  function measure(from: number, end: number): number {
    const stop = Math.min(end, from + LONGEST) | 0;
    let at = from | 0;
    let a = SEED;
    let b = MIX;
    while (at < stop) {
      const first = view.getInt32(at, true);
      let newline = newlines(first);
      if (newline !== 0) {
        a = Math.imul(a ^ (first & before(newline)), MIX);
        break;
      }
      a = Math.imul(a ^ first, MIX);
      at = (at + 4) | 0;
      const second = view.getInt32(at, true);
      newline = newlines(second);
      if (newline !== 0) {
        b = Math.imul(b ^ (second & before(newline)), MIX);
        break;
      }
      b = Math.imul(b ^ second, MIX);
      at = (at + 4) | 0;
    }
    while (at < stop && view.getUint8(at) !== NEWLINE) at = (at + 1) | 0;
    if (at >= stop) return 0;
    const mixed = Math.imul(a ^ (b >>> 15) ^ (b << 17), OTHER_MIX);
    hash = mixed ^ (mixed >>> 15);
    return (at + 1 - from) | 0;
  }

  function same(from: number, length: number, key: number): boolean {
    const last = (from + length - WORD) | 0;
    let stored = (key + TEXT) | 0;
    for (let at = from | 0; at < last; at = (at + WORD) | 0) {
      if (view.getFloat64(at, true) !== records.getFloat64(stored, true)) return false;
      stored = (stored + WORD) | 0;
    }
    return view.getFloat64(last, true) === records.getFloat64(key + TEXT + length - WORD, true);
  }

  function learn(at: number, length: number, bucket: number): number {
    if (!isPlace(window.bytes, at, at + length - 1)) return NO_KEY;
    const key = used;
    used = (key + TEXT + length + WORD - 1) & -WORD;
    if (used > bytes.length) {
      const larger = Buffer.alloc(bytes.length * 2);
      bytes.copy(larger);
      bytes = larger;
      records = viewOf(bytes);
    }
    window.bytes.copy(bytes, key + TEXT, at, at + length);
    records.setInt32(key + LENGTH, length, true);
    table[bucket] = hash;
    table[bucket + 1] = key + 1;
    size += 1;
    if (size * 4 > table.length) spread();
    return key;
  }

  function spread(): void {
    const old = table;
    table = new Int32Array(old.length * 4);
    const mask = table.length - 1;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue;
      let bucket = (old[from]! << 1) & mask;
      while (table[bucket + 1] !== 0) bucket = (bucket + 2) & mask;
      table[bucket] = old[from]!;
      table[bucket + 1] = old[from + 1]!;
    }
  }

  function length(key: number): number {
    return records.getInt32(key + LENGTH, true);
  }

  function add(key: number, count: number): void {
    records.setFloat64(key + SINCE, records.getFloat64(key + SINCE, true) + count, true);
  }

  function fresh(use: (place: DropTextPlace, count: number) => void): void {
    each((key) => {
      const count = records.getFloat64(key + SINCE, true);
      if (count !== 0) use(placeOf(key), count);
    });
  }

  function all(use: (place: DropTextPlace, count: number) => void): void {
    each((key) => {
      const count = records.getFloat64(key + SETTLED, true) + records.getFloat64(key + SINCE, true);
      if (count !== 0) use(placeOf(key), count);
    });
  }

  function settle(): void {
    each((key) => {
      const count = records.getFloat64(key + SETTLED, true) + records.getFloat64(key + SINCE, true);
      records.setFloat64(key + SETTLED, count, true);
      records.setFloat64(key + SINCE, 0, true);
    });
  }

  function each(use: (key: number) => void): void {
    for (let key = 0; key < used; key = (key + TEXT + length(key) + WORD - 1) & -WORD) use(key);
  }

  function placeOf(key: number): DropTextPlace {
    let place = places.get(key);
    if (place === undefined) {
      place = readPlace(bytes.toString('latin1', key + TEXT, key + TEXT + length(key) - 1));
      places.set(key, place);
    }
    return place;
  }
}

/** The highest bit of each byte that is a newline; of bytes behind the first one it may be wrong. */
function newlines(word: number): number {
  const zeros = word ^ NEWLINES;
  return (zeros - ONES) & ~zeros & HIGH_BITS;
}

/** All bits below the first of these: the bytes before the newline, and what is the same of every newline. */
function before(newline: number): number {
  return (newline & -newline) - 1;
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Symbols have 511 bytes at most (KSYM_NAME_LEN), module and reason some 60 each. */
const LONGEST = 1024;

/** Of a record: counts since settle() and before it, the length of the text, the text. */
const SINCE = 0;
const SETTLED = 8;
const LENGTH = 16;
const TEXT = 24;

const WORD = 8;
const NEWLINE = 10;
const NEWLINES = 0x0a0a0a0a;
const ONES = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;
const SEED = 0x2545f491;
const MIX = 0x9e3779b1 | 0;
const OTHER_MIX = 0x85ebca6b | 0;
