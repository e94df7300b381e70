import {
  BLOCK_HEAD,
  BYTES_LENGTH_AT,
  HEAD_LENGTH_AT,
  KIND_LENGTH_AT,
  MOST_NAME,
  MOST_PAYLOAD,
  STREAM_LENGTH_AT,
} from './recording-layout.js';

/** The unit of a recording; what kinds, streams and heads mean is agreed between recorder and replay. */
export interface RecordingBlock {
  kind: string;
  stream: string;
  /** Seconds on the kernel's clock. */
  time: number;
  /** A JSON value. Whoever reads it must check it: anybody may have written the file. */
  head: unknown;
  bytes: Uint8Array;
}

/** Blocks on their way into a chunk. */
export class BlockBuffer {
  #buffer: Buffer;
  /** Bytes of the blocks in it. */
  length = 0;

  /** @param capacity bytes to make room for at the beginning; it grows */
  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  /**
   * Copies the block. What makes the payload longer than a chunk may hold does not go in.
   * @returns whether it went in
   * @throws RangeError where no payload can hold the block or its time is not finite; TypeError where its head is no
   * JSON value
   */
  add({ kind, stream, time, head, bytes }: RecordingBlock): boolean {
    if (!Number.isFinite(time))
      throw new RangeError(`time of a block: expected a finite number, got ${time}`);
    const names = [Buffer.from(kind), Buffer.from(stream)] as const;
    const longest = Math.max(names[0].length, names[1].length);
    if (longest > MOST_NAME)
      throw new RangeError(`name in a block: at most ${MOST_NAME} bytes, got ${longest}`);
    const json = Buffer.from(head == null ? '' : JSON.stringify(head));
    const size = BLOCK_HEAD + names[0].length + names[1].length + json.length + bytes.length;
    if (size > MOST_PAYLOAD) throw new RangeError(`block: at most ${MOST_PAYLOAD} bytes, got ${size}`);
    if (this.length + size > MOST_PAYLOAD) return false;

    const at = this.length;
    const buffer = this.#roomFor(at + size);
    buffer.writeDoubleLE(time, at);
    buffer.writeUInt16LE(names[0].length, at + KIND_LENGTH_AT);
    buffer.writeUInt16LE(names[1].length, at + STREAM_LENGTH_AT);
    buffer.writeUInt32LE(json.length, at + HEAD_LENGTH_AT);
    buffer.writeUInt32LE(bytes.length, at + BYTES_LENGTH_AT);
    let end = at + BLOCK_HEAD;
    for (const part of [...names, json, bytes]) {
      buffer.set(part, end);
      end += part.length;
    }
    this.length = end;
    return true;
  }

  /** The payload, valid until the next `add`; the buffer is empty then. */
  take(): Uint8Array {
    const payload = this.#buffer.subarray(0, this.length);
    this.length = 0;
    return payload;
  }

  #roomFor(size: number): Buffer {
    if (size > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(size, Math.min(2 * this.#buffer.length, MOST_PAYLOAD)));
      this.#buffer.copy(grown, 0, 0, this.length);
      this.#buffer = grown;
    }
    return this.#buffer;
  }
}

/**
 * Reads the block at `at`, its bytes being a view of the payload.
 * @returns the block and the position behind it, or in a few words why there is none
 */
export function readBlock(payload: Buffer, at: number): { block: RecordingBlock; end: number } | string {
  if (at + BLOCK_HEAD > payload.length) return 'a block is cut off';
  const time = payload.readDoubleLE(at);
  if (!Number.isFinite(time)) return 'the time of a block is not a finite number';
  const stream = at + BLOCK_HEAD + payload.readUInt16LE(at + KIND_LENGTH_AT);
  const head = stream + payload.readUInt16LE(at + STREAM_LENGTH_AT);
  const bytes = head + payload.readUInt32LE(at + HEAD_LENGTH_AT);
  const end = bytes + payload.readUInt32LE(at + BYTES_LENGTH_AT);
  if (end > payload.length) return 'a block is cut off';
  const value = parseHead(payload.toString('utf8', head, bytes));
  if (value === undefined) return 'the head of a block is not JSON';
  const block = {
    kind: payload.toString('utf8', at + BLOCK_HEAD, stream),
    stream: payload.toString('utf8', stream, head),
    time,
    head: value,
    bytes: payload.subarray(bytes, end),
  };
  return { block, end };
}

function parseHead(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
