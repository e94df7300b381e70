import type { FieldValue } from './trace-record.js';

/**
 * The memory that a probe fetched as an array (`x32[64]`, `x64[56]`), from the field's value: words of a little-endian
 * kernel to bytes. What is no number counts as zero.
 * @param wordBytes size of one element; 32 bits never need a bigint
 * @param into where to write; a new array where absent
 * @returns the part of `into` that there were words for
 */
export function wordsToBytes(
  words: readonly FieldValue[],
  wordBytes: 4 | 8,
  into: Uint8Array = new Uint8Array(words.length * wordBytes),
): Uint8Array {
  const count = Math.min(words.length, Math.floor(into.length / wordBytes));
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const word = words[index]!;
    if (typeof word === 'bigint') {
      write(into, at, Number(BigInt.asUintN(32, word)));
      if (wordBytes === 8) write(into, at + 4, Number(BigInt.asUintN(32, word >> 32n)));
    } else {
      const number = typeof word === 'number' ? word : 0;
      write(into, at, number);
      if (wordBytes === 8) write(into, at + 4, Math.floor(number / 2 ** 32));
    }
    at += wordBytes;
  }
  return at === into.length ? into : into.subarray(0, at);
}

function write(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}
