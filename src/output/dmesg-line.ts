import type { ByteString } from '../decode/trace-record.js';
import { printable } from './escape.js';

/** A record of the kernel log as dmesg prints it: `[   12.345678] text`, one line for each of the text's. */
export function dmesgLines(time: number, text: ByteString): string {
  const stamp = `[${time.toFixed(6).padStart(12)}] `;
  return text
    .split('\n')
    .map((line) => `${stamp}${printable(line)}\n`)
    .join('');
}
