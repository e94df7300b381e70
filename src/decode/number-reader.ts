import type { Wrap } from './print-format.js';
import { HEX_DIGITS, wrapHex } from './printed-number.js';
import { MISMATCH, type TextWindow } from './text-window.js';

/**
 * Reads the usual numbers of an event: those beyond are left to the slow way. Both leave the window's position behind
 * the number, or at MISMATCH. One pair of functions for all events, so that the engine soon knows what comes.
 */
export interface NumberReader {
  /** Digits with or without a minus, up to `most`. */
  decimal(at: number, minusToo: boolean, most: number): number;
  /** 1 to 16 hex digits without `0x`, as a field of this size and sign has them. */
  hex(at: number, wrap: Wrap): number | bigint;
  /** 16 hex digits, in one go; -1 where something else stands. */
  pointer(at: number): number | bigint;
}

export function numberReader(window: TextWindow): NumberReader {
  const { bytes, view } = window;
  return { decimal, hex, pointer };

  function decimal(at: number, minusToo: boolean, most: number): number {
    const minus = bytes[at] === MINUS ? 1 : 0;
    let next = (at + minus) | 0;
    let value = (bytes[next] as number) - ZERO;
    if (value < 0 || value > 9) {
      window.position = MISMATCH;
      return 0;
    }
    for (;;) {
      next = (next + 1) | 0;
      const digit = (bytes[next] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    window.position = value > most || (minus === 1 && !minusToo) ? MISMATCH : next;
    // Without a branch that the engine may not have seen taken; never -0.
    return value - 2 * value * minus;
  }

  function hex(at: number, wrap: Wrap): number | bigint {
    let next = at | 0;
    const few = (next + FEW) | 0;
    let low = 0;
    let digit = HEX_DIGITS[bytes[next] as number] as number;
    while (digit < 16 && next < few) {
      low = (low << 4) | digit;
      next = (next + 1) | 0;
      digit = HEX_DIGITS[bytes[next] as number] as number;
    }
    if (digit < 16) return long(at, next, low, wrap);
    window.position = next === at ? MISMATCH : next;
    return wrap === 0 || wrap >= 32 || wrap <= -32 ? low : wrapHex(0, low, wrap);
  }

  function long(at: number, from: number, value: number, wrap: Wrap): number | bigint {
    let next = from;
    let low = value;
    let high = 0;
    for (;;) {
      const digit = HEX_DIGITS[bytes[next] as number] as number;
      if (digit > 15) break;
      high = (high << 4) | (low >>> 28);
      low = (low << 4) | digit;
      next = (next + 1) | 0;
    }
    window.position = next - at > 16 ? MISMATCH : next;
    return wrapHex(high, low, wrap);
  }

  function pointer(start: number): number | bigint {
    const at = start | 0;
    if ((HEX_DIGITS[bytes[at + 16] as number] as number) < 16) return -1;
    let high = 0;
    let wrong = 0;
    if (view.getFloat64(at, true) !== EIGHT_ZEROS) {
      const a = HEX_PAIRS[view.getUint16(at, true)] as number;
      const b = HEX_PAIRS[view.getUint16(at + 2, true)] as number;
      const c = HEX_PAIRS[view.getUint16(at + 4, true)] as number;
      const d = HEX_PAIRS[view.getUint16(at + 6, true)] as number;
      wrong = a | b | c | d;
      high = (a << 24) | (b << 16) | (c << 8) | d;
    }
    if (view.getFloat64(at + 8, true) === EIGHT_ZEROS && high === 0) return wrong < 0 ? -1 : 0;
    const a = HEX_PAIRS[view.getUint16(at + 8, true)] as number;
    const b = HEX_PAIRS[view.getUint16(at + 10, true)] as number;
    const c = HEX_PAIRS[view.getUint16(at + 12, true)] as number;
    const d = HEX_PAIRS[view.getUint16(at + 14, true)] as number;
    if ((wrong | a | b | c | d) < 0) return -1;
    const low = (a << 24) | (b << 16) | (c << 8) | d;
    return high === 0 ? low >>> 0 : wrapHex(high, low, 0);
  }
}

/** By two bytes as they stand: the number that these hex digits make, or -1; large, but few lines of it are used. */
export const HEX_PAIRS = new Int16Array(0x10000).fill(-1);
for (let pair = 0; pair < 256; pair++) {
  const [high, low] = pair.toString(16).padStart(2, '0') as unknown as [string, string];
  HEX_PAIRS[high.charCodeAt(0) | (low.charCodeAt(0) << 8)] = pair;
}
/** The digits `00000000` as a fraction. */
const EIGHT_ZEROS = new Float64Array(new Uint32Array([0x30303030, 0x30303030]).buffer)[0] as number;

/** Digits that leave the sign bit of 32 alone. */
const FEW = 7;
const MINUS = 45;
const ZERO = 48;
