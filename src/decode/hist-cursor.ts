import type { HistSymbol, HistThread } from './hist-key.js';
import { HEX_DIGITS } from './printed-number.js';
import type { ByteString } from './trace-record.js';

/**
 * Reads the values of a hist file one after the other, each as kernel/trace/trace_events_hist.c
 * hist_trigger_print_key() prints it. Null where no such value stands; the position is anywhere then. Strings are
 * copies: parts of a text would keep all of it in memory.
 */
export class HistCursor {
  readonly text: ByteString;
  position = 0;

  constructor(text: ByteString) {
    this.text = text;
  }

  skip(expected: string): boolean {
    if (!this.text.startsWith(expected, this.position)) return false;
    this.position += expected.length;
    return true;
  }

  /** `%10llu` */
  number(): number | bigint | null {
    const from = this.position;
    let first = from;
    while (this.text.charCodeAt(first) === BLANK) first += 1;
    let end = first;
    let value = 0;
    for (;;) {
      const digit = this.text.charCodeAt(end) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      end += 1;
    }
    this.position = end;
    const width = end - from;
    if (end === first || end - first > 20 || width < 10 || (width > 10 && first > from)) return null;
    return value <= Number.MAX_SAFE_INTEGER ? value : BigInt(this.text.slice(first, end));
  }

  /** `%llx` */
  hex(): number | bigint | null {
    const from = this.position;
    let end = from;
    let value = 0;
    for (;;) {
      const digit = HEX_DIGITS[this.text.charCodeAt(end)];
      if (digit === undefined || digit > 15) break;
      value = value * 16 + digit;
      end += 1;
    }
    this.position = end;
    if (end === from || end - from > 16) return null;
    return value <= Number.MAX_SAFE_INTEGER ? value : BigInt(`0x${this.text.slice(from, end)}`);
  }

  /**
   * `%-50s`: so many bytes, whatever they are, if `mark` stands behind them. A longer one ends where the first mark is.
   */
  padded(width: number, mark: string): ByteString | null {
    const from = this.position;
    this.position = from + width;
    if (this.text.startsWith(mark, this.position)) return this.#unpadded(from);
    const length = this.text.slice(from, from + LONGEST + mark.length).indexOf(mark, width);
    if (length === -1) return null;
    this.position = from + length;
    return copied(this.text.slice(from, this.position));
  }

  /** `[%llx] %-45ps` or `[%llx] %-55pS` */
  symbol(width: number, mark: string): HistSymbol | null {
    if (!this.skip('[')) return null;
    const address = this.hex();
    if (address === null || !this.skip('] ')) return null;
    const symbol = this.padded(width, mark);
    return symbol === null ? null : { address: BigInt(address), symbol };
  }

  /** `%-16s[%10llu]`, where the name has 15 bytes at most. */
  thread(): HistThread | null {
    const from = this.position;
    this.position += 16;
    const comm = this.#unpadded(from);
    if (!this.skip('[')) return null;
    const tid = this.number();
    return tid === null || !this.skip(']') ? null : { tid: Number(tid), comm };
  }

  /** Lines of nine blanks and `%pS`. */
  stack(): ByteString[] {
    const frames: ByteString[] = [];
    while (this.text.startsWith(BEFORE_FRAME, this.position)) {
      const end = this.text.indexOf('\n', this.position);
      if (end === -1) break;
      frames.push(copied(this.text.slice(this.position + BEFORE_FRAME.length, end)));
      this.position = end + 1;
    }
    return frames;
  }

  #unpadded(from: number): ByteString {
    let end = this.position;
    while (end > from && this.text.charCodeAt(end - 1) === BLANK) end -= 1;
    return copied(this.text.slice(from, end));
  }
}

function copied(part: string): ByteString {
  return Buffer.from(part, 'latin1').toString('latin1');
}

const BLANK = 0x20;
const ZERO = 0x30;
const BEFORE_FRAME = ' '.repeat(9);
/** The kernel keeps 255 bytes of a string (include/linux/trace_events.h MAX_FILTER_STR_VAL), and symbols are shorter. */
const LONGEST = 512;
