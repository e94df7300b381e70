/** What decodes text out of a buffer of its own. */
interface TextDecoder {
  /** The free part of its buffer, never empty. */
  space(): Uint8Array;
  /** `n` bytes were put there. */
  filled(n: number): void;
}

/** Gives a decoder bytes that stand elsewhere; they may be used again afterwards. */
export function pushText(decoder: TextDecoder, bytes: Uint8Array): void {
  let from = 0;
  while (from < bytes.length) {
    const space = decoder.space();
    const count = Math.min(space.length, bytes.length - from);
    space.set(bytes.subarray(from, from + count));
    decoder.filled(count);
    from += count;
  }
}
