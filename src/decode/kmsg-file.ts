import { type KmsgRecord, type MalformedKmsg, parseKmsgRecord } from './kmsg-record.js';
import { MessagePieces } from './message-pieces.js';

/**
 * Reads records of /dev/kmsg that were written to a file: one after the other, as `cat /dev/kmsg` writes them, or with
 * a zero between them, as dmesg(1) `--kmsg-file` wants them. Behind a newline stands a space or the next record.
 */
export class KmsgFileReader {
  readonly #pieces: MessagePieces;

  constructor(emit: (record: KmsgRecord | MalformedKmsg) => void) {
    this.#pieces = new MessagePieces(
      (bytes, at) => bytes[at] === 0 || (bytes[at]! >= 0x30 && bytes[at]! <= 0x39),
      1,
      (bytes, start, end) => emit(parsePiece(withNewline(bytes, start, end))),
    );
  }

  push(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
  }

  flush(): void {
    this.#pieces.flush();
  }
}

/** Lines behind the text that are no fields are no part of it, as dmesg(1) takes it. */
function parsePiece(bytes: Uint8Array): KmsgRecord | MalformedKmsg {
  const record = parseKmsgRecord(bytes);
  if (record.kind === 'kmsg') return record;
  const first = parseKmsgRecord(bytes.subarray(0, bytes.indexOf(10) + 1));
  return first.kind === 'kmsg' ? first : record;
}

/** A record ends with its newline. */
function withNewline(bytes: Buffer, start: number, end: number): Uint8Array {
  if (bytes[end] === 10) return bytes.subarray(start, end + 1);
  // The last one of a file may have been cut off, or end with a zero in the place of the newline.
  let last = end;
  while (last > start && bytes[last - 1] === 0) last--;
  if (bytes[last - 1] === 10) last--;
  return Buffer.concat([bytes.subarray(start, last), Buffer.of(10)]);
}
