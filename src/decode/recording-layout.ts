/**
 * The file format of kwho's recordings, version 1. All numbers are little-endian; offsets and lengths are bytes.
 *
 * A recording is a file head and then chunks, back to back, up to the end of the file. It only ever grows at its end:
 * one that was cut off, by a crash or a full disk, is good up to its last whole chunk.
 *
 * **File head**, 16 bytes:
 *
 *     0  8 bytes  89 4b 57 52 0d 0a 1a 0a ("\x89KWR\r\n\x1a\n": as in PNG, so that damage by a text-mode copy shows)
 *     8  u32      version of the format: 1
 *    12  u32      CRC-32 of the 12 bytes before
 *
 * **Chunk**, 20 bytes of head and the data:
 *
 *     0  4 bytes  a7 4b 57 43 ("\xa7KWC"), by which a reader finds the next chunk behind damage
 *     4  u32      length of the data, at most 64 MiB + 64 KiB
 *     8  u32      length of the payload, at most 64 MiB
 *    12  u32      CRC-32 of the data
 *    16  u32      CRC-32 of the 16 bytes before
 *    20  data     the payload, compressed: a raw deflate stream (RFC 1951)
 *
 * **Payload**: blocks, back to back, from the first byte to the last. Every chunk stands alone.
 *
 * **Block**, 20 bytes of head and four texts:
 *
 *     0  f64      time in seconds on the kernel's clock, a finite number
 *     8  u16      length of the kind
 *    10  u16      length of the stream
 *    12  u32      length of the head
 *    16  u32      length of the bytes
 *    20  kind, stream   UTF-8: what sort of block this is, and which of several sources it belongs to
 *        head           JSON in UTF-8, or nothing, which means `null`
 *        bytes          what came from the kernel, as it came
 *
 * CRC-32 is that of zlib, gzip and PNG. A reader skips blocks of a kind it does not know; another version of the
 * format is one whose chunks or blocks are laid out differently.
 */
export const RECORDING_VERSION = 1;

export const RECORDING_MAGIC: Uint8Array = Uint8Array.of(0x89, 0x4b, 0x57, 0x52, 0x0d, 0x0a, 0x1a, 0x0a);
export const VERSION_AT = 8;
export const FILE_CHECKSUM_AT = 12;
export const FILE_HEAD = 16;

export const CHUNK_MARKER: Uint8Array = Uint8Array.of(0xa7, 0x4b, 0x57, 0x43);
export const DATA_LENGTH_AT = 4;
export const PAYLOAD_LENGTH_AT = 8;
export const DATA_CHECKSUM_AT = 12;
export const HEAD_CHECKSUM_AT = 16;
export const CHUNK_HEAD = 20;
export const MOST_PAYLOAD: number = 64 * 1024 * 1024;
/** Deflate makes what it cannot compress longer by 5 bytes in 16 KiB. */
export const MOST_DATA: number = MOST_PAYLOAD + 64 * 1024;

export const KIND_LENGTH_AT = 8;
export const STREAM_LENGTH_AT = 10;
export const HEAD_LENGTH_AT = 12;
export const BYTES_LENGTH_AT = 16;
export const BLOCK_HEAD = 20;
export const MOST_NAME = 0xffff;
