import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { BlockBuffer, type RecordingBlock } from '../decode/recording-blocks.js';
import { chunkHead, fileHead } from '../decode/recording-chunk.js';
import { KwhoError, systemCode, UsageError } from '../errors.js';

/**
 * A recording being written (decode/recording-layout.ts tells the format). What was flushed survives the end of this
 * process, however it comes; the file is not forced to the disk, so what the kernel had not yet written when the host
 * itself went down is lost. Only its owner may read it: it holds command lines and addresses.
 *
 * A recording that cannot go on (the disk is full) ends with its last whole chunk and a `problem`; nothing throws.
 */
export class RecordingFile {
  readonly #path: string;
  readonly #fd: number;
  readonly #write: WriteBytes;
  readonly #flushBytes: number;
  readonly #waiting: BlockBuffer;
  #open = true;
  #problem: KwhoError | null = null;
  #bytes = 0;

  /**
   * @param options.flushBytes blocks of this many bytes make a chunk, 256 KiB unless told
   * @param options.write writes some of the bytes to the file and tells how many
   * @throws UsageError where the file exists; KwhoError `recording-create` where it cannot be made
   */
  constructor(path: string, { flushBytes = FLUSH_BYTES, write = writeSync }: RecordingOptions = {}) {
    this.#path = path;
    this.#write = write;
    this.#flushBytes = flushBytes;
    this.#fd = create(path);
    this.#waiting = new BlockBuffer(2 * flushBytes);
    this.#append([fileHead()]);
  }

  /** Length of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Why the recording ended before its time: `recording-write`. */
  get problem(): KwhoError | null {
    return this.#problem;
  }

  /**
   * Takes a copy of the block.
   * @throws RangeError where the block does not fit into a chunk or its time is not finite; TypeError where its head
   * is no JSON value
   */
  block(block: RecordingBlock): void {
    if (!this.#open) return;
    if (!this.#waiting.add(block)) {
      this.flush();
      this.#waiting.add(block);
    }
    if (this.#waiting.length >= this.#flushBytes) this.flush();
  }

  /** Writes what waits as one chunk. To be called every second or so. */
  flush(): void {
    if (!this.#open || this.#waiting.length === 0) return;
    const payload = this.#waiting.take();
    const data = deflateRawSync(payload, DEFLATE);
    this.#append([chunkHead(data, payload.length), data]);
  }

  close(): void {
    this.flush();
    this.#end();
  }

  #append(parts: readonly Uint8Array[]): void {
    let end = this.#bytes;
    try {
      for (let part of parts) {
        while (part.length > 0) {
          const n = this.#write(this.#fd, part);
          end += n;
          part = part.subarray(n);
        }
      }
      this.#bytes = end;
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #fail(cause: unknown): void {
    const reason = systemCode(cause) ?? String(cause);
    this.#problem = new KwhoError(`${this.#path}: the recording ends here, writing failed (${reason})`, {
      code: 'recording-write',
      hint: HINTS[reason],
      cause,
    });
    try {
      ftruncateSync(this.#fd, this.#bytes);
    } catch {
      // A chunk that is not whole costs the reader a note.
    }
    this.#end();
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      closeSync(this.#fd);
    } catch (cause) {
      // NFS and quotas may tell only now (close(2)).
      this.#problem ??= new KwhoError(`${this.#path}: closing the recording failed (${systemCode(cause)})`, {
        code: 'recording-write',
        cause,
      });
    }
  }
}

export interface RecordingOptions {
  flushBytes?: number;
  write?: WriteBytes;
}
type WriteBytes = (fd: number, bytes: Uint8Array) => number;

/** Neither through a link nor over a file: kwho runs as root, in folders that others may write to. */
function create(path: string): number {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  try {
    return openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  } catch (cause) {
    const reason = systemCode(cause);
    if (reason === 'EEXIST') {
      throw new UsageError(
        `${path} exists; a recording needs a file of its own`,
        'name another file, or remove it',
      );
    }
    throw new KwhoError(`${path}: the recording cannot be created (${reason})`, {
      code: 'recording-create',
      hint: 'name a file in a folder that exists and can be written to',
      cause,
    });
  }
}

const FLUSH_BYTES = 256 * 1024;

/**
 * Ring-buffer pages shrink to a fifth at 160 MB/s; the default level makes it a sixth at 55 MB/s. 100,000 events/s are
 * 4 MB/s of plain `skb:kfree_skb`, 60 MB/s of the widest probe.
 */
const DEFLATE = { level: 1, memLevel: 9 };

const HINTS: { [code: string]: string } = {
  ENOSPC: 'the disk is full: what was recorded until then can be replayed',
  EDQUOT: 'the quota is used up: what was recorded until then can be replayed',
  EFBIG: 'the file may not grow further (ulimit -f): what was recorded until then can be replayed',
  EIO: 'the disk or its connection fails, see the kernel log',
};
