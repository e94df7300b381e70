import { DropPageCounter } from '../decode/drop-page-counter.js';
import { DropTextCounter } from '../decode/drop-text-counter.js';
import { parsePageHeader } from '../decode/page-header.js';
import type { TraceRecord } from '../decode/trace-record.js';
import { type DropReading, locate } from '../model/drop-record.js';
import { type CountedDrops, rowId } from '../model/drop-table.js';
import type { DropFacts } from '../model/events.js';
import { DROP_EVENT } from '../tracefs/drop-tracing.js';
import { readFormats } from '../tracefs/formats.js';
import type { TraceInstance } from '../tracefs/instance.js';
import type { KernelJournal } from '../tracefs/journal.js';
import { PageSource } from '../tracefs/page-source.js';
import { PipeSource } from '../tracefs/pipe-source.js';
import type { DropCounter } from './drops-counter.js';
import type { CountSnapshot } from './drops-investigation.js';
import { endianness, holdPipe, instanceHeader, type TraceReader } from './trace-reader.js';

export interface PlainCounterOptions {
  kind: 'pages' | 'text';
  reading: DropReading;
  /** Rows by protocol are wanted too. */
  byProtocol: boolean;
  /** Takes losses, and bytes that are no record. */
  emit: (record: TraceRecord) => void;
}

/**
 * Counts the plain event straight from the bytes of the ring buffer, without making a record of each drop: for a
 * table that wants nothing but places, at rates where records would be too slow.
 */
export class PlainCounter implements DropCounter, TraceReader {
  readonly kind: 'pages' | 'text';
  readonly #reading: DropReading;
  readonly #source: PageSource | PipeSource;
  readonly #counts: () => {
    location: bigint | string;
    reason: number | string | null;
    protocol: number;
    count: number;
  }[];
  readonly #end: () => void;
  readonly #malformed: () => { count: number; samples: { why: string; sample: string }[] };
  readonly #emit: (record: TraceRecord) => void;
  readonly #byProtocol: boolean;
  #toldMalformed = 0;

  constructor(
    instance: TraceInstance,
    journal: KernelJournal,
    { kind, reading, byProtocol, emit }: PlainCounterOptions,
  ) {
    this.kind = kind;
    this.#byProtocol = byProtocol;
    this.#reading = reading;
    this.#emit = emit;
    if (kind === 'text') {
      const counter = new DropTextCounter();
      this.#source = new PipeSource(instance.path, counter);
      this.#counts = () => counter.counts();
      this.#malformed = () => counter.malformed;
      this.#end = () => counter.end();
    } else {
      const layout = parsePageHeader(instanceHeader(instance), endianness());
      const [format] = readFormats(instance.tracefs, instance.path, [DROP_EVENT]);
      const counter = new DropPageCounter({ layout, format: format! });
      this.#source = new PageSource(
        instance.path,
        { pageSize: layout.size, space: counter.space },
        (cpu, page) => {
          const { lost, lostUncounted } = counter;
          counter.pages(cpu, page);
          if (counter.lost > lost) emit({ kind: 'lost', cpu, count: counter.lost - lost });
          if (counter.lostUncounted > lostUncounted) emit({ kind: 'lost', cpu, count: null });
        },
      );
      this.#counts = () => counter.counts();
      this.#malformed = () => counter.malformed;
      this.#end = () => {};
      holdPipe(instance, journal);
    }
    journal.hold('trace_pipe', () => this.#source.close());
  }

  poll(): boolean {
    return this.#source.poll();
  }

  finish(): void {
    this.#end();
    this.#tellMalformed();
  }

  snapshot(): CountSnapshot {
    this.#tellMalformed();
    const protocols = this.#counts().map(({ location, reason, protocol, count }) => ({
      key: { ...this.#place(location, reason), protocol },
      count,
    }));
    const rows = new Map<string, CountedDrops>();
    let counted = 0;
    for (const { key, count } of protocols) {
      const { protocol: _, ...place } = key;
      const id = rowId(place);
      const row = rows.get(id);
      if (row === undefined) rows.set(id, { key: { ...place, ...NOBODY }, count });
      else row.count += count;
      counted += count;
    }
    return { counted, unplaced: 0, rows: [...rows.values()], others: this.#byProtocol ? protocols : null };
  }

  last(): CountSnapshot {
    return this.snapshot();
  }

  #place(location: bigint | string, reason: number | string | null): Pick<DropFacts, 'location' | 'reason'> {
    const { reasons, name } = this.#reading;
    return {
      location: locate(location, name),
      reason: typeof reason === 'number' ? reasons.name(reason) : reason,
    };
  }

  #tellMalformed(): void {
    const { count, samples } = this.#malformed();
    for (; this.#toldMalformed < count; this.#toldMalformed++) {
      const { why, sample } = samples[this.#toldMalformed] ?? { why: 'one more of these', sample: '' };
      this.#emit({ kind: 'malformed', why, sample });
    }
  }
}

const NOBODY = { dev: null, ifindex: null, netns: null, netnsName: null };
