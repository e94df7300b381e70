import { HEX_DIGITS } from './printed-number.js';
import { FAULT, isFault, type Step, USER_MEMORY } from './printed-step.js';
import { MISMATCH, type TextWindow, textStands } from './text-window.js';

/**
 * Finds where the values of a printed event stand when a string in it looks like the rest of the event: tries the
 * ends of each string from the shortest on until everything behind it fits. What has failed once is not tried again,
 * so the work grows with the length of the text and not with the number of ways to cut it.
 */
export class PrintedSearch {
  /** Where the value of each step starts and ends, after a success. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** A string was followed up to the limit: with more text there might be another reading. */
  open = false;

  readonly #steps: readonly Step[];
  readonly #failed = new Set<number>();
  /** Per step: a string without a bound that starts here or later does not fit. */
  readonly #hopeless: Float64Array;
  #window!: TextWindow;
  #limit = 0;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.starts = new Int32Array(steps.length);
    this.ends = new Int32Array(steps.length);
    this.#hopeless = new Float64Array(steps.length);
  }

  /** @returns the position behind the newline of the first reading that lies wholly before `limit`, or MISMATCH */
  run(window: TextWindow, at: number, limit: number): number {
    this.#window = window;
    this.#limit = Math.min(limit, window.end);
    this.#failed.clear();
    this.#hopeless.fill(Number.POSITIVE_INFINITY);
    this.open = false;
    const { before } = this.#steps[0] as Step;
    return textStands(window, at, before) ? this.#fit(0, at + before.length) : MISMATCH;
  }

  /** The value of step `index` starts at `at`. */
  #fit(index: number, at: number): number {
    const window = this.#window;
    const step = this.#steps[index] as Step;
    if (at > this.#limit) return MISMATCH;
    this.starts[index] = at;
    switch (step.value?.kind) {
      case undefined:
        return at;
      case 'decimal':
        return this.#follow(index, decimalEnd(window, at, step.value.padded));
      case 'hex':
        return this.#follow(index, hexEnd(window, at, step.value));
      case 'char':
        return this.#follow(index, (window.bytes[at] as number) < BLANK ? MISMATCH : at + 1);
      case 'quoted':
        if (window.bytes[at] === QUOTE) return this.#string(index, at + 1, 1);
        return this.#follow(index, isFault(window, at) ? at + FAULT.length : MISMATCH);
      case 'syscall-argument': {
        const end = hexEnd(window, at, SYSCALL_NUMBER);
        const plain = this.#follow(index, end);
        if (plain >= 0 || end < 0 || !textStands(window, end, USER_MEMORY)) return plain;
        return this.#string(index, end + USER_MEMORY.length, 1);
      }
      default:
        return this.#string(index, at, 0);
    }
  }

  /** Step `index` ends at `end`: does what is behind it fit? */
  #follow(index: number, end: number): number {
    const { after } = this.#steps[index] as Step;
    if (end < 0 || !textStands(this.#window, end, after)) return MISMATCH;
    this.ends[index] = end;
    return this.#fit(index + 1, end + after.length);
  }

  /** Tries every end of a string that starts at `at`; `quotes` closing quotes stand behind it. */
  #string(index: number, at: number, quotes: 0 | 1): number {
    const { after, most } = this.#steps[index] as Step;
    const { bytes } = this.#window;
    const bounded = most < this.#limit - at;
    const key = at * this.#steps.length + index;
    if (bounded ? this.#failed.has(key) : at >= (this.#hopeless[index] as number)) return MISMATCH;
    const stop = quotes === 1 ? QUOTE : after === '' ? undefined : after.charCodeAt(0);
    const last = bounded ? at + most : this.#limit - after.length - quotes;
    for (let end = at; end <= last; end++) {
      if (stop !== undefined && bytes[end] !== stop) continue;
      const next = this.#follow(index, end + quotes);
      if (next >= 0) return next;
    }
    if (bounded) {
      this.#failed.add(key);
    } else {
      this.#hopeless[index] = at;
      this.open = true;
    }
    return MISMATCH;
  }
}

function decimalEnd({ bytes }: TextWindow, at: number, padded: boolean): number {
  let next = at;
  if (padded) while (bytes[next] === BLANK) next += 1;
  if (bytes[next] === MINUS) next += 1;
  const from = next;
  while ((bytes[next] as number) >= ZERO && (bytes[next] as number) <= NINE) next += 1;
  return next === from ? MISMATCH : next;
}

function hexEnd({ bytes }: TextWindow, at: number, value: { prefix: boolean; padded: boolean }): number {
  let next = at;
  if (value.padded) while (bytes[next] === BLANK) next += 1;
  if (value.prefix && bytes[next] === ZERO && bytes[next + 1] === X) next += 2;
  const from = next;
  while ((HEX_DIGITS[bytes[next] as number] as number) < 16) next += 1;
  return next === from || next - from > 16 ? MISMATCH : next;
}

const SYSCALL_NUMBER = { prefix: true, padded: false };
const QUOTE = 34;
const BLANK = 32;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const X = 120;
