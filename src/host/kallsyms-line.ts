import type { ByteString } from '../decode/trace-record.js';

/**
 * A cursor over `/proc/kallsyms` text, one symbol a step: `ffffffff834ff900 T do_syslog` and, for modules, a tab and
 * `[name]` (kernel/kallsyms.c s_show()). Lines of any other form are stepped over.
 */
export class KallsymsLine {
  start = 0;
  /** The address, as two unsigned halves. */
  hi = 0;
  lo = 0;
  /** nm(1)'s letter as a byte. */
  type = 0;
  nameStart = 0;
  nameEnd = 0;
  readonly #text: Buffer;
  #next: number;

  constructor(text: Buffer, at = 0) {
    this.#text = text;
    this.#next = at;
  }

  seek(at: number): void {
    this.#next = at;
  }

  /** Moves to the next symbol; false at the end. */
  next(): boolean {
    const text = this.#text;
    const length = text.length;
    let at = this.#next;
    while (at < length) {
      this.start = at;
      let hi = 0;
      let lo = 0;
      for (; at < length; at++) {
        const digit = HEX[text[at]!]!;
        if (digit > 15) break;
        hi = (hi << 4) | (lo >>> 28);
        lo = (lo << 4) | digit;
      }
      const digits = at - this.start;
      const named = digits > 0 && digits <= 16 && at + 3 < length && text[at] === 32 && text[at + 2] === 32;
      const nameStart = at + 3;
      let nameEnd = -1;
      for (at = named ? nameStart : at; at < length; at++) {
        const byte = text[at]!;
        if (byte === 10) break;
        if (byte === 9 && nameEnd === -1) nameEnd = at;
      }
      const end = at;
      at++;
      if (!named || end === nameStart || nameEnd === nameStart || text[nameStart - 2]! <= 32) continue;
      this.#next = at;
      this.hi = hi >>> 0;
      this.lo = lo >>> 0;
      this.type = text[nameStart - 2]!;
      this.nameStart = nameStart;
      this.nameEnd = nameEnd === -1 ? end : nameEnd;
      return true;
    }
    this.#next = at;
    return false;
  }

  address(): bigint {
    return (BigInt(this.hi) << 32n) | BigInt(this.lo);
  }

  name(): ByteString {
    return this.#text.toString('latin1', this.nameStart, this.nameEnd);
  }

  nameIs(name: Uint8Array): boolean {
    if (this.nameEnd - this.nameStart !== name.length) return false;
    for (let i = 0; i < name.length; i++) if (this.#text[this.nameStart + i] !== name[i]) return false;
    return true;
  }

  /** What stands in `[brackets]` behind the name. */
  module(): ByteString | null {
    if (this.#text[this.nameEnd] !== 9 || this.#text[this.nameEnd + 1] !== 91) return null;
    const newline = this.#text.indexOf(10, this.nameEnd);
    const close = this.#text.lastIndexOf(93, newline === -1 ? undefined : newline);
    return close > this.nameEnd + 2 ? this.#text.toString('latin1', this.nameEnd + 2, close) : null;
  }

  /** A function: global, local or weak. */
  isText(): boolean {
    const letter = this.type | 0x20;
    return letter === 0x74 || letter === 0x77;
  }

  /** How good a name for its address this is, among several: more is better (the rule stands at KernelSymbols). */
  rank(): number {
    let at = this.nameStart;
    while (at < this.nameEnd && (this.#text[at] === 0x5f || this.#text[at] === 0x2e)) at++;
    const leading = Math.min(at - this.nameStart, 15);
    // A search by Buffer would go on to the next dot of any name, and that may be megabytes away.
    while (at < this.nameEnd && this.#text[at] !== 0x2e) at++;
    const suffixed = at < this.nameEnd;
    const global = (this.type & 0x20) === 0;
    return (this.isText() ? 64 : 0) + (global ? 32 : 0) + 2 * (15 - leading) + (suffixed ? 0 : 1);
  }
}

/** The same bytes with Buffer's searches. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The value of a hexadecimal digit by its byte; 255 for every other byte. */
const HEX = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}
