/**
 * The bytes that a text decoder looks at: `bytes[0, end)` are text, what follows are zeros enough that a comparison
 * by words may start at any byte of the text without a check of its own. No kernel text has a zero byte in it, so
 * every scan ends there.
 */
export class TextWindow {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Number of bytes of text. */
  end = 0;
  /** Where the last reading ended: behind what was read, or MISMATCH, or STARVED. Readers return what they made. */
  position = 0;
  /** Position behind the last record that was given away: what its taker threw at does not come again. */
  delivered = 0;

  /** @param capacity bytes of text that find room */
  constructor(capacity: number) {
    this.bytes = Buffer.alloc(capacity + SLACK);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  get capacity(): number {
    return this.bytes.length - SLACK;
  }

  /** `n` more bytes of text were put behind the ones that are here. */
  extend(n: number): void {
    this.end += n;
    this.bytes.fill(0, this.end, this.end + SLACK);
  }

  /** Forgets the bytes before `start`; what remains moves to the front. */
  discard(start: number): void {
    if (start === 0) return;
    this.bytes.copyWithin(0, start, this.end);
    this.end -= start;
    this.bytes.fill(0, this.end, this.end + SLACK);
  }

  /** Position of the first newline in `[from, limit)`, or -1. */
  newline(from: number, limit: number): number {
    const { bytes } = this;
    const stop = Math.min(limit, this.end);
    for (let at = from; at < stop; at++) if (bytes[at] === NEWLINE) return at;
    return -1;
  }

  text(from: number, to: number): string {
    return this.bytes.toString('latin1', from, to);
  }
}

export const NEWLINE = 10;

/** No such thing stands here. */
export const MISMATCH = -1;
/** The text ends before it can be decided. */
export const STARVED = -2;

/** Longest record in bytes, newline included. The kernel builds one in 8 KiB at most (TRACE_SEQ_BUFFER_SIZE). */
export const RECORD_LIMIT = 16 * 1024;

/** A fixed-column header (48 bytes) and a cached payload (64) are compared without looking for the end. */
const SLACK = 128;

/** Does `text` (one character a byte) stand at `at`? */
export function textStands({ bytes }: TextWindow, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
