import type { ByteString, EventRecord, FieldValue } from '../decode/trace-record.js';

/**
 * A new program's command line as it stands in the process's own memory, fetched as whole words when execve(2) has
 * succeeded: `words0` and `words1` carry `s` and `e` (mm->arg_start, mm->arg_end) and 8 bytes in each `wN`. Numbers
 * cannot forge anything, in trace text either.
 */
export class CommandWords {
  /** Where the arguments stand: differs from program to program. */
  readonly #start: FieldValue | undefined;
  readonly #end: FieldValue | undefined;
  readonly #parts: (Buffer | undefined)[] = [];

  constructor({ fields }: EventRecord) {
    this.#start = fields.s;
    this.#end = fields.e;
  }

  /** Whether an event tells of the same program. */
  isOf({ fields }: EventRecord): boolean {
    return fields.s === this.#start && fields.e === this.#end;
  }

  /** Takes a part; they come in any order. */
  add({ name, fields }: EventRecord): void {
    const words: bigint[] = [];
    for (const field in fields) {
      const value = fields[field];
      if (field.startsWith('w') && (typeof value === 'number' || typeof value === 'bigint'))
        words.push(BigInt(value));
    }
    const bytes = Buffer.alloc(words.length * WORD);
    for (const [i, word] of words.entries()) bytes.writeBigUInt64LE(BigInt.asUintN(64, word), i * WORD);
    this.#parts[Number(name.charAt('words'.length))] = bytes;
  }

  /** The arguments as far as they were fetched, in the form of /proc/PID/cmdline; null where the beginning is missing. */
  commandLine(): { args: readonly ByteString[]; cut: boolean } | null {
    const size = Number(this.#end) - Number(this.#start);
    const parts: Buffer[] = [];
    for (const part of this.#parts) {
      if (part === undefined) break;
      parts.push(part);
    }
    if (parts.length === 0 || !(size >= 0)) return null;
    const known = Buffer.concat(parts).toString('latin1', 0, size);
    const cut = known.length < size;
    const args = known.split('\0');
    // Each argument ends with a NUL; behind the last one nothing begins.
    if (!cut) args.pop();
    return { args, cut };
  }
}

const WORD = 8;
