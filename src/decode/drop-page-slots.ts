import { DropPageKeys } from './drop-page-keys.js';

/**
 * Counts by keys of four words: some of the keys stand in slots, found by a hash, where an event costs one comparison
 * without a branch for each word; the others come in when they are met.
 */
export interface DropPageSlots {
  readonly keys: DropPageKeys;
  /** By slot: may be counted up after find(), and is to be told to counted(). */
  readonly hits: Int32Array;
  /** @returns the slot that the key has now */
  find(low: number, high: number, reason: number, protocol: number): number;
  /** So many hits were added. */
  counted(events: number): void;
  /** Counts of the keys since they were taken last. */
  take(): Float64Array;
}

/** Closed over, not members: what never changes is a constant in the code that the engine makes of these. */
export function dropPageSlots(): DropPageSlots {
  const keys = new DropPageKeys();
  let counts = new Float64Array(256);
  /** Four words each. A slot whose protocol is -1 has no key. */
  const words = new Int32Array(SLOTS * 4).fill(-1);
  const numbers = new Int32Array(SLOTS);
  const hits = new Int32Array(SLOTS);
  let unsettled = 0;

  return { keys, hits, find, counted, take };

  function find(low: number, high: number, reason: number, protocol: number): number {
    const slot = Math.imul(low ^ (reason << 20) ^ (protocol << 8), MIX) >>> SHIFT;
    const word = slot << 2;
    const other =
      (words[word]! ^ low) |
      (words[word + 1]! ^ high) |
      (words[word + 2]! ^ reason) |
      (words[word + 3]! ^ protocol);
    if (other !== 0) admit(slot, low, high, reason, protocol);
    return slot;
  }

  function admit(slot: number, low: number, high: number, reason: number, protocol: number): void {
    settle(slot);
    numbers[slot] = keys.find(low, high, reason, protocol);
    const word = slot << 2;
    words[word] = low;
    words[word + 1] = high;
    words[word + 2] = reason;
    words[word + 3] = protocol;
  }

  function counted(events: number): void {
    unsettled += events;
    if (unsettled > MOST_UNSETTLED) settleAll();
  }

  function take(): Float64Array {
    settleAll();
    const taken = counts;
    counts = new Float64Array(taken.length);
    return taken;
  }

  function settleAll(): void {
    for (let slot = 0; slot < SLOTS; slot++) settle(slot);
    unsettled = 0;
  }

  function settle(slot: number): void {
    if (hits[slot] === 0) return;
    const key = numbers[slot]!;
    if (key >= counts.length) {
      const grown = new Float64Array(Math.max(counts.length * 2, key + 1));
      grown.set(counts);
      counts = grown;
    }
    counts[key]! += hits[slot]!;
    hits[slot] = 0;
  }
}

const SLOTS = 4096;
const SHIFT = 20;
const MIX = 0x9e3779b1 | 0;
/** Hits have 31 bits. */
const MOST_UNSETTLED = 2 ** 30;
