import { type HistTable, parseHistTable } from '../decode/hist-table.js';
import type { DropField } from '../model/drop-by.js';
import { type CountContext, DropCounts } from '../model/drop-counts.js';
import type { DropStream } from '../model/drop-stream.js';
import type { CountTables, TableRef } from '../tracefs/drop-tracing.js';
import { readHist } from '../tracefs/hist-trigger.js';
import type { TraceInstance } from '../tracefs/instance.js';
import type { CountSnapshot } from './drops-investigation.js';

/** Whatever counts drops: asked now and then for its running totals. */
export interface DropCounter {
  snapshot(): CountSnapshot;
  /** The last one, when nothing is under way any more. */
  last(): CountSnapshot;
}

/** Counts that the kernel keeps, exact at any rate. */
export class TableCounter implements DropCounter {
  readonly #instance: TraceInstance;
  readonly #tables: CountTables;
  readonly #counts: DropCounts;
  readonly #by: readonly DropField[];

  constructor(instance: TraceInstance, tables: CountTables, by: readonly DropField[], context: CountContext) {
    this.#instance = instance;
    this.#tables = tables;
    this.#by = by;
    this.#counts = new DropCounts(context);
  }

  snapshot(): CountSnapshot {
    this.#read();
    return this.#taken();
  }

  last(): CountSnapshot {
    this.#read();
    this.#counts.settle();
    return this.#taken();
  }

  #taken(): CountSnapshot {
    const { counted, unplaced } = this.#counts;
    return { counted, unplaced, rows: this.#counts.rows(), others: this.#others() };
  }

  #others() {
    if (this.#by.includes('proto')) return this.#counts.protocols();
    if (this.#tables.extra === null) return null;
    return this.#counts.extras(this.#by.includes('comm') ? 'comm' : 'stack');
  }

  /** The total last: it then holds everything that the others have. */
  #read(): void {
    const { total, devices, names, sockets, extra } = this.#tables;
    const files = new Map<string, HistTable[]>();
    const at = (ref: TableRef | null) => {
      if (ref === null) return null;
      const tables = files.get(ref.event) ?? parseHistTable(readHist(this.#instance, ref.event)).tables;
      files.set(ref.event, tables);
      return tables[ref.index] ?? null;
    };
    const [device, name, more] = [at(devices), at(names), at(extra)];
    const owners = sockets.map(at).filter((table) => table !== null);
    const all = at(total);
    if (all !== null)
      this.#counts.update({ total: all, devices: device, names: name, sockets: owners, extra: more });
  }
}

/** Counts of what is read from a ring buffer. */
export class StreamCounter implements DropCounter {
  readonly #stream: DropStream;

  constructor(stream: DropStream) {
    this.#stream = stream;
  }

  snapshot(): CountSnapshot {
    const { counted, unplaced } = this.#stream;
    return { counted, unplaced, rows: this.#stream.rows(), others: null };
  }

  last(): CountSnapshot {
    return this.snapshot();
  }
}
