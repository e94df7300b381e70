import { unescapeStapText } from './stap-text.js';
import type { ByteString, FieldValue } from './trace-record.js';

/** Reads one field's text; null where it is not of its kind. */
export type FieldReader = (text: ByteString) => FieldValue;

/** A decimal number; 64 bits where a double cannot hold it. */
export const decimal: FieldReader = (text) => {
  if (!/^-?\d{1,20}$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
};

/** Hexadecimal digits of what fits a double. */
export const hex: FieldReader = (text) => (/^[0-9a-f]{1,13}$/.test(text) ? Number.parseInt(text, 16) : null);

/** An address: always a bigint, as the readers of pages give one. */
export const pointer: FieldReader = (text) => (/^[0-9a-f]{1,16}$/.test(text) ? BigInt(`0x${text}`) : null);

/** Return addresses, innermost first. */
export const pointers: FieldReader = (text) => {
  if (text === '') return [];
  const all = text.split(',').map(pointer);
  return all.includes(null) ? null : all;
};

export const text: FieldReader = unescapeStapText;

/** `1 systemd`: number and name of a process. */
export const ancestor: FieldReader = (pair) => {
  const at = pair.indexOf(' ');
  const pid = decimal(pair.slice(0, Math.max(at, 0)));
  const name = unescapeStapText(pair.slice(at + 1));
  return at < 0 || pid === null || name === null ? null : [pid, name];
};

/** Memory as `%M` prints it, to 32-bit words of a little-endian kernel (see packet-words.ts); the last one is padded. */
export const words: FieldReader = (digits) => {
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return null;
  const all: number[] = [];
  for (let at = 0; at < digits.length; at += 8) {
    const [a, b, c, d] = [0, 2, 4, 6].map((n) =>
      Number.parseInt(digits.slice(at + n, at + n + 2) || '0', 16),
    );
    all.push(a! + b! * 0x100 + c! * 0x1_0000 + d! * 0x100_0000);
  }
  return all;
};
