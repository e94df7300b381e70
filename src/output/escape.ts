import type { ByteString } from '../decode/trace-record.js';
import { isDeceptive } from './deceptive-characters.js';

/**
 * Untrusted bytes for a terminal: valid UTF-8 as text, everything that could move the cursor, reorder or hide what
 * stands beside it, and every byte that is not UTF-8, as `\xNN`. A backslash that would read as such an escape becomes
 * `\x5c`, so that the bytes can be told from the output.
 */
export function printable(bytes: ByteString): string {
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || (code === BACKSLASH && looksEscaped(bytes, i))) {
      return decode(bytes, i, isDeceptive);
    }
  }
  return bytes;
}

/**
 * Untrusted bytes for a JSON string value: valid UTF-8 as text, control characters included (JSON.stringify escapes
 * them), all other bytes and ambiguous backslashes as in `printable`. Never holds a lone surrogate.
 */
export function jsonText(bytes: ByteString): string {
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes.charCodeAt(i);
    if (code > 0x7f || (code === BACKSLASH && looksEscaped(bytes, i))) return decode(bytes, i, () => false);
  }
  return bytes;
}

/**
 * Untrusted bytes as dmesg(1) prints them: as in `printable`, but tabs stay, and a backslash is a backslash even where
 * it reads as an escape.
 */
export function dmesgText(bytes: ByteString): string {
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes.charCodeAt(i);
    if ((code < 0x20 && code !== TAB) || code > 0x7e) return decode(bytes, i, notForDmesg, false);
  }
  return bytes;
}

/** Untrusted bytes for dmesg(1)'s JSON: as in `jsonText`, but a backslash is a backslash. */
export function dmesgJsonText(bytes: ByteString): string {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes.charCodeAt(i) > 0x7f) return decode(bytes, i, () => false, false);
  }
  return bytes;
}

/** A command line for people: words that a shell would take apart are quoted, then everything made printable. */
export function shellWords(args: readonly ByteString[]): string {
  return args
    .map((word) => printable(isPlainWord(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

const BACKSLASH = 0x5c;
const TAB = 9;

function notForDmesg(codePoint: number): boolean {
  return codePoint !== TAB && isDeceptive(codePoint);
}

function isPlainWord(word: ByteString): boolean {
  return /^[\w@%+=:,./\x80-\xff-]+$/.test(word);
}

/** Whether `\x` and two hexadecimal digits stand at `at`. */
function looksEscaped(bytes: ByteString, at: number): boolean {
  return bytes[at + 1] === 'x' && isHex(bytes.charCodeAt(at + 2)) && isHex(bytes.charCodeAt(at + 3));
}

function isHex(code: number): boolean {
  const lower = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}

/**
 * @param from everything before it is known to be plain
 * @param distinct whether a backslash that reads as an escape becomes one
 */
function decode(
  bytes: ByteString,
  from: number,
  hidden: (codePoint: number) => boolean,
  distinct = true,
): string {
  let out = bytes.slice(0, from);
  for (let i = from; i < bytes.length; ) {
    const length = sequenceLength(bytes, i);
    const codePoint = length === 0 ? -1 : codePointAt(bytes, i, length);
    const ambiguous = distinct && codePoint === BACKSLASH && looksEscaped(bytes, i);
    if (codePoint === -1 || hidden(codePoint) || ambiguous) {
      for (const end = i + Math.max(length, 1); i < end; i++) out += escaped(bytes.charCodeAt(i));
    } else {
      out += String.fromCodePoint(codePoint);
      i += length;
    }
  }
  return out;
}

/**
 * Bytes of the well-formed UTF-8 sequence at `at`, 0 if there is none: overlong forms, surrogates and anything above
 * U+10FFFF are ill-formed (Unicode Standard, table 3-7).
 */
function sequenceLength(bytes: ByteString, at: number): number {
  const lead = bytes.charCodeAt(at);
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0) return 0;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < length; i++) {
    const byte = bytes.charCodeAt(at + i);
    const inRange = i === 1 ? byte >= lowest && byte <= highest : byte >= 0x80 && byte <= 0xbf;
    if (!inRange) return 0; // NaN past the end too
  }
  return length;
}

function codePointAt(bytes: ByteString, at: number, length: number): number {
  if (length === 1) return bytes.charCodeAt(at);
  let codePoint = bytes.charCodeAt(at) & (0x7f >> length);
  for (let i = 1; i < length; i++) codePoint = (codePoint << 6) | (bytes.charCodeAt(at + i) & 0x3f);
  return codePoint;
}

/** Characters above U+00FF are no bytes: a caller's mistake, shown rather than let through. */
function escaped(code: number): string {
  return code > 0xff
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\x${code.toString(16).padStart(2, '0')}`;
}
