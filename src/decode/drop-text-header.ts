import type { DropTextWindow } from './drop-text-window.js';

/**
 * Reads what stands before an event in trace text, byte by byte, for any columns (kernel/trace/trace_output.c
 * trace_print_context()): a name of 16 columns that may hold any byte, newlines and `[001]` among them, `-`, the pid,
 * with options/record-tgid `(    176) `, the CPU, flags or none, and the time, which is a bare number on a clock that
 * does not count nanoseconds.
 */
export class DropTextHeader {
  /** Nanoseconds; on a clock that does not count them the clock's own number. */
  time = 0;
  /** Position of the first flag, or of what stands there without flags. */
  flags = 0;
  flagCount = 0;
  /** Position of the colon behind the time. */
  colon = 0;

  readonly #window: DropTextWindow;
  #at = 0;
  #digits = 0;
  #value = 0;

  constructor(window: DropTextWindow) {
    this.#window = window;
  }

  /** @returns whether a header stands at `at`; null where the text ends before that is known */
  read(at: number): boolean | null {
    const { bytes, end } = this.#window;
    const known = this.#read(bytes, at);
    // A zero behind the text is what no header has there; with more text it may be another byte.
    return known || this.#at < end ? known : null;
  }

  #read(bytes: Uint8Array, at: number): boolean {
    this.#at = at;
    if (bytes[at] !== BLANK) return false;
    this.#at = at + NAME;
    if (!this.#take(MINUS)) return false;
    this.#number();
    if (this.#take(OPENING)) {
      while (bytes[this.#at] === MINUS) this.#at += 1;
      this.#number();
      if (!this.#take(CLOSING)) return false;
      this.#number();
    }
    if (!this.#take(BRACKET)) return false;
    this.#number();
    if (this.#digits === 0 || !this.#take(BRACKET_END) || !this.#take(BLANK)) return false;

    this.flags = this.#at;
    while (this.#isFlag() && this.#at - this.flags <= MOST_FLAGS) this.#at += 1;
    if (this.#at >= this.#window.end) return false;
    this.flagCount = this.#at - this.flags;
    // Without flags, wide seconds follow at once.
    if (this.flagCount > MOST_FLAGS || bytes[this.#at] !== BLANK) this.flagCount = 0;
    this.#at = this.flags + this.flagCount;
    this.#number();
    const seconds = this.#value;
    if (this.#take(DOT)) {
      const from = this.#at;
      this.#number();
      if (this.#digits !== MICROSECONDS || this.#at - from !== MICROSECONDS) return false;
      this.time = seconds * 1e9 + this.#value * 1000;
    } else {
      if (this.#digits === 0) return false;
      this.time = seconds;
    }
    this.colon = this.#at;
    return this.#take(COLON) && this.#take(BLANK);
  }

  #isFlag(): boolean {
    const byte = this.#window.bytes[this.#at] as number;
    return byte > BLANK && byte < NOT_ASCII;
  }

  #take(byte: number): boolean {
    if (this.#window.bytes[this.#at] !== byte) return false;
    this.#at += 1;
    return true;
  }

  /** Digits and the blanks around them: numbers are padded on either side. */
  #number(): void {
    const { bytes } = this.#window;
    const stop = this.#at + LONGEST_NUMBER;
    this.#digits = 0;
    this.#value = 0;
    while (this.#at < stop) {
      const byte = bytes[this.#at] as number;
      if (byte >= ZERO && byte <= NINE) {
        this.#value = this.#value * 10 + byte - ZERO;
        this.#digits += 1;
      } else if (byte !== BLANK) {
        return;
      }
      this.#at += 1;
    }
  }
}

const NAME = 16;
const MOST_FLAGS = 8;
const MICROSECONDS = 6;
const LONGEST_NUMBER = 32;
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
