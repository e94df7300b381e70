import type { EventText } from './event-text.js';
import { OpeningTable } from './opening-table.js';
import { RECORD_LIMIT, type TextWindow } from './text-window.js';
import type { ByteString, EventRecord, FunctionRecord } from './trace-record.js';

/**
 * The fast way through text whose parts have been seen before: the same thread on the same CPU within the same second,
 * a function line as a whole, an event up to its first value. It compares words with what it was taught and takes
 * nothing apart but the microseconds and an event's values. One function, so that all of it stays in registers. What
 * it does not recognise it leaves to TraceHeader and TracePayload, which read everything, and teach it.
 */
export class FamiliarRecord {
  readonly #openings = new OpeningTable<Opening>();
  /** Headers seen before, by a hash: four words each, see OpeningTable. */
  readonly #headers = new Float64Array(HEADERS * 4).fill(Number.NaN);
  readonly #tids = new Int32Array(HEADERS);
  readonly #cpus = new Int32Array(HEADERS);
  readonly #comms = new Array<ByteString | null>(HEADERS).fill(null);
  /** The slot of the last header on each CPU, by two of its digits. */
  readonly #latest = new Int32Array(CPUS);
  /**
   * The eight bytes up to the dot behind the seconds seen last, the last flag among them: by that flag. Wide seconds
   * also have the eight bytes behind the blank.
   */
  readonly #seconds = new Float64Array(16).fill(Number.NaN);
  #first = Number.NaN;
  /** Bytes from the start of the record to the dot, and from the blank before the seconds to it. */
  #dot = 42;
  #width = 6;
  /** Where the last four flags start, and which bits tell that one of four is not printable (none without flags). */
  #lastFlags = FIXED;
  #flagBits = HIGH_BITS;
  #nanoseconds = 0.5;

