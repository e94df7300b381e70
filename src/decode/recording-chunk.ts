import { crc32 } from 'node:zlib';
import {
  CHUNK_HEAD,
  CHUNK_MARKER,
  DATA_CHECKSUM_AT,
  DATA_LENGTH_AT,
  FILE_CHECKSUM_AT,
  FILE_HEAD,
  HEAD_CHECKSUM_AT,
  MOST_DATA,
  MOST_PAYLOAD,
  PAYLOAD_LENGTH_AT,
  RECORDING_MAGIC,
  RECORDING_VERSION,
  VERSION_AT,
} from './recording-layout.js';

/** The head of a chunk, all numbers bytes. */
export interface ChunkHead {
  dataLength: number;
  payloadLength: number;
  dataChecksum: number;
}

/** The first bytes of every recording. */
export function fileHead(): Uint8Array {
  const head = Buffer.alloc(FILE_HEAD);
  head.set(RECORDING_MAGIC);
  head.writeUInt32LE(RECORDING_VERSION, VERSION_AT);
  head.writeUInt32LE(crc32(head.subarray(0, FILE_CHECKSUM_AT)), FILE_CHECKSUM_AT);
  return head;
}

/** The head of a chunk whose payload has `payloadLength` bytes and was compressed to `data`. */
export function chunkHead(data: Uint8Array, payloadLength: number): Uint8Array {
  const head = Buffer.alloc(CHUNK_HEAD);
  head.set(CHUNK_MARKER);
  head.writeUInt32LE(data.length, DATA_LENGTH_AT);
  head.writeUInt32LE(payloadLength, PAYLOAD_LENGTH_AT);
  head.writeUInt32LE(crc32(data), DATA_CHECKSUM_AT);
  head.writeUInt32LE(crc32(head.subarray(0, HEAD_CHECKSUM_AT)), HEAD_CHECKSUM_AT);
  return head;
}

/** Reads the head at `at`; null where none stands there. `bytes` must reach to its end. */
export function readChunkHead(bytes: Buffer, at: number): ChunkHead | null {
  if (CHUNK_MARKER.some((byte, index) => bytes[at + index] !== byte)) return null;
  const checksum = crc32(bytes.subarray(at, at + HEAD_CHECKSUM_AT));
  if (bytes.readUInt32LE(at + HEAD_CHECKSUM_AT) !== checksum) return null;
  const dataLength = bytes.readUInt32LE(at + DATA_LENGTH_AT);
  const payloadLength = bytes.readUInt32LE(at + PAYLOAD_LENGTH_AT);
  if (dataLength > MOST_DATA || payloadLength > MOST_PAYLOAD) return null;
  return { dataLength, payloadLength, dataChecksum: bytes.readUInt32LE(at + DATA_CHECKSUM_AT) };
}
