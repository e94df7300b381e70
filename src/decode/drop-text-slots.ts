import { type DropTextKeys, NO_KEY } from './drop-text-keys.js';
import type { DropTextWindow } from './drop-text-window.js';

/**
 * Some of the keys, where they are compared fastest: a slot has a key in blocks of words, the last block overlapping
 * the one before, and how often it was met there. A slot is found by a hash of words that stand at fixed places, which
 * most keys have, so that no key's end is searched for.
 */
export interface DropTextSlots {
  /** By slot. `hits` may be counted up while a slot is used. */
  readonly lengths: Int32Array;
  readonly hits: Float64Array;
  /** @returns the length of the slot's key when that stands at `from`, or 0 */
  match(slot: number, from: number): number;
  /** @returns the slot of the key that starts at `from` and ends before `end`, or NO_KEY */
  find(from: number, end: number): number;
  /** Adds to the keys what was counted here. */
  flush(): void;
}

/** Not a key's own: what find() gives while there are more keys than slots are worth. Its hits are counted already. */
export const NO_SLOT = 0;

/** Closed over, not members: what never changes is a constant in the code that the engine makes of these. */
export function dropTextSlots({ view }: DropTextWindow, keys: DropTextKeys): DropTextSlots {
  const words = new Float64Array(SLOTS * WIDTH).fill(Number.NaN);
  const lengths = new Int32Array(SLOTS).fill(BLOCK);
  const hits = new Float64Array(SLOTS);
  const numbers = new Int32Array(SLOTS);
  /** Of the searches of late, how many found their slot taken. */
  let searches = 0;
  let misses = 0;
  /** Searches for which no slot is looked at. */
  let unslotted = 0;

  return { lengths, hits, match, find, flush };

  function match(slot: number, from: number): number {
    const length = lengths[slot]!;
    const end = (from + length - BLOCK) | 0;
    let word = (slot << WIDTH_BITS) | 0;
    let at = from | 0;
    while (at < end) {
      if (
        view.getFloat64(at, true) !== words[word] ||
        view.getFloat64(at + 8, true) !== words[word + 1] ||
        view.getFloat64(at + 16, true) !== words[word + 2]
      ) {
        return 0;
      }
      at = (at + BLOCK) | 0;
      word = (word + 3) | 0;
    }
    if (
      view.getFloat64(end, true) !== words[word] ||
      view.getFloat64(end + 8, true) !== words[word + 1] ||
      view.getFloat64(end + 16, true) !== words[word + 2]
    ) {
      return 0;
    }
    return length;
  }

  function find(from: number, end: number): number {
    if (unslotted > 0) {
      unslotted -= 1;
      return direct(from, end);
    }
    const slot = slotOf(from);
    searches += 1;
    return match(slot, from) !== 0 ? slot : admit(slot, from, end);
  }

  function direct(from: number, end: number): number {
    const number = keys.find(from, end);
    if (number === NO_KEY) return NO_KEY;
    keys.add(number, 1);
    lengths[NO_SLOT] = keys.length(number);
    return NO_SLOT;
  }

  /** By the protocol, sixteen bytes of the location and some of what follows: all within a key, or nearly. */
  function slotOf(key: number): number {
    const place = view.getInt32(key + 24, true) ^ Math.imul(view.getInt32(key + 28, true), MIX);
    const more = view.getInt32(key + 36, true) ^ Math.imul(view.getInt32(key + 45, true), MIX);
    const reason = view.getInt32(key + 53, true) ^ Math.imul(view.getInt32(key + 61, true), MIX);
    const all = Math.imul(place, OTHER_MIX) ^ more ^ Math.imul(reason, OTHER_MIX);
    const slot = Math.imul(all ^ (all >>> 15) ^ view.getInt32(key + 10, true), MIX) >>> SLOT_SHIFT;
    return slot === NO_SLOT ? 1 : slot;
  }

  /** Gives the slot to the key at `from`. */
  function admit(slot: number, from: number, end: number): number {
    const number = keys.find(from, end);
    if (number === NO_KEY) return NO_KEY;
    misses += 1;
    if (misses === PATIENCE) {
      if (searches < 2 * PATIENCE) unslotted = 64 * PATIENCE;
      misses = 0;
      searches = 0;
    }
    if (hits[slot] !== 0) keys.add(numbers[slot]!, hits[slot]!);
    hits[slot] = 0;
    numbers[slot] = number;
    const length = keys.length(number);
    lengths[slot] = length;
    if (length < BLOCK || length > LONGEST) {
      // Counted here this time, and not met again: nothing is equal to it.
      words[slot << WIDTH_BITS] = Number.NaN;
      return slot;
    }
    const last = from + length - BLOCK;
    let word = slot << WIDTH_BITS;
    for (let at = from; at < last; at += BLOCK) word = put(word, at);
    put(word, last);
    return slot;
  }

  function put(word: number, at: number): number {
    for (let index = 0; index < 3; index++) words[word + index] = view.getFloat64(at + index * 8, true);
    return word + 3;
  }

  function flush(): void {
    hits[NO_SLOT] = 0;
    for (let slot = 1; slot < SLOTS; slot++) {
      if (hits[slot] === 0) continue;
      keys.add(numbers[slot]!, hits[slot]!);
      hits[slot] = 0;
    }
  }
}

const SLOTS = 4096;
const SLOT_SHIFT = 20;
/** Words of a slot. */
const WIDTH = 16;
const WIDTH_BITS = 4;
/** Bytes that are compared at a time. */
const BLOCK = 24;
const LONGEST = 5 * BLOCK;
/** Slots found taken before it is asked whether that was every other search. */
const PATIENCE = 1024;

const MIX = 0x9e3779b1 | 0;
const OTHER_MIX = 0x85ebca6b | 0;
