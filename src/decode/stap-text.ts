import type { ByteString } from './trace-record.js';

/**
 * Undoes what SystemTap's text_str() did to a string (runtime/stp_string.c _stp_text_str()): `\n`, `\"`, octal bytes
 * `\033`, and code points beyond ASCII as `\u00e4` or `\U0001f986`, which become the UTF-8 bytes that they were.
 * @returns null for what text_str() does not write
 */
export function unescapeStapText(text: ByteString): ByteString | null {
  if (/^[ !#-[\]-~]*$/.test(text)) return text;
  if (!WELL_FORMED.test(text)) return null;
  return text.replace(ESCAPE, (_, short, octal, low, high) => {
    if (short !== undefined) return SHORT.get(short) as string;
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return utf8(Number.parseInt(low ?? high, 16));
  });
}

const WELL_FORMED =
  /^(?:[ !#-[\]-~]|\\(?:[abfnrtv"\\]|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U(?:000[0-9a-fA-F]|0010)[0-9a-fA-F]{4}))*$/;
const ESCAPE = /\\(?:([abfnrtv"\\])|([0-3][0-7]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g;
const SHORT = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['"', '"'],
  ['\\', '\\'],
]);

function utf8(codePoint: number): ByteString {
  return Buffer.from(String.fromCodePoint(codePoint), 'utf8').toString('latin1');
}
