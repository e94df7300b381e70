import { NO_KEY } from './drop-text-keys.js';
import type { DropTextSlots } from './drop-text-slots.js';
import type { DropTextWindow } from './drop-text-window.js';

/**
 * The fast way through lines of `skb:kfree_skb`: what every line has is checked where it stood in the last one, by
 * words; the key (protocol, location, reason, newline) is compared with the one that this CPU had last, then with one
 * that starts alike. So no line's end is searched for, and nothing is taken apart. What does not fit is left to
 * DropTextCounter, which reads any columns, and teaches these.
 *
 *     `          <idle>-0       [000] ..s1.     6.110431: kfree_skb: skbaddr=00000000ea9c5e9f rx_sk=… protocol=…`
 *      0              16 17      25   31    37     colon: 49                 70              86     key: 109
 */
export interface FamiliarDrops {
  /** Counts some drops from `from` on. @returns the position behind the last one, `from` when the next is not familiar */
  read(from: number, end: number): number;
  /** Takes the lines to come to have these columns, if they are usual ones. */
  learn(columns: DropColumns): void;
  /** Nanoseconds in the line that read() counted last. */
  time(): number;
}

/** Where things stand in a line, in bytes from its start. */
export interface DropColumns {
  /** The first flag, or the blank where there are none. */
  flags: number;
  /** How many flags there are: 4, or 5 from 5.17 on. */
  flagCount: number;
  /** The colon behind the time. */
  colon: number;
  /** The blank before `protocol=`. */
  key: number;
}

/** Closed over, not members: what never changes is a constant in the code that the engine makes of `read`. */
export function familiarDrops({ view }: DropTextWindow, slots: DropTextSlots): FamiliarDrops {
  const { lengths, hits, match, find } = slots;
  /** By the last two digits of the CPU: the slot it is thought to have, and the one that it had instead. */
  const latest = new Int32Array(CPUS);
  const missed = new Int32Array(CPUS);
  /** Columns, see learn(). */
  let colonAt = 0;
  let secondsAt = 0;
  let keyAt = 0;
  let withSocket = false;
  /** Start of the line that was counted last. */
  let last = 0;

  return { read, learn, time };

  function read(from: number, end: number): number {
    if (colonAt === 0) return from;
    // Known to be 32 bits wide, sums with it need no check of their own.
    let at = from | 0;
    const toColon = colonAt | 0;
    const toSeconds = secondsAt | 0;
    const toKey = keyAt | 0;
    const socket = withSocket;
    let before = last;
    for (let most = LINES_A_CALL; most > 0; most--) {
      const colon = (at + toColon) | 0;
      const seconds = (at + toSeconds) | 0;
      const cpu = view.getInt32(at + 27, true);
      // Each byte of these is 0 to 9 where a digit or a blank stands, or 0 where anything else does as it should.
      const a = (view.getInt32(at + 16, true) | BLANKS_BEHIND) ^ MINUS_DIGITS;
      const b = (view.getInt32(at + 20, true) | BLANKS) ^ DIGITS;
      const c = view.getInt32(at + 24, true) ^ CPU_OPENING;
      const d = cpu ^ CPU_CLOSING;
      const e = (view.getInt32(seconds, true) | BLANKS) ^ DIGITS;
      const f = (view.getInt32(colon - 11, true) | BLANKS) ^ DIGITS;
      const g = view.getInt32(colon - 7, true) ^ DOT_DIGITS;
      const h = view.getInt32(colon - 4, true) ^ DIGITS;
      // Flags are printable; behind the last three stands a blank.
      const i = view.getInt32(at + 31, true);
      const j = view.getInt32(seconds - 4, true) ^ LAST_BLANK;
      const numbersWrong =
        a |
        (a + 0x7676767f) |
        b |
        (b + 0x76767676) |
        c |
        (c + 0x76767f7f) |
        d |
        (d + 0x7f7f7676) |
        e |
        (e + 0x76767676) |
        f |
        (f + 0x76767676) |
        g |
        (g + 0x7676767f) |
        h |
        (h + 0x76767676);
      const flagsWrong = i | (i - 0x21212121) | j | (j + 0x7edededf);
      if (((numbersWrong | flagsWrong) & HIGH_BITS) !== 0 || view.getUint8(at) !== BLANK) break;
      if (
        view.getFloat64(colon, true) !== KFREE ||
        view.getFloat64(colon + 8, true) !== SKB_SKB ||
        view.getFloat64(colon + 13, true) !== SKBADDR
      ) {
        break;
      }
      if (socket) {
        const named = (view.getInt32(colon + 37, true) ^ RX) | (view.getInt32(colon + 40, true) ^ SK);
        if (named !== 0) break;
      }

      const key = (at + toKey) | 0;
      const who = cpu & CPU_DIGITS;
      let slot = latest[who]!;
      let length = match(slot, key);
      if (length === 0) {
        slot = find(key, end);
        if (slot === NO_KEY) break;
        length = lengths[slot]!;
        // One stranger does not change what is expected, two of a kind do.
        if (missed[who] === slot) latest[who] = slot;
        else missed[who] = slot;
      }
      hits[slot]! += 1;
      before = at;
      at = (key + length) | 0;
    }
    last = before;
    return at;
  }

  function learn({ flags, flagCount, colon, key }: DropColumns): void {
    const width = colon - MICROSECONDS - FLAGS - flagCount - 1;
    const pointers = key - colon;
    // One line in unusual columns does not make the others unfamiliar.
    if (flags !== FLAGS || (flagCount !== 4 && flagCount !== 5) || width < 5 || width > 8) return;
    if (pointers !== ONE_POINTER && pointers !== TWO_POINTERS) return;
    colonAt = colon;
    secondsAt = colon - MICROSECONDS - width;
    keyAt = key;
    withSocket = pointers === TWO_POINTERS;
  }

  function time(): number {
    let seconds = 0;
    for (let at = last + secondsAt; at < last + colonAt - MICROSECONDS; at++) seconds = decimal(seconds, at);
    let microseconds = 0;
    for (let at = last + colonAt - 6; at < last + colonAt; at++) microseconds = decimal(microseconds, at);
    return seconds * 1e9 + microseconds * 1000;
  }

  function decimal(value: number, at: number): number {
    const byte = view.getUint8(at);
    return byte === BLANK ? value : value * 10 + byte - ZERO;
  }
}

