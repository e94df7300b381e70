import { u16 } from './packet-bytes.js';

/** Four bytes as `192.0.2.1`. */
export function ipv4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/**
 * Sixteen bytes as RFC 5952 wants them: lower case, no leading zeros, the longest run of two or more zero groups as
 * `::` (the first of equals), an IPv4-mapped address dotted.
 */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  let start = -1;
  let length = 1;
  for (let group = 0; group < 8; group += 1) {
    const from = group;
    while (group < 8 && u16(bytes, at + 2 * group) === 0) group += 1;
    if (group - from > length) {
      start = from;
      length = group - from;
    }
  }
  if (start === -1) return groups(bytes, at, 0, 8);
  if (start === 0 && length === 5 && u16(bytes, at + 10) === 0xffff) {
    return `::ffff:${ipv4Text(bytes, at + 12)}`;
  }
  return `${groups(bytes, at, 0, start)}::${groups(bytes, at, start + length, 8)}`;
}

/** Six bytes as `02:00:5e:00:53:01`. */
export function macText(bytes: Uint8Array, at: number): string {
  let text = HEX[bytes[at]!]!;
  for (let index = 1; index < 6; index += 1) text += `:${HEX[bytes[at + index]!]}`;
  return text;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function groups(bytes: Uint8Array, at: number, from: number, to: number): string {
  let text = '';
  for (let group = from; group < to; group += 1) {
    if (group > from) text += ':';
    text += u16(bytes, at + 2 * group).toString(16);
  }
  return text;
}
