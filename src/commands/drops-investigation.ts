import type { EventRecord, TraceRecord } from '../decode/trace-record.js';
import type { Verdict } from '../explain/drop-verdict.js';
import { Completeness } from '../model/completeness.js';
import { collapse, type DropField } from '../model/drop-by.js';
import { type DropCondition, dropPasses } from '../model/drop-filter.js';
import { dropPath } from '../model/drop-path.js';
import { type DropReading, readDrop, type SeenDrop } from '../model/drop-record.js';
import type { DropStream } from '../model/drop-stream.js';
import type { CountedDrops, DropTable } from '../model/drop-table.js';
import type { DropEvent, KwhoEvent, NoticeEvent } from '../model/events.js';
import type { EventSink } from '../output/sink.js';
import { MalformedRecords } from './malformed-records.js';
import type { Sources } from './side.js';

export interface DropInvestigationOptions {
  reading: DropReading;
  table: DropTable;
  /** Counts what is read; null where the kernel's own tables count. */
  stream: DropStream | null;
  /** Single drops are samples: what is counted comes from elsewhere. */
  sampled: boolean;
  /** Counts single drops by what no place tells: a flow, a name, a path. null where rows are by place. */
  other: DropStream | null;
  sink: EventSink;
  conditions: readonly DropCondition[];
  by: readonly DropField[];
  /** Tell single drops rather than counts. */
  events: boolean;
  /** Single drops told a second, of the kernel's clock, besides counts; 0 for none. */
  samples: number;
  /** A kernel path follows each drop. */
  stack: boolean;
  maxEvents: number | null;
  backends: readonly string[];
  /** The one of them that shows single drops. */
  detailBackend: string;
  blindSpots: readonly string[];
  /** The process of a thread; null where it is gone. */
  processOf: (tid: number) => number | null;
}

/** What has been counted at a moment, as running totals. */
export interface CountSnapshot {
  counted: number;
  /** Drops that are in no row: a table without room, an unreadable line. */
  unplaced: number;
  /** By location, reason, interface and namespace. */
  rows: readonly CountedDrops[];
  /** The same drops by what no place tells, where the kernel counts that too. */
  others: readonly CountedDrops[] | null;
}

/**
 * The drop side of a run: single drops and running totals in, events out. It knows no kernel and no screen.
 */
export class DropInvestigation {
  readonly #options: DropInvestigationOptions;
  readonly #completeness = new Completeness();
  /** A kernel path follows each drop. */
  stack: boolean;
  readonly #backend: string;
  /** Rows by what no place tells. */
  readonly #others: DropTable;
  readonly #verdicts: Record<Verdict, number> = { suspect: 0, policy: 0, noise: 0 };
  /** By CPU, a drop whose kernel path has not come yet. */
  readonly #waiting = new Map<number, SeenDrop>();
  /** Single drops told in this second. */
  #second = 0;
  #samples = 0;
  readonly #malformed = new MalformedRecords((...notice) => this.notice(...notice));
  #unplaced = 0;
  /** What had been counted before anything was told. */
  #before = 0;
  #counted = 0;
  /** Drops seen one by one, after filters. */
  detailed = 0;
  /** Records lost on the way from the kernel's ring buffer. */
  lostRecords = 0;

  constructor(options: DropInvestigationOptions) {
    this.#options = options;
    this.stack = options.stack;
    this.#backend = options.backends[0] ?? 'none';
    this.#others = options.table.another();
  }

  /** Takes the next record of the detail stream; they come in time order. */
  record(record: TraceRecord): void {
    if (this.done) return;
    if (record.kind === 'event') this.#event(record);
    else if (record.kind === 'stack') this.#path(record.cpu, record.frames);
    else if (record.kind === 'lost') this.#lost(record.cpu, record.count);
    else if (record.kind === 'malformed') this.#malformed.add(record);
  }