/** Of the columns that lines have up to the flags. */
const FLAGS = 31;
/** Bytes of `.110431`. */
const MICROSECONDS = 7;
/** Bytes from the colon to the key: `: kfree_skb: skbaddr=` and 16, or ` rx_sk=` and 16 more. */
const ONE_POINTER = 37;
const TWO_POINTERS = 60;

/**
 * A loop that runs long is compiled apart, without what is constant in here (V8's on-stack replacement); one that is
 * entered often is not.
 */
const LINES_A_CALL = 64;

/** By two digits as they stand in the text. */
const CPUS = 4096;
const CPU_DIGITS = 0x0f0f;

const BLANK = 32;
const ZERO = 48;
/** Turns blanks into zeros: four columns, and the three behind the minus. */
const BLANKS = 0x10101010;
const BLANKS_BEHIND = 0x10101000;
const HIGH_BITS = 0x80808080 | 0;
const MINUS_DIGITS = integer('-000');
const DIGITS = integer('0000');
const CPU_OPENING = integer(' [00');
const CPU_CLOSING = integer('00] ');
const DOT_DIGITS = integer('.000');
const LAST_BLANK = integer('\0\0\0 ');
const RX = integer(' rx_');
const SK = integer('_sk=');
const KFREE = fraction(': kfree_');
const SKB_SKB = fraction('skb: skb');
const SKBADDR = fraction('skbaddr=');

function integer(text: string): number {
  return Buffer.from(text).readInt32LE();
}

function fraction(text: string): number {
  return Buffer.from(text).readDoubleLE();
}
