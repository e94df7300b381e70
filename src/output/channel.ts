import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { systemCode } from '../errors.js';

/**
 * Where output goes. Writing never blocks, so that a paused pager can neither stop the capture unseen nor keep kwho
 * from answering a signal; what waits is bounded by whoever asks {@link backlog} before reading more.
 */
export interface OutputChannel {
  write(text: string): void;
  /** Bytes that wait to be taken. */
  readonly backlog: number;
  /** The reader is gone (EPIPE). */
  readonly closed: boolean;
  /** Tries for at most this long to hand over what waits. */
  drain(milliseconds: number): Promise<void>;
}

/** Standard output, whatever it is. */
export function openStandardOutput(): OutputChannel {
  const kind = fstatSync(1);
  // A socket cannot be opened again, but Node's own stream does not block on it.
  if (kind.isSocket()) return new StreamChannel(process.stdout);
  return new FileChannel(kind.isFIFO() || kind.isCharacterDevice() ? reopened() : 1);
}

/** A file that is appended to. @throws the system call's error */
export function openFileToAppend(path: string): OutputChannel {
  return new FileChannel(openSync(path, 'a'));
}

/** Another program's standard input. */
export function channelInto(stream: Writable): OutputChannel {
  return new StreamChannel(stream);
}

/** The same pipe or terminal as a file of our own that does not block: the flag on fd 1 is shared with others. */
function reopened(): number {
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return 1;
  }
}

class FileChannel implements OutputChannel {
  readonly #fd: number;
  #waiting: Buffer[] = [];
  #timer: NodeJS.Timeout | null = null;
  #released = false;
  backlog = 0;
  closed = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(text: string): void {
    if (this.closed || text === '') return;
    const bytes = Buffer.from(text, 'utf8');
    this.backlog += bytes.length;
    this.#waiting.push(bytes);
    if (this.#timer === null) this.#push();
  }

  async drain(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (this.backlog > 0 && !this.closed && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#fd !== 1 && !this.#released) closeSync(this.#fd);
    this.#released = true;
    this.closed = true;
  }

  #push(): void {
    this.#timer = null;
    try {
      for (let bytes = this.#waiting[0]; bytes !== undefined; bytes = this.#waiting[0]) {
        const n = writeSync(this.#fd, bytes);
        this.backlog -= n;
        if (n === bytes.length) this.#waiting.shift();
        else this.#waiting[0] = bytes.subarray(n);
      }
    } catch (error) {
      if (systemCode(error) === 'EAGAIN') {
        this.#timer = setTimeout(() => this.#push(), RETRY_MS);
        return;
      }
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.closed = true;
    this.backlog = 0;
    this.#waiting = [];
    if (systemCode(error) !== 'EPIPE' && systemCode(error) !== 'EIO') throw error;
  }
}

const RETRY_MS = 5;

class StreamChannel implements OutputChannel {
  readonly #stream: Writable;
  closed = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error) => {
      this.closed = true;
      if (systemCode(error) !== 'EPIPE') throw error;
    });
  }

  get backlog(): number {
    return this.#stream.writableLength;
  }

  write(text: string): void {
    if (!this.closed) this.#stream.write(text);
  }

  async drain(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (this.backlog > 0 && !this.closed && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
