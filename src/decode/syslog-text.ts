import type { LogMessage } from './log-message.js';
import { MessagePieces } from './message-pieces.js';

/**
 * Reads the kernel log as syslog(2), /proc/kmsg and `dmesg --raw` write it (kernel/printk/printk.c record_print_text()):
 * `<6>[    1.139333] [    T1] text`, where time and caller may be missing. A message goes on over lines that do not
 * begin with a priority.
 */
export class SyslogTextReader {
  readonly #pieces: MessagePieces;

  /** @param emit gets each message as soon as the next one begins */
  constructor(emit: (message: LogMessage) => void) {
    this.#pieces = new MessagePieces(
      (bytes, at) => bytes[at] === LESS && isDigit(bytes[at + 1]),
      2,
      (bytes, start, end) => emit(parseSyslogMessage(bytes, start, end)),
    );
  }

  push(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
  }

  /** Nothing more will come, at least for now: what waits for its end is a whole message. */
  flush(): void {
    this.#pieces.flush();
  }
}

/** One message, without the newline at its end. Total: what is no prefix is text. */
export function parseSyslogMessage(bytes: Buffer, start: number, end: number): LogMessage {
  const message: LogMessage = {
    seq: null,
    level: null,
    facility: null,
    microseconds: null,
    flags: '-',
    caller: null,
    text: '',
    fields: [],
  };
  let at = priority(message, bytes, start, end);
  at = stamp(message, bytes, at, end);
  at = caller(message, bytes, at, end);
  message.text = bytes.toString('latin1', at, end);
  return message;
}

const LESS = 0x3c;
const GREATER = 0x3e;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const SPACE = 0x20;
const DOT = 0x2e;

/** `<14>`: facility and level. @returns where the rest begins */
function priority(message: LogMessage, bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== LESS) return start;
  let value = 0;
  let at = start + 1;
  for (; at < end && at - start <= MOST_DIGITS && isDigit(bytes[at]); at++)
    value = 10 * value + bytes[at]! - 0x30;
  if (at === start + 1 || at >= end || bytes[at] !== GREATER) return start;
  message.level = value & 7;
  message.facility = Math.floor(value / 8);
  return at + 1;
}

/** `[    1.139333] `: seconds and microseconds. */
function stamp(message: LogMessage, bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== OPEN) return start;
  let at = start + 1;
  while (at < end && bytes[at] === SPACE) at++;
  let seconds = 0;
  const first = at;
  for (; at < end && at - first < MOST_DIGITS && isDigit(bytes[at]); at++)
    seconds = 10 * seconds + bytes[at]! - 0x30;
  if (at === first || at >= end || bytes[at] !== DOT) return start;
  let fraction = 0;
  const point = ++at;
  for (; at < end && at - point < 6 && isDigit(bytes[at]); at++) fraction = 10 * fraction + bytes[at]! - 0x30;
  if (at - point !== 6 || at >= end || bytes[at] !== CLOSE) return start;
  message.microseconds = 1e6 * seconds + fraction;
  at++;
  return at < end && bytes[at] === SPACE ? at + 1 : at;
}

/** `[    T1] `: the thread or the CPU. A text may begin with a bracket too, but hardly so. */
function caller(message: LogMessage, bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== OPEN) return start;
  let at = start + 1;
  while (at < end && bytes[at] === SPACE) at++;
  const letter = at;
  if (at >= end || (bytes[at] !== 0x54 && bytes[at] !== 0x43)) return start;
  at++;
  while (at < end && at - letter <= MOST_DIGITS && isDigit(bytes[at])) at++;
  if (at === letter + 1 || at + 1 >= end || bytes[at] !== CLOSE || bytes[at + 1] !== SPACE) return start;
  message.caller = bytes.toString('latin1', letter, at);
  return at + 2;
}

/** More would not fit what a double holds exactly. */
const MOST_DIGITS = 9;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
