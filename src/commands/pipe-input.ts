import type { Readable } from 'node:stream';

/**
 * Standard input that more may come from at any time: a pipe, a socket, a terminal. Waiting for it leaves signals and
 * the output their turn, which reading at once would not.
 */
export class PipeInput {
  readonly #stream: Readable;
  #waiting: Buffer | null = null;
  #ended = false;
  #error: Error | null = null;
  #wake: () => void = () => {};

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('readable', () => this.#wake());
    stream.on('end', () => this.#end(null));
    stream.on('error', (error) => this.#end(error));
  }

  /** Whether {@link read} gives something, if only the end. */
  get isReady(): boolean {
    this.#waiting ??= this.#ended ? null : this.#stream.read();
    return this.#waiting !== null || this.#ended;
  }

  /** Waits until it is ready, or for this long. */
  async ready(milliseconds: number): Promise<void> {
    if (this.isReady) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }

  /**
   * Puts what is there into the array.
   * @returns how many bytes; none at the end, or where it was not ready
   * @throws what reading has thrown, when everything before it was given
   */
  read(into: Uint8Array): number {
    if (!this.isReady) return 0;
    const bytes = this.#waiting;
    if (bytes === null) {
      if (this.#error !== null) throw this.#error;
      return 0;
    }
    const part = bytes.subarray(0, into.length);
    into.set(part);
    this.#waiting = part.length === bytes.length ? null : bytes.subarray(part.length);
    return part.length;
  }

  #end(error: Error | null): void {
    this.#ended = true;
    this.#error ??= error;
    this.#wake();
  }
}
