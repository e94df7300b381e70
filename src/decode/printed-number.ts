import type { PrintedValue, Wrap } from './print-format.js';

/** Digit values of the bytes `0-9a-fA-F`, 255 for every other byte. */
export const HEX_DIGITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? 255 : digit;
});

/** A 64-bit pattern as a field of the given size and sign has it: a bigint only beyond 2^53. */
export function wrapHex(high: number, low: number, wrap: Wrap): number | bigint {
  switch (wrap) {
    case 0:
    case -64: {
      const value = (high >>> 0) * TWO_32 + (low >>> 0);
      if (value <= Number.MAX_SAFE_INTEGER) return value;
      return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    }
    case 64: {
      const value = (high | 0) * TWO_32 + (low >>> 0);
      if (Number.isSafeInteger(value)) return value;
      return (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
    }
    case -32:
      return low >>> 0;
    case 32:
      return low | 0;
    default: {
      const bits = wrap < 0 ? -wrap : wrap;
      const shifted = low << (32 - bits);
      return wrap < 0 ? shifted >>> (32 - bits) : shifted >> (32 - bits);
    }
  }
}

/** Decimal text (`-12`) or hex text (`0x1f`) of any size as a field of the given size and sign has it. */
export function wrapPrinted(text: string, wrap: Wrap): number | bigint {
  const negative = text.startsWith('-');
  let value = BigInt(negative ? text.slice(1) : text);
  if (negative) value = -value;
  if (wrap !== 0) value = wrap < 0 ? BigInt.asUintN(-wrap, value) : BigInt.asIntN(wrap, value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const TWO_32 = 2 ** 32;

/** `NO_SOCKET` or `O_RDONLY|O_CLOEXEC` as the number it stands for; undefined for words that are not in the format. */
export function wordsToNumber(value: PrintedValue | null, text: string): number | undefined {
  if (value?.kind === 'choice') return value.words.get(text) ?? plainNumber(text);
  if (value?.kind !== 'flags') return undefined;
  if (text === '') return 0;
  let sum = 0;
  for (const word of value.joint === '' ? [text] : text.split(value.joint)) {
    const number = value.words.get(word) ?? plainNumber(word);
    if (number === undefined) return undefined;
    sum += number;
  }
  return sum;
}

/** How the kernel prints a number or bits that it has no word for (kernel/trace/trace_output.c). */
function plainNumber(text: string): number | undefined {
  return /^(0x[0-9a-f]{1,13}|-?\d{1,15})$/.test(text) ? Number(text) : undefined;
}
