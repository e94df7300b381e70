import { type FamiliarDrops, familiarDrops } from './drop-text-familiar.js';
import { DropTextHeader } from './drop-text-header.js';
import { type DropTextKeys, dropTextKeys, NO_KEY } from './drop-text-keys.js';
import type { DropTextPlace } from './drop-text-place.js';
import { type DropTextSlots, dropTextSlots } from './drop-text-slots.js';
import { DropTextWindow, LINE_LIMIT, NEWLINE } from './drop-text-window.js';
import { pushText } from './push-text.js';
import type { ByteString } from './trace-record.js';

export interface DropTextCount extends DropTextPlace {
  count: number;
}

/** What is no line of a trace: how often, and the first ones of it. */
export interface MalformedText {
  count: number;
  samples: { why: string; sample: ByteString }[];
}

/**
 * Counts `skb:kfree_skb` in the text of `trace_pipe` by location, reason and protocol, in the format of any kernel
 * (include/trace/events/skb.h): without the reason before 5.17, with rx_sk from 6.11 on.
 *
 *     const n = readSync(fd, counter.space());
 *     counter.filled(n);
 *
 * For drops at any rate: nothing is made of a line but a count. The columns of the header decide what is an event, so
 * that no process name can look like one. The same bytes give the same counts however they are cut into pieces.
 * Nothing throws.
 */
export class DropTextCounter {
  /** Events that the kernel says it overwrote. */
  lost = 0;
  /** How often it said so without a number. */
  lostUncounted = 0;
  /** Lines of other events and of the function tracer. */
  others = 0;
  /** Nanoseconds on the trace clock of the first and the last drop; null before there was one. */
  firstTime: number | null = null;
  lastTime: number | null = null;
  readonly malformed: MalformedText = { count: 0, samples: [] };

  readonly #window = new DropTextWindow();
  readonly #header = new DropTextHeader(this.#window);
  readonly #keys: DropTextKeys = dropTextKeys(this.#window);
  readonly #slots: DropTextSlots = dropTextSlots(this.#window, this.#keys);
  readonly #familiar: FamiliarDrops = familiarDrops(this.#window, this.#slots);
  /** In a line that is longer than any. */
  #skipping = false;
  /** `lastTime` is of the last drop. */
  #isTimed = true;

  /** The free part of the counter's own buffer, to be read into: at least 200 KiB. */
  space(): Uint8Array {
    return this.#window.space();
  }

  /** `n` bytes were put into `space()`: counts every line that is whole. */
  filled(n: number): void {
    this.#window.extend(n);
    this.#count(false);
  }

  /** Counts bytes that stand elsewhere; they may be used again afterwards. */
  push(bytes: Uint8Array): void {
    pushText(this, bytes);
  }

  /** No more text will come: a line without its newline is malformed. */
  end(): void {
    this.#count(true);
    this.#skipping = false;
  }

