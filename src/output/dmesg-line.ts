import { FACILITY_NAMES, LEVEL_NAMES } from '../decode/log-levels.js';
import type { LogMessage } from '../decode/log-message.js';
import type { ByteString } from '../decode/trace-record.js';
import { colorMessage, TIME_BREAK_COLOR, TIME_COLOR } from './dmesg-color.js';
import { DmesgTime, type DmesgTimeFormat, seconds } from './dmesg-time.js';
import { dmesgText, printable } from './escape.js';

/** A record of the kernel log as dmesg prints it: `[   12.345678] text`, one line for each of the text's. */
export function dmesgLines(time: number, text: ByteString): string {
  const stamp = `[${time.toFixed(6).padStart(12)}] `;
  return text
    .split('\n')
    .map((line) => `${stamp}${printable(line)}\n`)
    .join('');
}

export interface DmesgOptions {
  /** In this order; with `notime` alone there is none. */
  times: readonly DmesgTimeFormat[];
  /** `kern  :info  : ` before the time. */
  decode: boolean;
  /** `<6>[    1.139333] `, whatever the other options say. */
  raw: boolean;
  /** Every line of a message gets what stands before the first. */
  forcePrefix: boolean;
  color: boolean;
  /** Columns of the caller. */
  callerWidth: number;
  /** Microseconds to add to printk's for those since 1970. */
  wallOffset: number;
}

/**
 * Messages as dmesg(1) of util-linux 2.41 prints them, byte for byte, but safe on a terminal: control characters other
 * than tab and newline, and what reorders or hides text, appear as `\xNN`.
 */
export class DmesgPrinter {
  readonly #options: DmesgOptions;
  readonly #time: DmesgTime;
  readonly #plain: boolean;
  #last = 0;

  constructor(options: DmesgOptions) {
    this.#options = options;
    this.#time = new DmesgTime(options.wallOffset);
    const { times, decode, raw, forcePrefix, color } = options;
    this.#plain = times.length === 1 && times[0] === 'raw' && !decode && !raw && !forcePrefix && !color;
  }

  /** A message that is not printed: the next one's delta counts from it all the same. */
  skip(message: LogMessage): void {
    this.#last = message.microseconds ?? 0;
  }

  /** What is printed of a message, newline included. */
  print(message: LogMessage): string {
    if (message.text === '') return '\n';
    const microseconds = message.microseconds ?? 0;
    if (this.#plain && message.caller === null) {
      this.#last = microseconds;
      const stamp = `[${seconds(microseconds)}] `;
      return `${stamp}${indented(message.text, stamp.length)}\n`;
    }
    const delta = this.#last === 0 ? 0 : microseconds - this.#last;
    this.#last = microseconds;
    const { forcePrefix, color } = this.#options;
    const head = this.#head(message, microseconds, delta);
    if (!forcePrefix) {
      const text = color
        ? colorMessage(message, (part) => indented(part, head.indent))
        : indented(message.text, head.indent);
      return `${head.first}${text}\n`;
    }
    return message.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line, i) => {
        const text = color ? colorMessage({ ...message, text: line }, dmesgText) : dmesgText(line);
        return `${i === 0 ? head.first : head.next}${text}\n`;
      })
      .join('');
  }

  /** What stands before the first line of a message, before its other lines, and how far a text's lines are indented. */
  #head(message: LogMessage, microseconds: number, delta: number): Head {
    const { times, decode, raw, callerWidth } = this.#options;
    const caller = message.caller === null ? '' : `[${message.caller.padStart(callerWidth)}] `;
    if (raw) {
      const stamp = `${rawPriority(message)}[${seconds(microseconds)}] ${caller}`;
      return { first: stamp, next: stamp, indent: stamp.length };
    }
    const names = decode ? priorityNames(message) : '';
    const stamps = times.map((format) => this.#time.stamp(format, microseconds, delta));
    const stamp = stamps.join('');
    const next = times.includes('reltime') ? '[  +0.000000] ' : stamp;
    return {
      first: `${names}${this.#colored(stamp)}${caller}`,
      next: `${names}${this.#colored(next)}${caller}`,
      indent: names.length + (stamps.at(-1)?.length ?? 0) + caller.length,
    };
  }

  #colored(stamp: string): string {
    if (!this.#options.color || stamp === '') return stamp;
    const isBreak = this.#options.times.includes('reltime') && /^\[[A-Z]/.test(stamp);
    return `${isBreak ? TIME_BREAK_COLOR : TIME_COLOR}${stamp}\x1b[0m`;
  }
}

interface Head {
  first: string;
  next: string;
  indent: number;
}

/** `<14>`; what no source told is left out. */
function rawPriority({ level, facility }: LogMessage): string {
  return level === null || facility === null ? '' : `<${8 * facility + level}>`;
}

function priorityNames({ level, facility }: LogMessage): string {
  const name = facility === null ? undefined : FACILITY_NAMES[facility];
  return level === null || name === undefined ? '' : `${name.padEnd(6)}:${LEVEL_NAMES[level]!.padEnd(6)}: `;
}

/** The lines behind the first stand below it. */
function indented(text: ByteString, indent: number): string {
  if (indent === 0 || !text.includes('\n')) return lineByLine(text, '\n');
  // A newline at the very end begins no line.
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  return lineByLine(text.slice(0, end), `\n${' '.repeat(indent)}`) + text.slice(end);
}

function lineByLine(text: ByteString, newline: string): string {
  if (!text.includes('\n')) return dmesgText(text);
  return text.split('\n').map(dmesgText).join(newline);
}
