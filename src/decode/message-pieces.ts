/**
 * Cuts a stream of bytes into messages: one ends at a newline behind which the next begins. The end of one message is
 * known when the beginning of the next is there, or by {@link flush}.
 */
export class MessagePieces {
  readonly #begins: (bytes: Buffer, at: number) => boolean;
  /** So many bytes behind a newline are needed to tell. */
  readonly #look: number;
  readonly #emit: (bytes: Buffer, start: number, end: number) => void;
  #rest: Buffer = Buffer.alloc(0);
  /** How far the rest is known to hold no end. */
  #seen = 0;

  /** @param emit gets a message as bytes from start to end, without the newline that ends it */
  constructor(
    begins: (bytes: Buffer, at: number) => boolean,
    look: number,
    emit: (bytes: Buffer, start: number, end: number) => void,
  ) {
    this.#begins = begins;
    this.#look = look;
    this.#emit = emit;
  }

  push(piece: Uint8Array): void {
    const bytes = this.#joined(piece);
    let start = 0;
    let at = this.#seen;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline === -1) {
        at = bytes.length;
        break;
      }
      if (newline + this.#look >= bytes.length) {
        at = newline;
        break;
      }
      at = newline + 1;
      if (!this.#begins(bytes, at)) continue;
      this.#give(bytes, start, newline);
      start = at;
    }
    if (bytes.length - start > LONGEST) {
      this.#give(bytes, start, bytes.length);
      start = bytes.length;
      at = start;
    }
    // The piece is the caller's, who may fill it again.
    this.#rest = Buffer.from(bytes.subarray(start));
    this.#seen = at - start;
  }

  flush(): void {
    const bytes = this.#rest;
    this.#rest = Buffer.alloc(0);
    this.#seen = 0;
    this.#give(bytes, 0, bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length);
  }

  #joined(piece: Uint8Array): Buffer {
    if (this.#rest.length > 0) return Buffer.concat([this.#rest, piece]);
    return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  }

  /** Zeros stand at the end of a buffer that was not filled, and between the records of a file. */
  #give(bytes: Buffer, from: number, end: number): void {
    let start = from;
    while (start < end && bytes[start] === 0) start++;
    if (start < end) this.#emit(bytes, start, end);
  }
}

const NEWLINE = 10;
/** The kernel's longest message has 1 KiB, its longest record 8; a file may hold anything. */
const LONGEST = 1 << 20;
