import type { PrintedLayout, PrintedStep, PrintedValue } from './print-format.js';
import { type TextWindow, textStands } from './text-window.js';

/** A step of a layout with what it needs to know of its neighbour. */
export interface Step extends Omit<PrintedStep, 'value'> {
  /** What stands before the value; of the last step, what ends the event, newline included. */
  before: string;
  /** Null in the last step. */
  value: PrintedValue | null;
  /** What stands behind the value. */
  after: string;
  /** Most bytes of a string. */
  most: number;
}

export function stepsOf({ steps, tail }: PrintedLayout): readonly Step[] {
  const end = `${tail}\n`;
  const ready: Step[] = steps.map((step, index) => ({
    ...step,
    after: steps[index + 1]?.before ?? end,
    most: step.value.kind === 'text' ? step.value.most : Number.MAX_SAFE_INTEGER,
  }));
  return [...ready, { before: end, value: null, after: '', most: 0, field: -1, element: -1 }];
}

/** Length of `(do_syslog+0x4/0x400)` at `at`, or -1: neither symbols nor modules have parentheses. */
export function placeLength(window: TextWindow, at: number): number {
  const { bytes } = window;
  if (bytes[at] !== OPENING) return -1;
  let next = at + 1;
  for (;;) {
    const byte = bytes[next] as number;
    if (byte === CLOSING) return next + 1 - at;
    if (byte < BLANK || byte === OPENING) return -1;
    next += 1;
  }
}

/** What a dynamic probe prints for a string that it could not read. */
export const FAULT = '(fault)';
/** Between a system call's argument and the memory it points to. */
export const USER_MEMORY = ' "';

export function isFault(window: TextWindow, at: number): boolean {
  return textStands(window, at, FAULT);
}

const OPENING = 40;
const CLOSING = 41;
const BLANK = 32;
