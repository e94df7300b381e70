import { crc32, deflateRawSync } from 'node:zlib';
import type { RecordingBlock } from '../../src/decode/recording-blocks.js';
import { RecordingReader } from '../../src/decode/recording-reader.js';

/** Bytes of a recording, made from the format's description and not with the code under test. */
export function fileHead(version = 1): Buffer {
  const head = Buffer.from('\x89KWR\r\n\x1a\n\0\0\0\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(version, 8);
  head.writeUInt32LE(crc32(head.subarray(0, 12)), 12);
  return head;
}

export function block({ kind, stream, time, head, bytes }: RecordingBlock): Buffer {
  const parts = [kind, stream, head === null ? '' : JSON.stringify(head)].map((text) => Buffer.from(text));
  const start = Buffer.alloc(20);
  start.writeDoubleLE(time, 0);
  start.writeUInt16LE(parts[0]!.length, 8);
  start.writeUInt16LE(parts[1]!.length, 10);
  start.writeUInt32LE(parts[2]!.length, 12);
  start.writeUInt32LE(bytes.length, 16);
  return Buffer.concat([start, ...parts, bytes]);
}

export function chunk(
  payload: Uint8Array,
  forged: { data?: Uint8Array; dataLength?: number; payloadLength?: number; dataChecksum?: number } = {},
): Buffer {
  const data = forged.data ?? deflateRawSync(payload);
  const head = Buffer.from('\xa7KWC'.padEnd(20, '\0'), 'latin1');
  head.writeUInt32LE(forged.dataLength ?? data.length, 4);
  head.writeUInt32LE(forged.payloadLength ?? payload.length, 8);
  head.writeUInt32LE(forged.dataChecksum ?? crc32(data), 12);
  head.writeUInt32LE(crc32(head.subarray(0, 16)), 16);
  return Buffer.concat([head, data]);
}

/** A page of a ring buffer, more or less. */
export function sampleBlock(index: number, size = 40): RecordingBlock {
  const bytes = Buffer.alloc(size, `event ${index} `);
  return {
    kind: 'pages',
    stream: `cpu${index % 2}`,
    time: 12.5 + index,
    head: index % 3 ? null : { lost: index },
    bytes,
  };
}

/** Hands out `bytes` in pieces of at most `most`. */
export function readerOf(bytes: Uint8Array, most = 1000): RecordingReader {
  let at = 0;
  return new RecordingReader((into) => {
    const piece = bytes.subarray(at, at + Math.min(most, into.length));
    into.set(piece);
    at += piece.length;
    return piece.length;
  });
}

export function readAll(reader: RecordingReader): RecordingBlock[] {
  const blocks: RecordingBlock[] = [];
  for (let next = reader.next(); next !== null; next = reader.next()) blocks.push(plain(next));
  return blocks;
}

/** Comparable: the bytes as a Buffer of their own. */
export function plain(block: RecordingBlock): RecordingBlock {
  return { ...block, bytes: Buffer.from(block.bytes) };
}
