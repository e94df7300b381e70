import type { ByteString } from './trace-record.js';

/** An address of the kernel in a text. */
export interface AddressInText {
  /** Sixteen hexadecimal digits, as they stand there. */
  digits: string;
  /** Where what belongs to the address ends: behind its bracket. */
  end: number;
}

/**
 * Kernel addresses (those of the upper half, 64 bits) as oopses and drivers print them: `[<ffffffff81234567>]`,
 * `<ffffffff81234567>` and `0xffffffff81234567`. At most a few dozen; whoever wrote the text may have written anything.
 */
export function findAddresses(text: ByteString): AddressInText[] {
  if (!text.includes('ffff')) return [];
  return [...text.matchAll(ADDRESS)]
    .slice(0, MOST)
    .map((match) => ({ digits: match[1] ?? match[2] ?? match[3]!, end: match.index + match[0].length }));
}

const MOST = 64;
const ADDRESS = /\[<(ffff[0-9a-f]{12})>\]|<(ffff[0-9a-f]{12})>|0x(ffff[0-9a-f]{12})(?![0-9a-f])/g;

/**
 * The text with the name of each address that has one behind it: `[<ffffffff81234567>] (do_one+0x1f)`. Where the name
 * already follows nothing is added.
 * @param nameOf the function that holds an address, null where there is none
 */
export function nameAddresses(text: ByteString, nameOf: (digits: string) => string | null): ByteString {
  let named = '';
  let done = 0;
  for (const { digits, end } of findAddresses(text)) {
    const name = nameOf(digits);
    const symbol = name?.split('+')[0] ?? '';
    named += text.slice(done, end);
    done = end;
    if (
      name !== null &&
      !text
        .slice(end)
        .trimStart()
        .replace(/^[(?]\s*/, '')
        .startsWith(symbol)
    )
      named += ` (${name})`;
  }
  return named + text.slice(done);
}
