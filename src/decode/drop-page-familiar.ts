import type { DropFieldOffsets } from './drop-page-fields.js';
import { DropPageKeys } from './drop-page-keys.js';

/**
 * The fast way through a page: drops of one length, one behind the other. What is none stops it, and is left to
 * RingPageWalker.
 */
export interface FamiliarPage {
  /** Counts drops from byte `from` of the view on. @returns the position behind the last one */
  read(view: DataView, from: number, end: number): number;
  /** Counts the one whose record starts at byte `record` of the view. */
  count(view: DataView, record: number): void;
  /** Takes drops to come to have a record of so many bytes. */
  learn(length: number): void;
  /** How many read() counted. */
  events(): number;
  /** Nanoseconds from the page's stamp to the last of them. */
  elapsed(): number;
  /** Numbers of the keys: location (low and high half), reason, protocol. */
  readonly keys: DropPageKeys;
  /** Counts of the keys since they were taken last. */
  take(): Float64Array;
}

/** Closed over, not members: what never changes is a constant in the code that the engine makes of `read`. */
export function familiarPage(id: number, fields: DropFieldOffsets): FamiliarPage {
  const { low, high, reason, protocol } = fields;
  const hasReason = reason >= 0;
  const keys = new DropPageKeys();
  let counts = new Float64Array(256);
  let length = 0;
  let events = 0;
  let elapsed = 0;

  return { read, count, learn, events: () => events, elapsed: () => elapsed, keys, take };

  function read(view: DataView, from: number, end: number): number {
    const size = length;
    const type = size >>> 2;
    // Before the first drop no length is known.
    const stop = size === 0 ? -1 : (end - 4 - size) | 0;
    let at = from | 0;
    let time = 0;
    let all = 0;
    // The key of the last drop, and how many had it in a row.
    let a = 0;
    let b = 0;
    let c = -1;
    let d = -1;
    let key = 0;
    let run = 0;
    while (at <= stop) {
      const head = view.getInt32(at, true);
      const record = (at + 4) | 0;
      if ((head & 31) !== type || view.getUint16(record, true) !== id) break;
      const lowHalf = view.getInt32(record + low, true);
      const highHalf = high < 0 ? 0 : view.getInt32(record + high, true);
      const why = hasReason ? view.getInt32(record + reason, true) : 0;
      const what = view.getUint16(record + protocol, true);
      if (lowHalf !== a || why !== c || what !== d || highHalf !== b) {
        if (run > 0) add(key, run);
        a = lowHalf;
        b = highHalf;
        c = why;
        d = what;
        key = keys.find(a, b, c, d);
        run = 0;
      }
      run = (run + 1) | 0;
      all = (all + 1) | 0;
      time += head >>> 5;
      at = (record + size) | 0;
    }
    if (run > 0) add(key, run);
    events = all;
    elapsed = time;
    return at;
  }

  function count(view: DataView, record: number): void {
    const highHalf = high < 0 ? 0 : view.getInt32(record + high, true);
    const why = hasReason ? view.getInt32(record + reason, true) : 0;
    const lowHalf = view.getInt32(record + low, true);
    add(keys.find(lowHalf, highHalf, why, view.getUint16(record + protocol, true)), 1);
  }

  function add(key: number, drops: number): void {
    if (key >= counts.length) {
      const grown = new Float64Array(Math.max(counts.length * 2, key + 1));
      grown.set(counts);
      counts = grown;
    }
    counts[key]! += drops;
  }

  function learn(bytes: number): void {
    // Longer ones have their length elsewhere.
    length = bytes <= LONGEST ? bytes : 0;
  }

  function take(): Float64Array {
    const taken = counts;
    counts = new Float64Array(taken.length);
    return taken;
  }
}

/** What an event's head can tell (RINGBUF_TYPE_DATA_TYPE_LEN_MAX). */
const LONGEST = 28 * 4;
