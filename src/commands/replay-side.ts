import type { TraceRecord } from '../decode/trace-record.js';
import type { Recall } from './recall.js';
import { isList, isMap, isNumber, isObject, isOneOf, isText } from './recorded-shape.js';
import { openDecoding, type TraceDecoding } from './trace-decoding.js';

/** One side of a run, from a recording. */
export interface ReplaySide {
  /** Takes the next block of its stream. @throws ShapeError for one that kwho does not write so */
  block(kind: string, head: unknown, bytes: Uint8Array): void;
  /** A part of the recording could not be read; of a side that is through, nothing was in it. @param what a few words */
  unreadable(what: string): void;
  /** A bound that was asked for is reached. */
  readonly done: boolean;
  /** The recording is over. @param from first moment that was played, in seconds of the kernel's clock @param to last one */
  end(from: number, to: number): void;
}

/** The ring buffers of one side: bytes of a recording in, records out. */
export class ReplayBuffers {
  readonly #buffers: Map<string, TraceDecoding>;

  /** @param facts the `buffers` of a `begin` block @throws ShapeError, FormatError */
  constructor(facts: unknown, recall: Recall, emit: (buffer: string) => (record: TraceRecord) => void) {
    const symbol = recall.look<number, string>('symbol', isText);
    const each = [...isMap(isDecoding)(facts)];
    this.#buffers = new Map(
      each.map(([name, one]) => [name, openDecoding(one, { symbol, emit: emit(name) })]),
    );
  }

  /** @returns whether it was a block for a ring buffer */
  block(kind: string, head: unknown, bytes: Uint8Array): boolean {
    if (kind !== 'bytes' && kind !== 'read' && kind !== 'drained') return false;
    const decoding = this.#buffers.get(isBuffer(head).buffer);
    if (decoding === undefined) return true;
    if (kind === 'read') decoding.endRound();
    else if (kind === 'drained') decoding.finish();
    else if (decoding.pageSize === 0) pushText(decoding, bytes);
    else decoding.page(isPlace(head).cpu, bytes);
    return true;
  }

  finish(): void {
    for (const decoding of this.#buffers.values()) decoding.finish();
  }
}

const isDecoding = isObject({
  kind: isOneOf('pages', 'text'),
  header: isText,
  endian: isOneOf('little', 'big'),
  formats: isList(isText),
});
const isBuffer = isObject({ buffer: isText });
const isPlace = isObject({ cpu: isNumber });

function pushText({ text }: TraceDecoding, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const space = text.space();
    const part = bytes.subarray(at, at + space.length);
    space.set(part);
    text.filled(part.length);
    at += part.length;
  }
}