  get seen(): number {
    let seen = 0;
    this.#slots.flush();
    this.#keys.all((_, count) => {
      seen += count;
    });
    return seen;
  }

  /** All drops so far, places in the order in which they were seen first. */
  counts(): DropTextCount[] {
    const counts: DropTextCount[] = [];
    this.#slots.flush();
    this.#keys.all((place, count) => counts.push(withCount(place, count)));
    return counts;
  }

  /** The drops since the last time this was asked. */
  drain(): DropTextCount[] {
    const counts: DropTextCount[] = [];
    this.#slots.flush();
    this.#keys.fresh((place, count) => counts.push(withCount(place, count)));
    this.#keys.settle();
    return counts;
  }

  #count(complete: boolean): void {
    const { end } = this.#window;
    // A line that is cut is not looked at before it is whole.
    const whole = complete ? end : this.#window.behindLastNewline();
    let at = this.#skipping ? this.#skip(0) : 0;
    this.#isTimed = true;
    while (at < whole) {
      const behind = this.#familiar.read(at, end);
      if (behind > at) {
        this.#isTimed = false;
        at = behind;
        continue;
      }
      const next = this.#line(at, complete);
      if (next === STARVED) break;
      at = next;
    }
    if (!this.#isTimed) this.lastTime = this.#familiar.time();
    this.#window.discard(at);
  }

  /** @returns the position behind the line at `at`, or STARVED when that is not known yet */
  #line(at: number, complete: boolean): number {
    const { end } = this.#window;
    const known = this.#header.read(at);
    if (known === null && !complete) return STARVED;
    if (known !== true) return this.#headless(at, complete);
    const payload = this.#header.colon + 2;
    if (!complete && end - payload < LEAST) return STARVED;
    const isDrop = this.#stands(payload, EVENT);
    const key = isDrop ? this.#keyBehind(payload + EVENT.length) : -1;
    const from = key < 0 ? payload : key;
    const newline = this.#window.newline(from);
    if (newline < 0) return this.#endless(at, from, complete);
    if (!isDrop) {
      this.others += 1;
      return newline + 1;
    }
    const number = key < 0 ? NO_KEY : this.#keys.find(key, end);
    if (number === NO_KEY) return this.#reject(at, newline, NO_FIELDS);
    this.#keys.add(number, 1);
    this.#isTimed = true;
    this.firstTime ??= this.#header.time;
    this.lastTime = this.#header.time;
    const { flags, flagCount, colon } = this.#header;
    this.#familiar.learn({ flags: flags - at, flagCount, colon: colon - at, key: key - at });
    return newline + 1;
  }

  /** Position of ` protocol=` behind one pointer or two, or -1. A pointer has 16 columns, or 8 on a 32-bit kernel. */
  #keyBehind(fields: number): number {
    if (!this.#stands(fields, SKB)) return -1;
    for (const width of [16, 8]) {
      let at = fields + SKB.length + width;
      if (this.#stands(at, SOCKET)) at += SOCKET.length + width;
      if (this.#stands(at, PROTOCOL)) return at;
    }
    return -1;
  }

  /** A line without a header. */
  #headless(at: number, complete: boolean): number {
    const newline = this.#window.newline(at);
    if (newline < 0) return this.#endless(at, at, complete);
    if (newline === at || this.#stands(at, FRAME)) return newline + 1;
    const text = this.#window.text(at, newline);
    if (!text.startsWith('#') && !this.#lost(text)) return this.#reject(at, newline, NO_HEADER);
    return newline + 1;
  }

  /** A line whose newline, looked for from `from` on, is not there: not yet, or never. */
  #endless(at: number, from: number, complete: boolean): number {
    if (!complete && this.#window.end - from < LINE_LIMIT) return STARVED;
    return this.#reject(at, -1, NO_END);
  }

  /** `CPU:1 [LOST 300 EVENTS]`, `CPU:1 [LOST EVENTS]` (kernel/trace/trace.c print_trace_line()). */
  #lost(text: string): boolean {
    const match = /^CPU:\d{1,9} \[LOST (?:(\d{1,15}) )?EVENTS\]$/.exec(text);
    if (match === null) return false;
    if (match[1] === undefined) this.lostUncounted += 1;
    else this.lost += Number(match[1]);
    return true;
  }

  /** Reports the line at `at`; without a newline, up to where one will be. @returns the position behind it */
  #reject(at: number, newline: number, why: string): number {
    const { end } = this.#window;
    this.malformed.count += 1;
    if (this.malformed.samples.length < SAMPLES) {
      const to = Math.min(newline < 0 ? end : newline, at + SAMPLE);
      this.malformed.samples.push({ why, sample: this.#window.text(at, to) });
    }
    if (newline >= 0) return newline + 1;
    this.#skipping = true;
    return this.#skip(at);
  }

  /** @returns the position behind the next newline, or the end of the text */
  #skip(from: number): number {
    const { bytes, end } = this.#window;
    const newline = bytes.subarray(0, end).indexOf(NEWLINE, from);
    if (newline < 0) return end;
    this.#skipping = false;
    return newline + 1;
  }

  #stands(at: number, text: string): boolean {
    const { bytes } = this.#window;
    for (let index = 0; index < text.length; index++) {
      if (bytes[at + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }
}

/** Written out: hundreds of thousands of places are copied here. */
function withCount({ location, reason, protocol }: DropTextPlace, count: number): DropTextCount {
  return { location, reason, protocol, count };
}

const STARVED = -1;
const EVENT = 'kfree_skb: ';
const SKB = 'skbaddr=';
const SOCKET = ' rx_sk=';
const PROTOCOL = ' protocol=';
/** Bytes of the payload up to and with ` protocol=`. */
const LEAST = 68;
const FRAME = ' => ';
const SAMPLES = 5;
/** Most bytes of a malformed line that are kept. */
const SAMPLE = 120;
const NO_HEADER = 'expected name, pid and CPU in their columns';
const NO_FIELDS = 'expected "skbaddr=… protocol=… location=…" behind "kfree_skb: "';
const NO_END = 'a line that does not end';