  /** @returns the record, with the window's position behind it; null where the text is not familiar */
  read(window: TextWindow, start: number): FunctionRecord | EventRecord | null {
    const { view } = window;
    // Known to be 32 bits wide, sums with it need no check of their own.
    const at = start | 0;
    const a = view.getFloat64(at, true);
    const b = view.getFloat64(at + 8, true);
    const c = view.getFloat64(at + 16, true);
    const d = view.getFloat64(at + 23, true);
    const headers = this.#headers;
    const digits = cpuSlot(view.getInt16(at + 27, true));
    let slot = this.#latest[digits] as number;
    const row = slot << 2;
    if (headers[row + 2] !== c || headers[row + 1] !== b || headers[row] !== a || headers[row + 3] !== d) {
      slot = this.#slotOf(view, at, a, b, c, d);
      if (slot < 0) return null;
      this.#latest[digits] = slot;
    }

    const dot = (at + this.#dot) | 0;
    if (view.getFloat64(dot - 7, true) !== this.#seconds[view.getUint8(dot - 7) & 15]) return null;
    if (this.#width > 7 && view.getFloat64(dot - this.#width, true) !== this.#first) return null;
    const flags = view.getInt32(at + FIXED, true);
    const last = view.getInt32(at + this.#lastFlags, true);
    if (((flags | (flags - PRINTABLE) | last | (last - PRINTABLE)) & this.#flagBits) !== 0) return null;
    const four = view.getInt32(dot + 1, true) - DIGITS;
    const two = view.getInt32(dot + 5, true) - DIGITS_COLON_BLANK;
    if (
      ((four | (four + ABOVE_NINE) | two | (two + ABOVE_NINE_TWICE)) & DIGIT_BITS) !== 0 ||
      two >>> 16 !== 0
    )
      return null;
    const pairs = (Math.imul(four, 10) + (four >>> 8)) & 0x00ff00ff;
    const microseconds = ((pairs & 255) * 100 + (pairs >>> 16)) * 100 + (two & 255) * 10 + (two >>> 8);
    const time = this.#nanoseconds + microseconds * 1000;

    const from = (dot + 9) | 0;
    const opening = this.#openings.find(window, from);
    if (opening === null) return null;
    const behind = (from + opening.length) | 0;
    const tid = this.#tids[slot] as number;
    const cpu = this.#cpus[slot] as number;
    const comm = this.#comms[slot] as ByteString | null;
    const { event } = opening;
    if (event === null) {
      window.position = behind;
      return {
        kind: 'function',
        time,
        cpu,
        tid,
        comm,
        symbol: opening.name,
        parent: opening.parent,
      };
    }
    const fields = event.match(window, behind);
    if (fields === null || window.position - from > RECORD_LIMIT) return null;
    return { kind: 'event', time, cpu, tid, comm, name: opening.name, fields };
  }

  /** Where these words are remembered: in their slot or in the one beside it; -1 where they are not. */
  #slotOf(view: DataView, at: number, a: number, b: number, c: number, d: number): number {
    const headers = this.#headers;
    const slot = headerSlot(view, at);
    for (let each = slot, tries = 0; tries < 2; each ^= 1, tries++) {
      const row = each << 2;
      if (headers[row + 2] === c && headers[row + 1] === b && headers[row] === a && headers[row + 3] === d)
        return each;
    }
    return -1;
  }

  /** What the payload at `at` starts with, if that was seen before. */
  opening(window: TextWindow, at: number): Opening | null {
    return this.#openings.find(window, at);
  }

  learnOpening(window: TextWindow, at: number, opening: Opening): void {
    this.#openings.put(window, at, at + opening.length, opening);
  }

  /** Remembers the header at `at`, which has the usual columns: 31 bytes up to the blank behind the CPU. */
  learnHeader({ view }: TextWindow, at: number, tid: number, cpu: number, comm: ByteString | null): void {
    const slot = headerSlot(view, at);
    const headers = this.#headers;
    // What was here moves to the slot beside it.
    const row = slot << 2;
    headers.copyWithin((slot ^ 1) << 2, row, row + 4);
    this.#tids[slot ^ 1] = this.#tids[slot] as number;
    this.#cpus[slot ^ 1] = this.#cpus[slot] as number;
    this.#comms[slot ^ 1] = this.#comms[slot] as ByteString | null;
    headers[row] = view.getFloat64(at, true);
    headers[row + 1] = view.getFloat64(at + 8, true);
    headers[row + 2] = view.getFloat64(at + 16, true);
    headers[row + 3] = view.getFloat64(at + 23, true);
    this.#tids[slot] = tid;
    this.#cpus[slot] = cpu;
    // No kernel prints zeros; eight of them would be equal to other bytes.
    if (headers[row + 1] === 0) headers[row + 1] = Number.NaN;
    this.#comms[slot] = comm;
    this.#latest[cpuSlot(view.getInt16(at + 27, true))] = slot;
  }

  /**
   * Takes the records to come to have these seconds in these columns.
   * @param at start of the record, which has the usual columns up to the CPU
   * @param dot position of the dot behind the seconds
   */
  learnSecond({ view }: TextWindow, at: number, dot: number, seconds: number): void {
    const width = Math.max(String(seconds).length, LEAST_DIGITS) + 1;
    const flags = dot - at - FIXED - width;
    if (width > MOST_WIDTH || (flags !== 0 && flags !== 4 && flags !== 5)) return;
    if (this.#nanoseconds !== seconds * 1e9 || this.#dot !== dot - at) this.#seconds.fill(Number.NaN);
    this.#seconds[view.getUint8(dot - 7) & 15] = view.getFloat64(dot - 7, true);
    this.#first = width > 7 ? view.getFloat64(dot - width, true) : Number.NaN;
    this.#dot = dot - at;
    this.#width = width;
    this.#lastFlags = FIXED + (flags === 5 ? 1 : 0);
    this.#flagBits = flags === 0 ? 0 : HIGH_BITS;
    this.#nanoseconds = seconds * 1e9;
  }
}

/** Bytes of a header in the usual columns: `           dmesg-176     [001] `. */
export const FIXED = 31;

/** How a payload starts, and what that means. */
export interface Opening {
  /** Bytes of the whole function line, or of the event up to its first value. */
  length: number;
  /** Bytes of the event's name with what separates it from its text. */
  head: number;
  name: string;
  parent: string | null;
  /** Null for a function line. */
  event: EventText | null;
}

/** @param digits the last two of the CPU */
function cpuSlot(digits: number): number {
  return ((digits & 15) << 4) | ((digits >>> 8) & 15);
}

function headerSlot(view: DataView, at: number): number {
  const name = view.getInt32(at + 12, true) ^ view.getInt32(at + 8, true);
  const cpu = view.getInt32(at + 27, true);
  const tid = view.getInt32(at + 17, true) ^ Math.imul(view.getInt32(at + 21, true), MIX);
  return Math.imul(Math.imul(Math.imul(name ^ cpu, MIX) ^ tid, MIX) ^ (tid >>> 15), MIX) >>> SHIFT;
}

const HEADERS = 8192;
const SHIFT = 19;
const CPUS = 256;
const MIX = 0x9e3779b1;

/** `%5lu` */
const LEAST_DIGITS = 5;
/** A blank and ten digits: seconds since 1970 on the clock `tai`. */
const MOST_WIDTH = 11;

/** Constants for four bytes at once: `0000`, `00: `, what makes bytes above 9 carry, the first printable byte. */
const DIGITS = 0x30303030;
const DIGITS_COLON_BLANK = 0x203a3030;
const ABOVE_NINE = 0x76767676;
const ABOVE_NINE_TWICE = 0x7676;
const DIGIT_BITS = 0x80808080 | 0;
const PRINTABLE = 0x21212121;
const HIGH_BITS = 0x80808080 | 0;
