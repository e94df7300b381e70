import { AddressNames, type SymbolOf } from './address-names.js';
import type { EventFormat } from './event-format.js';
import { compileField, type PageBytes, recordSize } from './field-reader.js';
import type { PageLayout } from './page-header.js';
import { RingPageWalker } from './ring-page.js';
import type { Fields, TraceRecord } from './trace-record.js';

export interface PageDecoderOptions {
  layout: PageLayout;
  /** By event id. An event whose id is not in here becomes one malformed record. */
  formats: ReadonlyMap<number, EventFormat>;
  symbol: SymbolOf;
  emit: (record: TraceRecord) => void;
  /** Ids to decode; events with another id are passed over silently. Absent: all. */
  only?: ReadonlySet<number>;
}

/**
 * Pages of `per_cpu/cpuN/trace_pipe_raw` to records: the same that trace text gives, with exact times and addresses,
 * and with lengths that no traced process can forge. The process's name is not in pages.
 */
export class PageDecoder {
  readonly #walker: RingPageWalker;
  readonly #emit: (record: TraceRecord) => void;
  readonly #only: ReadonlySet<number> | undefined;
  /** By event id: a plain array, ids are small. */
  readonly #makers: (RecordMaker | undefined)[] = [];

  constructor({ layout, formats, symbol, emit, only }: PageDecoderOptions) {
    this.#walker = new RingPageWalker(layout);
    this.#emit = emit;
    this.#only = only;
    const names = new AddressNames(symbol);
    for (const [id, format] of formats) this.#makers[id] = compileMaker(format, names, layout.longSize);
  }

  /** Decodes one page; `bytes` may be used again afterwards. Records hold no reference to it. */
  page(cpu: number, bytes: Uint8Array): void {
    const walker = this.#walker;
    const emit = this.#emit;
    walker.open(bytes);
    if (walker.lost !== 0) emit({ kind: 'lost', cpu, count: walker.lost });

    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const page: PageBytes = { view: walker.view, text };
    while (walker.next()) {
      const { id } = walker;
      if (this.#only !== undefined && !this.#only.has(id)) continue;
      const made = makeRecord(this.#makers[id], page, walker, cpu);
      if (typeof made !== 'string') emit(made);
      else emit(malformed(made, text, walker.offset, walker.offset + walker.length));
    }
    const { fault } = walker;
    if (fault !== null)
      emit(malformed(`byte ${fault.offset} of a page: ${fault.why}`, text, fault.offset, text.length));
  }
}

function makeRecord(
  maker: RecordMaker | undefined,
  page: PageBytes,
  event: RingPageWalker,
  cpu: number,
): TraceRecord | string {
  if (maker === undefined) return `no format is known for event id ${event.id}`;
  if (event.length < maker.least) {
    return `event id ${event.id} has ${event.length} bytes, its format says ${maker.least}`;
  }
  return maker.make(page, event, cpu);
}

interface RecordMaker {
  /** Bytes that a record of this event must have. */
  least: number;
  /** The record, or the reason why it is none. */
  make: (page: PageBytes, event: RingPageWalker, cpu: number) => TraceRecord | string;
}

function compileMaker(format: EventFormat, names: AddressNames, longSize: 4 | 8): RecordMaker {
  return functionMaker(format, names) ?? stackMaker(format, names, longSize) ?? eventMaker(format, longSize);
}

/** `struct ftrace_entry` (kernel/trace/trace_entries.h). 7.2 declares `args` behind it and stores them on request. */
function functionMaker(format: EventFormat, names: AddressNames): RecordMaker | null {
  const ip = format.fields.find(({ name }) => name === 'ip');
  const parent = format.fields.find(({ name }) => name === 'parent_ip');
  if (format.name !== 'function' || ip === undefined || parent === undefined) return null;
  const pid = pidOffset(format);
  return {
    least: recordSize([...format.common, ip, parent]),
    make: ({ view }, { time, offset }, cpu) => ({
      kind: 'function',
      time,
      cpu,
      tid: view.getInt32(offset + pid, true),
      comm: null,
      symbol: names.function(view, offset + ip.offset, ip.size),
      parent: names.caller(view, offset + parent.offset, parent.size),
    }),
  };
}

/** `struct stack_entry` (kernel/trace/trace_entries.h). 5.10 declares eight callers and stores as many as it has. */
function stackMaker(format: EventFormat, names: AddressNames, longSize: 4 | 8): RecordMaker | null {
  const size = format.fields.find(({ name }) => name === 'size');
  const caller = format.fields.find(({ name }) => name === 'caller');
  if (format.name !== 'kernel_stack' || size === undefined || caller === undefined) return null;
  const pid = pidOffset(format);
  return {
    least: Math.max(recordSize([...format.common, size]), caller.offset),
    make: ({ view }, { time, offset, length }, cpu) => {
      const from = offset + caller.offset;
      const room = Math.floor((offset + length - from) / longSize);
      const count = Math.min(room, view.getUint32(offset + size.offset, true));
      const frames = names.frames(view, from, count, longSize);
      return { kind: 'stack', time, cpu, tid: view.getInt32(offset + pid, true), frames };
    },
  };
}

function eventMaker(format: EventFormat, longSize: number): RecordMaker {
  const { name } = format;
  const pid = pidOffset(format);
  // Fields with two underscores are the tracer's own: __syscall_nr, __probe_ip, __buf_val.
  const own = format.fields.filter((field) => !field.name.startsWith('__'));
  const names = own.map((field) => field.name);
  const readers = own.map((field) => compileField(field, longSize));
  return {
    least: recordSize([...format.common, ...format.fields]),
    make: (page, { time, offset, length }, cpu) => {
      const fields: Fields = {};
      for (let index = 0; index < readers.length; index += 1) {
        const value = readers[index]!(page, offset, offset + length);
        if (value === undefined) return `${name}: the location of ${names[index]} is outside the record`;
        fields[names[index]!] = value;
      }
      return {
        kind: 'event',
        time,
        cpu,
        tid: page.view.getInt32(offset + pid, true),
        comm: null,
        name,
        fields,
      };
    },
  };
}

function pidOffset(format: EventFormat): number {
  return format.common.find(({ name }) => name === 'common_pid')?.offset ?? 4;
}

function malformed(why: string, text: Buffer, from: number, to: number): TraceRecord {
  return { kind: 'malformed', why, sample: text.toString('latin1', from, Math.min(to, from + SAMPLE_BYTES)) };
}

const SAMPLE_BYTES = 64;
