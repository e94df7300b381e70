/**
 * The bytes of a recording, of which only what is being looked at is in memory: `buffer` from `start` on. It grows as
 * far as bytes really come, not as far as a damaged length asks for.
 */
export class RecordingSource {
  readonly #read: (into: Uint8Array) => number;
  #ended = false;
  buffer: Buffer = Buffer.allocUnsafe(STEP);
  start = 0;
  end = 0;
  /** Of `start` in the file. */
  position = 0;

  constructor(read: (into: Uint8Array) => number) {
    this.#read = read;
  }

  /** Bytes that are in memory. */
  get available(): number {
    return this.end - this.start;
  }

  /** Reads on until `count` bytes are in memory. @returns whether the file has that many */
  need(count: number): boolean {
    while (this.available < count && !this.#ended) {
      this.#makeRoom();
      const n = this.#read(this.buffer.subarray(this.end));
      if (n > 0) this.end += n;
      else this.#ended = true;
    }
    return this.available >= count;
  }

  /** Leaves `count` bytes behind, as many of them as the file has. */
  skip(count: number): void {
    while (count > 0 && this.need(1)) {
      const step = Math.min(count, this.available);
      this.start += step;
      this.position += step;
      count -= step;
    }
  }

  /** Room for one more reading. */
  #makeRoom(): void {
    if (this.buffer.length - this.end >= STEP) return;
    const { available, start } = this;
    if (available + STEP > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(available + STEP, 2 * this.buffer.length));
      this.buffer.copy(grown, 0, start, this.end);
      this.buffer = grown;
    } else {
      this.buffer.copyWithin(0, start, this.end);
    }
    this.start = 0;
    this.end = available;
  }
}

const STEP = 64 * 1024;
