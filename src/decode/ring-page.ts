import { type PageFault, readCommit } from './page-commit.js';
import type { PageLayout } from './page-header.js';

/**
 * Walks the events of one sub-buffer page, as one read of `per_cpu/cpuN/trace_pipe_raw` returns it
 * (include/linux/ring_buffer.h enum ring_buffer_type; kernel/trace/ring_buffer.c ring_buffer_read_page()).
 *
 *     walker.open(page);
 *     while (walker.next()) use(walker.id, walker.offset, walker.length, walker.time);
 *     if (walker.fault) …
 *
 * A cursor and not a callback, and one object for all pages: nothing is allocated per event. Whatever the bytes say,
 * nothing beyond the page and its commit is read.
 */
export class RingPageWalker {
  /** The current event's number, as in the `ID:` line of its format. */
  id = 0;
  /** Byte of the page where the current event's record (its `common_type`) starts. */
  offset = 0;
  /** Bytes of the record, a multiple of 4 and at least 4: up to 3 of them are filling. */
  length = 0;
  /** Nanoseconds on the trace clock, rounded once from the exact value: never out of order within a CPU. */
  time = 0;
  /** Events of this page so far. */
  events = 0;
  /** Events that the kernel lost before this page; null where it knows only that there were some. */
  lost: number | null = 0;
  /** The bytes of the page; good until the next open(). */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Set once next() has returned false; null for a page that is in order. */
  fault: PageFault | null = null;

  readonly #layout: PageLayout;

  #at = 0;
  #end = 0;
  /** The current stamp is #high + #low: #high a multiple of 2^32 and #low well below 2^53, so both stay exact. */
  #high = 0;
  #low = 0;
  #stampHigh = 0;
  #stampLow = 0;
  #headFault: PageFault | null = null;

  constructor(layout: PageLayout) {
    this.#layout = layout;
  }

  /** Starts with another page; `bytes` must not change before the walk is over. */
  open(bytes: Uint8Array): void {
    const { timestamp, data } = this.#layout;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const commit = readCommit(view, this.#layout);
    const hasStamp = view.byteLength >= data;
    this.view = view;
    this.events = 0;
    this.lost = commit.lost;
    this.fault = null;
    this.#headFault = commit.fault;
    this.#end = commit.end;
    this.#at = Math.min(data, commit.end);
    this.#stampLow = this.#low = hasStamp ? view.getUint32(timestamp, true) : 0;
    this.#stampHigh = hasStamp ? view.getUint32(timestamp + 4, true) : 0;
    this.#high = this.#stampHigh * TWO_32;
  }

  /** Goes to the next event; false at the end of the page. */
  next(): boolean {
    const view = this.view;
    const end = this.#end;
    let at = this.#at;
    while (at + 4 <= end) {
      const head = view.getUint32(at, true);
      const type = head & 31;
      const delta = head >>> 5;
      if (type !== 0 && type <= DATA_TYPE_LEN_MAX) {
        const length = type * 4;
        if (at + 4 + length > end) return this.#stop(at, overrun('an event', length, end - at - 4));
        this.#low += delta;
        return this.#found(at + 4, length);
      }
      if (type === PADDING && delta === 0) {
        this.#at = end;
        this.fault = this.#headFault;
        return false;
      }
      if (at + 8 > end) return this.#stop(at, overrun('an event head', 8, end - at));
      const word = view.getUint32(at + 4, true);
      if (type === TIME_EXTEND) {
        this.#high += (word >>> 5) * TWO_32;
        this.#low += (word & 31) * TWO_27 + delta;
        at += 8;
      } else if (type === TIME_STAMP) {
        this.#setAbsolute(word >>> 5, (word & 31) * TWO_27 + delta);
        at += 8;
      } else {
        // Here `word` is a length in bytes that counts itself: of a big event, or of a discarded one.
        const least = type === PADDING ? 4 : 8;
        if (word < least || word % 4 !== 0) {
          return this.#stop(at, `an event's length is ${word}, expected a multiple of 4 from ${least} on`);
        }
        if (word > end - at - 4) return this.#stop(at, overrun('an event', word, end - at - 4));
        this.#low += delta;
        if (type !== PADDING) return this.#found(at + 8, word - 4);
        at += 4 + word;
      }
    }
    if (at < end) return this.#stop(at, overrun('an event head', 4, end - at));
    this.#at = end;
    this.fault = this.#headFault;
    return false;
  }

  #found(offset: number, length: number): true {
    this.id = this.view.getUint16(offset, true);
    this.offset = offset;
    this.length = length;
    this.time = this.#high + this.#low;
    this.events += 1;
    this.#at = offset + length;
    return true;
  }

  /** Absolute stamps hold 59 bits; the others come from the page's stamp (ring_buffer.c rb_fix_abs_ts()). */
  #setAbsolute(high: number, low: number): void {
    const top = this.#stampHigh & 0xf8000000;
    let fixed = high;
    if (top !== 0) {
      fixed = (top | high) >>> 0;
      if (fixed < this.#stampHigh || (fixed === this.#stampHigh && low < this.#stampLow)) fixed += 2 ** 27;
    }
    this.#high = fixed * TWO_32;
    this.#low = low;
  }

  #stop(offset: number, why: string): false {
    this.fault = { offset, why };
    this.#at = this.#end;
    this.#headFault = this.fault;
    return false;
  }
}

const DATA_TYPE_LEN_MAX = 28;
const PADDING = 29;
const TIME_EXTEND = 30;
const TIME_STAMP = 31;

const TWO_27 = 2 ** 27;
const TWO_32 = 2 ** 32;

function overrun(what: string, needed: number, left: number): string {
  return `${what} needs ${needed} bytes, ${left} are left in the page`;
}
