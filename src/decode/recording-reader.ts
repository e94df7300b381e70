import { crc32, inflateRawSync } from 'node:zlib';
import { KwhoError } from '../errors.js';
import { type RecordingBlock, readBlock } from './recording-blocks.js';
import { type ChunkHead, readChunkHead } from './recording-chunk.js';
import { recogniseForeign } from './recording-foreign.js';
import {
  CHUNK_HEAD,
  CHUNK_MARKER,
  FILE_CHECKSUM_AT,
  FILE_HEAD,
  MOST_DATA,
  RECORDING_MAGIC,
  RECORDING_VERSION,
  VERSION_AT,
} from './recording-layout.js';
import { RecordingSource } from './recording-source.js';

/** A file that cannot be read as a recording. */
export class RecordingError extends KwhoError {
  override readonly name = 'RecordingError';
}

/** A stretch of the file that gave nothing: the offset of its first byte, and what is wrong with it. */
export interface RecordingDamage {
  at: number;
  what: string;
}

/**
 * Reads a recording (recording-layout.ts tells its format) from its first byte to its last, one chunk of it in memory
 * at a time. Damage costs the chunks it hit: they are noted and the next chunk is looked for by its marker.
 */
export class RecordingReader {
  readonly #source: RecordingSource;
  readonly #damage: RecordingDamage[] = [];
  #payload: Buffer = Buffer.alloc(0);
  /** In the payload. */
  #at = 0;
  /** Of the payload's chunk in the file. */
  #chunk = 0;
  /** Bytes looked at in vain. */
  #wasted = 0;

  /**
   * @param read puts the next bytes into the array and tells how many: none at the file's end. What it throws is
   * passed on.
   * @throws RecordingError `recording-foreign`: another kind of file; `recording-version`: written by a newer kwho
   */
  constructor(read: (into: Uint8Array) => number) {
    this.#source = new RecordingSource(read);
    this.#fileHead();
  }

  /** What could not be read so far, in the file's order; a list of bounded length. */
  get damage(): readonly RecordingDamage[] {
    return this.#damage;
  }

  /** @returns null at the end. The block's bytes stay valid; keeping them keeps their whole chunk in memory. */
  next(): RecordingBlock | null {
    for (;;) {
      if (this.#at < this.#payload.length) {
        const read = readBlock(this.#payload, this.#at);
        if (typeof read !== 'string') {
          this.#at = read.end;
          return read.block;
        }
        this.#note(this.#chunk, `${read}; the rest of its chunk is skipped`);
      }
      if (!this.#nextChunk()) return null;
    }
  }

  #fileHead(): void {
    const source = this.#source;
    const whole = source.need(FILE_HEAD);
    const head = source.buffer.subarray(source.start, source.start + Math.min(source.available, FILE_HEAD));
    if (RECORDING_MAGIC.some((byte, index) => head[index] !== byte)) throw foreign(head);
    if (!whole) {
      throw new RecordingError(`the recording has ${head.length} bytes, expected ${FILE_HEAD} or more`, {
        code: 'recording-cut-off',
        hint: 'nothing was recorded, or the file was cut off when it was copied',
      });
    }
    const version = head.readUInt32LE(VERSION_AT);
    if (crc32(head.subarray(0, FILE_CHECKSUM_AT)) !== head.readUInt32LE(FILE_CHECKSUM_AT)) {
      this.#note(0, 'the head of the file is damaged');
    } else if (version !== RECORDING_VERSION) {
      throw new RecordingError(
        `the recording has version ${version} of the format, expected ${RECORDING_VERSION}`,
        { code: 'recording-version', hint: 'a newer kwho wrote it; replay it with that one' },
      );
    }
    source.skip(FILE_HEAD);
  }

  /** Goes to the next chunk whose payload can be had. */
  #nextChunk(): boolean {
    const source = this.#source;
    const from = source.position;
    let why = '';
    while (source.need(1)) {
      const at = source.position;
      const head = source.need(CHUNK_HEAD) ? readChunkHead(source.buffer, source.start) : null;
      const read = head === null ? noHead(source.available) : this.#payloadOf(head);
      if (typeof read !== 'string') {
        if (at > from) this.#note(from, `${why}: ${at - from} bytes skipped`);
        this.#payload = read;
        this.#at = 0;
        this.#chunk = at;
        return true;
      }
      why ||= read;
      // Behind a chunk of known length, or to what may be the next one.
      if (source.position === at) this.#seek();
    }
    if (source.position > from) this.#note(from, `${why}: ${source.position - from} bytes skipped`);
    this.#payload = Buffer.alloc(0);
    this.#at = 0;
    return false;
  }

  /** The payload of the chunk that starts here, or why there is none. Moves behind the chunk where its end is sure. */
  #payloadOf({ dataLength, payloadLength, dataChecksum }: ChunkHead): Buffer | string {
    const source = this.#source;
    const length = CHUNK_HEAD + dataLength;
    const whole = source.need(length);
    const data = source.buffer.subarray(
      source.start + CHUNK_HEAD,
      source.start + Math.min(length, source.available),
    );
    if (!whole || crc32(data) !== dataChecksum) {
      // Bytes may be missing inside, the next chunks being where this one's data should be. Heads forged to reach far
      // would have the same bytes looked at over and over; honest damage never wastes more than there is.
      this.#wasted += length;
      if (this.#wasted > source.position + 2 * MOST_DATA) source.skip(length);
      return whole
        ? 'a chunk whose data do not match their checksum'
        : `the file ends inside a chunk, ${data.length} of its ${dataLength} bytes being there`;
    }
    const payload = inflate(data, payloadLength);
    source.skip(length);
    return payload ?? 'a chunk whose data cannot be decompressed to the length given';
  }

  /** Moves on to the next bytes that could be a chunk's head. */
  #seek(): void {
    const source = this.#source;
    source.skip(1);
    while (source.need(CHUNK_MARKER.length)) {
      const found = source.buffer.subarray(0, source.end).indexOf(CHUNK_MARKER, source.start);
      if (found >= 0) {
        source.skip(found - source.start);
        return;
      }
      source.skip(source.available - CHUNK_MARKER.length + 1);
    }
    source.skip(source.available);
  }

  #note(at: number, what: string): void {
    const { length } = this.#damage;
    if (length < MOST_NOTES) this.#damage.push({ at, what });
    else if (length === MOST_NOTES) this.#damage.push({ at, what: 'more from here on, which is not listed' });
  }
}

function noHead(available: number): string {
  return available < CHUNK_HEAD ? 'the file ends inside the head of a chunk' : 'no chunk starts here';
}

function inflate(data: Uint8Array, length: number): Buffer | null {
  try {
    // One byte more than there should be, so that a longer stream is not taken for one that ends there.
    const most = length + 1;
    const chunkSize = Math.max(64, Math.min(most, INFLATE_STEP));
    const payload = inflateRawSync(data, { maxOutputLength: most, chunkSize });
    return payload.length === length ? payload : null;
  } catch {
    return null;
  }
}

function foreign(head: Uint8Array): RecordingError {
  const { what, hint } = recogniseForeign(head);
  return new RecordingError(`expected a recording of kwho; the file is ${what}`, {
    code: 'recording-foreign',
    hint,
  });
}

const MOST_NOTES = 1000;
const INFLATE_STEP = 1024 * 1024;
