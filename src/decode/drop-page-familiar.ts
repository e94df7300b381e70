import type { DropFieldOffsets } from './drop-page-fields.js';
import type { DropPageSlots } from './drop-page-slots.js';

/**
 * The fast way through the pages in one buffer: drops of one length, one behind the other. What is none stops it, and
 * is left to RingPageWalker.
 */
export interface FamiliarPages {
  /** Of the whole buffer. */
  readonly view: DataView;
  /**
   * Counts drops from byte `from` of the buffer on.
   * @param length bytes of each one's record; 0 before it is known
   * @returns the position behind the last one
   */
  read(from: number, end: number, length: number): number;
  /** How many read() counted. */
  events(): number;
  /** Nanoseconds from the page's stamp to the last of them. */
  elapsed(): number;
}

/** Closed over, not members: what never changes is a constant in the code that the engine makes of `read`. */
export function familiarPages(
  view: DataView,
  id: number,
  fields: DropFieldOffsets,
  { hits, find, counted }: DropPageSlots,
): FamiliarPages {
  const { low, high, reason, protocol } = fields;
  const hasReason = reason >= 0;
  let events = 0;
  let elapsed = 0;

  return { view, read, events: () => events, elapsed: () => elapsed };

  function read(from: number, end: number, length: number): number {
    const type = length >>> 2;
    const stop = length === 0 ? -1 : (end - 4 - length) | 0;
    let at = from | 0;
    let time = 0;
    let all = 0;
    while (at <= stop) {
      const head = view.getInt32(at, true);
      const record = (at + 4) | 0;
      if ((head & 31) !== type || view.getUint16(record, true) !== id) break;
      const slot = find(
        view.getInt32(record + low, true),
        high < 0 ? 0 : view.getInt32(record + high, true),
        hasReason ? view.getInt32(record + reason, true) : 0,
        view.getUint16(record + protocol, true),
      );
      hits[slot]! += 1;
      all = (all + 1) | 0;
      time += head >>> 5;
      at = (record + length) | 0;
    }
    counted(all);
    events = all;
    elapsed = time;
    return at;
  }
}

/** What an event's head can tell of a record's length (RINGBUF_TYPE_DATA_TYPE_LEN_MAX): longer ones have it elsewhere. */
export const LONGEST_FAMILIAR = 28 * 4;
