/**
 * The text that a counter of drops looks at: `bytes[0, end)`, with zeros behind it so that words may be compared
 * without asking for the end first. No kernel text has a zero byte in it, so nothing matches over the end.
 */
export class DropTextWindow {
  readonly bytes = Buffer.alloc(CAPACITY + SLACK);
  readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  /** Number of bytes of text. */
  end = 0;

  /** What can be read into: at least as much as three lines of the longest kind leave. */
  space(): Uint8Array {
    return this.bytes.subarray(this.end, CAPACITY);
  }

  /** `n` bytes were put into `space()`. */
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

  /** Position of the first newline in `[from, from + LINE_LIMIT)`, or -1. */
  newline(from: number): number {
    const stop = Math.min(this.end, from + LINE_LIMIT);
    for (let at = from; at < stop; at++) if (this.bytes[at] === NEWLINE) return at;
    return -1;
  }

  /** Position behind the last newline; `end` where none is near, so that not all is searched again and again. */
  behindLastNewline(): number {
    const stop = Math.max(0, this.end - LINE_LIMIT);
    for (let at = this.end; at > stop; at--) if (this.bytes[at - 1] === NEWLINE) return at;
    return this.end;
  }

  text(from: number, to: number): string {
    return this.bytes.toString('latin1', from, to);
  }
}

export const NEWLINE = 10;

/** Bytes of the longest line. The kernel builds one in 8 KiB at most (TRACE_SEQ_BUFFER_SIZE). */
export const LINE_LIMIT = 16 * 1024;

/** Large enough that few lines are cut, small enough to stay in a processor's cache. */
const CAPACITY = 256 * 1024;

/** Head and fixed columns (125 bytes), and the longest key that is compared without looking for its end (120). */
const SLACK = 512;
