import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { readNow, type TraceSource } from './page-source.js';

/** Where the text goes: the free part of the reader's own buffer, and how much of it was filled. */
export interface TextSpace {
  space(): Uint8Array;
  filled(n: number): void;
}

/** Reads the ring buffer as text, all CPUs merged by the kernel (`trace_pipe`). It lets in one reader only. */
export class PipeSource implements TraceSource {
  readonly #fd: number;
  readonly #text: TextSpace;

  constructor(instance: string, text: TextSpace) {
    this.#fd = openSync(join(instance, 'trace_pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    this.#text = text;
  }

  poll(): boolean {
    let any = false;
    for (let reads = 0; reads < READS_A_ROUND; reads++) {
      const n = readNow(this.#fd, this.#text.space());
      if (n === 0) break;
      any = true;
      this.#text.filled(n);
    }
    return any;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** trace_pipe gives at most a page a read. */
const READS_A_ROUND = 512;
