import type { ByteStrings } from './byte-strings.js';
import { type FamiliarRecords, FIXED } from './familiar-record.js';
import { MISMATCH, STARVED, type TextWindow } from './text-window.js';
import type { ByteString } from './trace-record.js';

/**
 * Reads what stands before every record (kernel/trace/trace_output.c trace_print_context()):
 *
 *     `           dmesg-176     [001] ...1.     6.110431: `
 *
 * The name has 16 columns, right-aligned, and may hold any byte but zero: newlines, `-12`, `[001]`, `: `. At most 15
 * of them are used (TASK_COMM_LEN), so the first column is a blank and the 17th a minus. What follows is the pid
 * (padded to 7, or 5 on old kernels), with options/record-tgid `(    176) ` or `(-------) `, the CPU, with
 * options/irq-info 4 or 5 flags, and the time: seconds and microseconds, or a bare number on a clock that does not
 * count nanoseconds (`counter`, `x86-tsc`).
 */
export class TraceHeader {
  /** Nanoseconds; on a clock that does not count them the clock's own number. */
  time = 0;
  cpu = 0;
  tid = 0;
  comm: ByteString | null = null;

  readonly #strings: ByteStrings;
  readonly #familiar: FamiliarRecords;

  constructor(strings: ByteStrings, familiar: FamiliarRecords) {
    this.#strings = strings;
    this.#familiar = familiar;
  }

  /**
   * @param complete no more text will come
   * @returns the position behind the header, MISMATCH where none stands, or STARVED
   */
  read(window: TextWindow, at: number, complete: boolean): number {
    const behind = this.#columns(window, at, complete);
    return behind < 0 ? behind : this.#time(window, at, behind, complete);
  }

  /** Name to CPU, byte by byte. */
  #columns(window: TextWindow, at: number, complete: boolean): number {
    const { bytes, end } = window;
    const starved = complete ? MISMATCH : STARVED;
    if (at >= end) return starved;
    if (bytes[at] !== BLANK) return MISMATCH;
    if (at + NAME >= end) return starved;
    if (bytes[at + NAME] !== MINUS) return MISMATCH;

    let next = at + NAME + 1;
    const tid = number(window, next);
    if (tid < 0) return next >= end ? starved : MISMATCH;
    next = behindDigits(window, next);
    if (bytes[next] !== BLANK) return next >= end ? starved : MISMATCH;
    next = behindBlanks(window, next);
    if (bytes[next] === OPENING) {
      next = behindGroup(window, next);
      if (next >= end) return starved;
      if (bytes[next] !== CLOSING) return MISMATCH;
      next = behindBlanks(window, next + 1);
    }
    if (bytes[next] !== BRACKET) return next >= end ? starved : MISMATCH;
    const cpu = number(window, next + 1);
    if (cpu < 0) return next + 1 >= end ? starved : MISMATCH;
    next = behindDigits(window, next + 1);
    if (bytes[next] !== BRACKET_END) return next >= end ? starved : MISMATCH;
    if (bytes[next + 1] !== BLANK) return next + 1 >= end ? starved : MISMATCH;
    next += 2;

    let from = at;
    while (from < at + NAME && bytes[from] === BLANK) from += 1;
    const name = this.#strings.get(window, from, at + NAME);
    this.comm = name === UNKNOWN ? null : name;
    this.tid = tid;
    this.cpu = cpu;
    if (next === at + FIXED) this.#familiar.learnHeader(at, tid, cpu, this.comm);
    return next;
  }

  /** Flags and time, byte by byte, from behind the CPU on. */
  #time(window: TextWindow, at: number, from: number, complete: boolean): number {
    const { bytes, end } = window;
    const starved = complete ? MISMATCH : STARVED;
    let next = from;
    while (
      (bytes[next] as number) > BLANK &&
      (bytes[next] as number) < NOT_ASCII &&
      next - from <= MOST_FLAGS
    ) {
      next += 1;
    }
    if (bytes[next] !== BLANK) return next >= end ? starved : MISMATCH;
    next = behindBlanks(window, next);
    const seconds = number(window, next);
    if (seconds < 0) return next >= end ? starved : MISMATCH;
    next = behindDigits(window, next);
    const dot = next;
    let time = seconds;
    if (bytes[dot] === DOT) {
      const microseconds = number(window, dot + 1);
      next = behindDigits(window, dot + 1);
      if (next !== dot + 7) return next >= end ? starved : MISMATCH;
      time = seconds * 1e9 + microseconds * 1000;
    }
    if (bytes[next] !== COLON) return next >= end ? starved : MISMATCH;
    if (bytes[next + 1] !== BLANK) return next + 1 >= end ? starved : MISMATCH;
    this.time = time;
    if (bytes[dot] === DOT && from === at + FIXED) this.#familiar.learnSecond(at, dot, seconds);
    return next + 2;
  }
}

/** Value of the digits at `from`, or -1 where there is none or too many. */
function number({ bytes }: TextWindow, from: number): number {
  let value = 0;
  let next = from;
  for (;;) {
    const digit = (bytes[next] as number) - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    next += 1;
    if (next - from > MOST_DIGITS) return -1;
  }
  return next === from ? -1 : value;
}

function behindDigits({ bytes }: TextWindow, from: number): number {
  let next = from;
  while ((bytes[next] as number) >= ZERO && (bytes[next] as number) <= NINE) next += 1;
  return next;
}

function behindBlanks({ bytes }: TextWindow, from: number): number {
  let next = from;
  while (bytes[next] === BLANK) next += 1;
  return next;
}

/** The closing parenthesis of `(    176)` or `(-------)`, or the byte that does not belong there. */
function behindGroup({ bytes }: TextWindow, from: number): number {
  let next = from + 1;
  while (bytes[next] === BLANK || bytes[next] === MINUS) next += 1;
  while ((bytes[next] as number) >= ZERO && (bytes[next] as number) <= NINE) next += 1;
  return next;
}

const NAME = 16;
const UNKNOWN = '<...>';
const MOST_FLAGS = 8;
const MOST_DIGITS = 20;
const BLANK = 32;
const OPENING = 40;
const CLOSING = 41;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const BRACKET = 91;
const BRACKET_END = 93;
const NOT_ASCII = 128;
