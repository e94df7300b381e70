import type { EventText } from './event-text.js';
import { openingTable } from './opening-table.js';
import { MISMATCH, RECORD_LIMIT, type TextWindow } from './text-window.js';
import type { ByteString, EventRecord, FunctionRecord } from './trace-record.js';

/**
 * The fast way through text whose parts have been seen before: the same thread on the same CPU within the same second,
 * a function line as a whole, an event up to its first value. It compares words with what it was taught and takes
 * nothing apart but the microseconds and an event's values. One function, so that all of it stays in registers. What
 * it does not recognise it leaves to TraceHeader and TracePayload, which read everything, and teach it.
 */
export interface FamiliarRecords {
  /** Emits the record at `start`. @returns the position behind it, or MISMATCH where the text is not familiar */
  read(start: number): number;
  /** What the payload at `at` starts with, if that was seen before. */
  opening(at: number): Opening | null;
  learnOpening(at: number, opening: Opening): void;
  /** Remembers the header at `at`, which has the usual columns: 31 bytes up to the blank behind the CPU. */
  learnHeader(at: number, tid: number, cpu: number, comm: ByteString | null): void;
  /**
   * Takes the records to come to have these seconds in these columns.
   * @param at start of the record, which has the usual columns up to the CPU
   * @param dot position of the dot behind the seconds
   */
  learnSecond(at: number, dot: number, seconds: number): void;
}