  /** Takes the next record of a stream that is for counting alone. */
  count(record: TraceRecord): void {
    if (record.kind === 'event') {
      const drop = readDrop(record, this.#options.reading);
      if (dropPasses(this.#options.conditions, drop)) this.#options.stream?.add(drop, null);
    } else if (record.kind === 'lost') {
      this.#completeness.note(record);
      this.#tellLost(record.cpu, record.count);
    } else if (record.kind === 'malformed') this.#malformed.add(record);
  }

  get done(): boolean {
    const { maxEvents } = this.#options;
    return maxEvents !== null && Math.max(this.detailed, this.#counted) >= maxEvents;
  }

  get counted(): number {
    return this.#counted;
  }

  get sampled(): boolean {
    return this.#options.sampled;
  }

  /** Drops of which nothing is known but that they happened. */
  get lost(): number {
    return this.#completeness.lost + this.#malformed.count + this.#unplaced;
  }

  /** What sees, and what it cannot see. */
  get sources(): Sources {
    return this.#options;
  }

  notice(code: string, level: NoticeEvent['level'], text: string, more: Partial<NoticeEvent> = {}): void {
    this.#tell({ type: 'notice', time: null, backend: 'kwho', level, code, text, hint: null, ...more });
  }

  /** What has been counted up to here is told by nobody: a recording began in the middle of a run. */
  baseline(snapshot: CountSnapshot): void {
    this.#before = snapshot.counted;
    this.#unplaced = snapshot.unplaced;
    this.#options.table.since(snapshot.rows);
    if (snapshot.others !== null) this.#others.since(snapshot.others);
  }

  /** The totals as they are now; tells what has been dropped since the last time. Times are seconds. */
  interval(from: number, to: number, snapshot: CountSnapshot): void {
    const { table, by, events, sink, other } = this.#options;
    this.#counted = snapshot.counted - this.#before;
    const rows = table.since(snapshot.rows);
    for (const { verdict, count } of rows) this.#verdicts[verdict] += count;
    this.#noteUnplaced(snapshot.unplaced);
    if (events) return;
    const others = snapshot.others ?? other?.rows() ?? null;
    const told = others === null ? rows : this.#others.since(others);
    for (const { key, count, verdict } of collapse(told, by)) {
      this.#tell({ type: 'drop-count', time: to, backend: this.#backend, from, to, key, count, verdict });
    }
    sink.tick();
  }

  /** Drops that SystemTap saw, or should have seen, and could not tell of. @param count null where nobody counted */
  missed(count: number | null, what: string): void {
    if (count === null) this.#completeness.noteGap();
    else this.#completeness.add(count);
    this.#tell({ type: 'lost', time: null, backend: this.#backend, where: 'stap', count, cpu: null, what });
  }

  /** A part of the recording that is replayed cannot be read: what was in it, nobody knows. */
  unreadable(what: string): void {
    this.#completeness.noteGap();
    const lost = { type: 'lost', time: null, backend: this.#backend, where: 'recording' } as const;
    this.#tell({ ...lost, count: null, cpu: null, what });
  }

  /** Nothing more will come: drops that wait for their path go without. */
  flush(): void {
    for (const drop of this.#waiting.values()) this.#see(drop, null);
    this.#waiting.clear();
  }

  /** The kernel's own account of what it lost of the stream that is counted, by CPU. */
  settle(losses: ReadonlyMap<number, number>): void {
    for (const { cpu, count } of this.#completeness.settle(losses)) this.#tellLost(cpu, count);
  }

  /** The last call. */
  finish(): void {
    const { sink, backends, blindSpots, events } = this.#options;
    this.#tell({
      type: 'summary',
      time: null,
      backend: this.#backend,
      seen: events ? this.detailed : this.#counted - this.#unplaced,
      lost: this.lost,
      complete: this.#malformed.count + this.#unplaced === 0 && this.#completeness.complete,
      backends,
      blindSpots,
      counted: this.#counted,
      detailed: this.detailed,
      verdicts: this.#verdicts,
    });
    sink.end();
  }

  #event(record: EventRecord): void {
    const before = this.#waiting.get(record.cpu);
    if (before !== undefined) {
      this.#waiting.delete(record.cpu);
      this.#see(before, null);
    }
    const drop = readDrop(record, this.#options.reading);
    if (!dropPasses(this.#options.conditions, drop)) return;
    if (this.stack) this.#waiting.set(record.cpu, drop);
    else this.#see(drop, null);
  }

  #path(cpu: number, frames: readonly string[]): void {
    const drop = this.#waiting.get(cpu);
    if (drop === undefined) return;
    this.#waiting.delete(cpu);
    this.#see(drop, dropPath(frames, drop.location));
  }

  #see(drop: SeenDrop, stack: readonly string[] | null): void {
    if (this.done) return;
    const { table, stream, other, events } = this.#options;
    this.detailed++;
    const verdict = table.see(drop);
    if (!this.#options.sampled) stream?.add(drop, stack);
    const key = other?.add(drop, stack);
    if (key !== undefined) this.#others.judge(key, verdict);
    if (!events && !this.#isSample(drop.time)) return;
    const { packetType: _, time, comm, tid, ...rest } = drop;
    const event: DropEvent = {
      type: 'drop',
      time: time / 1e9,
      backend: this.#options.detailBackend,
      pid: this.#options.processOf(tid),
      tid,
      comm,
      verdict,
      ...rest,
      ...(stack === null ? {} : { stack }),
    };
    this.#tell(event);
  }

  #isSample(time: number): boolean {
    const second = Math.floor(time / 1e9);
    if (second !== this.#second) {
      this.#second = second;
      this.#samples = 0;
    }
    return this.#samples++ < this.#options.samples;
  }

  #noteUnplaced(unplaced: number): void {
    const more = unplaced - this.#unplaced;
    if (more <= 0) return;
    this.#unplaced = unplaced;
    this.#tell({
      type: 'lost',
      time: null,
      backend: this.#backend,
      where: 'table',
      count: more,
      cpu: null,
      what: 'drops counted, but without their place: the table is full',
    });
  }

  #lost(cpu: number, count: number | null): void {
    this.lostRecords += count ?? 1;
    if (this.#options.sampled) return;
    this.#completeness.note({ kind: 'lost', cpu, count });
    this.#tellLost(cpu, count);
  }

  #tellLost(cpu: number, count: number | null): void {
    this.#tell({
      type: 'lost',
      time: null,
      backend: this.#backend,
      where: 'ring',
      count,
      cpu: cpu < 0 ? null : cpu,
      what: 'drops overwritten before they were read',
    });
  }

  #tell(event: KwhoEvent): void {
    this.#options.sink.event(event);
  }
}
