import type { Fields, FieldValue } from './trace-record.js';

/** Fields and number of characters read; OPEN where a string does not end in the text; null where it is no such event. */
export type LooseReading = { fields: Fields; length: number } | typeof OPEN | null;
export const OPEN = 'open';

/**
 * Reads `(do_syslog+0x4/0x400) type=5 comm="x" hd={0x0,0x1} loc=udp_rcv+0x4/0x9 [m]` without the probe's format: a
 * value ends where ` name=` or the line's end follows, what it is shows in how it is written.
 * @param text from the opening parenthesis on, at least up to the end of the line
 */
export function looseProbe(text: string): LooseReading {
  const place = text.startsWith('(') ? text.indexOf(')') : -1;
  if (place < 0 || text.lastIndexOf('\n', place) >= 0) return null;
  const fields = newFields();
  let at = place + 1;
  while (text[at] !== '\n') {
    const name = nameAt(text, at + 1, '=');
    if (text[at] !== ' ' || name === '') return null;
    const value = probeValue(text, at + 1 + name.length + 1);
    if (value === null || value === OPEN) return value;
    if (!name.startsWith('__')) fields[name] = value.value;
    at = value.end;
  }
  return { fields: { ...fields }, length: at + 1 };
}

/**
 * Reads `fd: 3, buf: 0x7f… "memory", count: 5)` behind a system call's opening parenthesis without its format. A value
 * that is no number (7.x prints some flags in words) stays text.
 */
export function looseSyscall(text: string): LooseReading {
  const fields = newFields();
  if (text.startsWith(')\n')) return { fields: { ...fields }, length: 2 };
  let at = 0;
  for (;;) {
    const name = nameAt(text, at, ': ');
    if (name === '') return null;
    const from = at + name.length + 2;
    const end = endOf(text, from, (next) => endsSyscallValue(text, next));
    if (end < 0) return OPEN;
    const memory = text.indexOf(' "', from);
    const quoted = memory >= 0 && memory < end;
    const close = quoted
      ? endOf(text, memory + 2, (next) => text[next] === '"' && endsSyscallValue(text, next + 1)) + 1
      : end;
    if (close === 0) return OPEN;
    const printed = text.slice(from, quoted ? memory : end);
    if (!name.startsWith('__')) fields[name] = hexNumber(printed) ?? printed;
    if (text[close] === ')') return { fields: { ...fields }, length: close + 2 };
    at = close + 2;
  }
}

/** Without a prototype while names from the text go in. */
function newFields(): Fields {
  return Object.create(null) as Fields;
}

function probeValue(text: string, at: number): { value: FieldValue; end: number } | typeof OPEN | null {
  if (text.startsWith('(fault)', at)) return { value: null, end: at + '(fault)'.length };
  if (text[at] === '"') {
    const end = endOf(text, at + 1, (next) => text[next] === '"' && endsProbeValue(text, next + 1));
    return end < 0 ? OPEN : { value: text.slice(at + 1, end), end: end + 1 };
  }
  const end = endOf(text, at, (next) => endsProbeValue(text, next));
  if (end < 0) return OPEN;
  const printed = text.slice(at, end);
  if (printed.startsWith('{') && printed.endsWith('}')) {
    return { value: printed.slice(1, -1).split(',').map(elementValue), end };
  }
  return { value: elementValue(printed), end };
}

function elementValue(printed: string): FieldValue {
  if (printed === '(fault)') return null;
  if (printed.startsWith('"') && printed.endsWith('"') && printed.length > 1) return printed.slice(1, -1);
  if (printed.length === 3 && printed.startsWith("'") && printed.endsWith("'")) return printed.charCodeAt(1);
  if (printed.startsWith('0x')) return hexNumber(printed) ?? printed;
  return /^-?\d{1,20}$/.test(printed) ? exact(BigInt(printed)) : printed;
}

function hexNumber(printed: string): number | bigint | undefined {
  const digits = printed.startsWith('0x') ? printed.slice(2) : printed;
  return /^[0-9a-f]{1,16}$/.test(digits) ? exact(BigInt(`0x${digits}`)) : undefined;
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function endsProbeValue(text: string, at: number): boolean {
  return text[at] === '\n' || (text[at] === ' ' && nameAt(text, at + 1, '=') !== '');
}

function endsSyscallValue(text: string, at: number): boolean {
  return text.startsWith(')\n', at) || (text.startsWith(', ', at) && nameAt(text, at + 2, ': ') !== '');
}

function endOf(text: string, from: number, ends: (at: number) => boolean): number {
  for (let at = from; at < text.length; at++) if (ends(at)) return at;
  return -1;
}

/** The identifier at `at` if `mark` follows it, else nothing. */
function nameAt(text: string, at: number, mark: string): string {
  const match = NAME.exec(text.slice(at, at + LONGEST_NAME));
  return match !== null && text.startsWith(mark, at + match[0].length) ? match[0] : '';
}

const NAME = /^[A-Za-z_]\w*/;
const LONGEST_NAME = 64;