/** Closed over, not members: what never changes is a constant in the code that the engine makes of `read`. */
export function familiarRecords(
  window: TextWindow,
  emit: (record: FunctionRecord | EventRecord) => void,
): FamiliarRecords {
  const { view } = window;
  // What a module exports or imports is looked up at each use, these are not.
  const behindCpu = FIXED;
  const recordLimit = RECORD_LIMIT;
  const mismatch = MISMATCH;
  const openings = openingTable<Opening>(window);
  /** Headers seen before, by a hash: four words each, see OpeningTable. */
  const headers = new Float64Array(HEADERS * 4).fill(Number.NaN);
  const tids = new Int32Array(HEADERS);
  const cpus = new Int32Array(HEADERS);
  const comms = new Array<ByteString | null>(HEADERS).fill(null);
  /** The slot of the last header on each CPU, by two of its digits. */
  const latest = new Int32Array(CPUS);
  /**
   * The eight bytes up to the dot behind the seconds seen last, the last flag among them: by that flag; then, of wide
   * seconds, the eight bytes behind the blank, and the seconds in nanoseconds.
   */
  const seconds = new Float64Array(LARGE).fill(Number.NaN);
  /** The columns of these seconds: see DOT and those behind it. */
  const columns = new Int32Array(LARGE);
  columns.set([42, 6, FIXED, HIGH_BITS]);

  return {
    read,
    opening: (at) => openings.find(at),
    learnOpening,
    learnHeader,
    learnSecond,
  };

  function read(start: number): number {
    // Known to be 32 bits wide, sums with it need no check of their own.
    const at = start | 0;
    const a = view.getFloat64(at, true);
    const b = view.getFloat64(at + 8, true);
    const c = view.getFloat64(at + 16, true);
    const d = view.getFloat64(at + 23, true);
    const digits = cpuSlot(view.getInt16(at + 27, true));
    let slot = latest[digits] as number;
    const row = slot << 2;
    if (headers[row + 2] !== c || headers[row + 1] !== b || headers[row] !== a || headers[row + 3] !== d) {
      slot = slotOf(at);
      if (slot < 0) return mismatch;
      latest[digits] = slot;
    }

    const dot = (at + (columns[DOT] as number)) | 0;
    const width = columns[SECONDS] as number;
    if (view.getFloat64(dot - 7, true) !== seconds[view.getUint8(dot - 7) & LAST_FLAGS]) return mismatch;
    if (width > 7 && view.getFloat64(dot - width, true) !== seconds[WIDE]) return mismatch;
    const flags = view.getInt32(at + behindCpu, true);
    const last = view.getInt32(at + (columns[FLAGS] as number), true);
    const outside = flags | (flags - PRINTABLE) | last | (last - PRINTABLE);
    if ((outside & (columns[FLAG_BITS] as number)) !== 0) return mismatch;
    const four = view.getInt32(dot + 1, true) - DIGITS;
    const two = view.getInt32(dot + 5, true) - DIGITS_COLON_BLANK;
    const wrong = (four | (four + ABOVE_NINE) | two | (two + ABOVE_NINE_TWICE)) & DIGIT_BITS;
    if ((wrong | (two >>> 16)) !== 0) return mismatch;
    const pairs = (Math.imul(four, 10) + (four >>> 8)) & 0x00ff00ff;
    const microseconds = ((pairs & 255) * 100 + (pairs >>> 16)) * 100 + (two & 255) * 10 + (two >>> 8);
    const time = (seconds[NANOSECONDS] as number) + microseconds * 1000;

    const from = (dot + 9) | 0;
    const opening = openings.find(from);
    if (opening === null) return mismatch;
    const behind = (from + opening.length) | 0;
    const tid = tids[slot] as number;
    const cpu = cpus[slot] as number;
    const comm = comms[slot] as ByteString | null;
    const { event, name } = opening;
    if (event === null) {
      window.delivered = behind;
      emit({ kind: 'function', time, cpu, tid, comm, symbol: name, parent: opening.parent });
      return behind;
    }
    const fields = event.match(behind);
    if (fields === null) return mismatch;
    const next = window.position;
    if (next - from > recordLimit) return mismatch;
    window.delivered = next;
    emit({ kind: 'event', time, cpu, tid, comm, name, fields });
    return next;
  }

  /** Where these words are remembered: in one of the slots for their hash; -1 where they are not. */
  function slotOf(at: number): number {
    const a = view.getFloat64(at, true);
    const b = view.getFloat64(at + 8, true);
    const c = view.getFloat64(at + 16, true);
    const d = view.getFloat64(at + 23, true);
    const home = headerSlot(view, at);
    for (let beside = 0; beside < WAYS; beside++) {
      const slot = home + beside;
      const row = slot << 2;
      if (headers[row + 2] === c && headers[row + 1] === b && headers[row] === a && headers[row + 3] === d)
        return slot;
    }
    return -1;
  }

  function learnOpening(at: number, opening: Opening): void {
    openings.put(at, at + opening.length, opening);
  }

  function learnHeader(at: number, tid: number, cpu: number, comm: ByteString | null): void {
    const a = view.getFloat64(at, true);
    // No kernel prints zeros; eight of them would be equal to other bytes.
    const b = view.getFloat64(at + 8, true) || Number.NaN;
    const c = view.getFloat64(at + 16, true);
    const d = view.getFloat64(at + 23, true);
    // It is here already where only what stands behind it was not familiar.
    if (slotOf(at) >= 0) return;
    const home = headerSlot(view, at);
    // What was here moves to the slots beside it.
    for (let beside = WAYS - 1; beside > 0; beside--) {
      const from = home + beside - 1;
      const to = home + beside;
      headers.copyWithin(to << 2, from << 2, (from << 2) + 4);
      tids[to] = tids[from] as number;
      cpus[to] = cpus[from] as number;
      comms[to] = comms[from] as ByteString | null;
    }
    const row = home << 2;
    headers[row] = a;
    headers[row + 1] = b;
    headers[row + 2] = c;
    headers[row + 3] = d;
    tids[home] = tid;
    cpus[home] = cpu;
    comms[home] = comm;
    latest[cpuSlot(view.getInt16(at + 27, true))] = home;
  }

  function learnSecond(at: number, dot: number, second: number): void {
    const width = Math.max(String(second).length, LEAST_DIGITS) + 1;
    const flags = dot - at - FIXED - width;
    if (width > MOST_WIDTH || (flags !== 0 && flags !== 4 && flags !== 5)) return;
    if (seconds[NANOSECONDS] !== second * 1e9 || columns[DOT] !== dot - at) seconds.fill(Number.NaN);
    seconds[view.getUint8(dot - 7) & LAST_FLAGS] = view.getFloat64(dot - 7, true);
    seconds[WIDE] = width > 7 ? view.getFloat64(dot - width, true) : Number.NaN;
    seconds[NANOSECONDS] = second * 1e9;
    columns.set([dot - at, width, FIXED + (flags === 5 ? 1 : 0), flags === 0 ? 0 : HIGH_BITS]);
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
  return (Math.imul(Math.imul(Math.imul(name ^ cpu, MIX) ^ tid, MIX) ^ (tid >>> 15), MIX) >>> SHIFT) * WAYS;
}

/** Indexes of `columns`: from the start of the record to the dot; from the blank before the seconds to it. */
const DOT = 0;
const SECONDS = 1;
/** Where the last four flags start, and which bits tell that one of four is not printable (none without flags). */
const FLAGS = 2;
const FLAG_BITS = 3;
/** Bits of a flag by which `seconds` is looked up; what else is in there stands behind those. */
const LAST_FLAGS = 15;
const WIDE = 16;
const NANOSECONDS = 17;
/** Small typed arrays may be moved by the garbage collector: their address is no constant. */
const LARGE = 32;

const HEADERS = 8192;
/** Slots in which a header may be, the latest first. */
const WAYS = 4;
/** Leaves as many bits as there are groups of so many slots. */
const SHIFT = 21;
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
