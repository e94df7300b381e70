import { type HistTable, parseHistTable } from '../decode/hist-table.js';
import type { DropField } from '../model/drop-by.js';
import { type CountContext, DropCounts } from '../model/drop-counts.js';
import type { DropStream } from '../model/drop-stream.js';
import type { CountTables, TableRef } from '../tracefs/drop-tracing.js';
import type { CountSnapshot } from './drops-investigation.js';

/** Whatever counts drops: asked now and then for its running totals. */
export interface DropCounter {
  snapshot(): CountSnapshot;
  /** The last one, when nothing is under way any more. */
  last(): CountSnapshot;
}

/** Counts that the kernel keeps, exact at any rate. */
export class TableCounter implements DropCounter {
  readonly #hist: (event: string) => string;
  readonly #tables: CountTables;
  readonly #counts: DropCounts;
  readonly #by: readonly DropField[];

  /** @param hist the tables of an event, as the kernel prints them */
  constructor(
    hist: (event: string) => string,
    tables: CountTables,
    by: readonly DropField[],
    context: CountContext,
  ) {
    this.#hist = hist;
    this.#tables = tables;
    this.#by = by;
    this.#counts = new DropCounts(context);
  }

  snapshot(): CountSnapshot {
    this.#read('total last');
    return this.#taken();
  }

  /**
   * Drops may still go on. Of those between two tables, what the total has alone would be rows without an interface:
   * where rows are by place it is read first, and what the others have more belongs to the count.
   */
  last(): CountSnapshot {
    const byPlace = !this.#by.includes('proto') && this.#tables.extra === null;
    this.#read(byPlace ? 'total first' : 'total last');
    this.#counts.settle();
    const taken = this.#taken();
    if (!byPlace) return taken;
    return { ...taken, counted: taken.rows.reduce((sum, { count }) => sum + count, taken.unplaced) };
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

  /** Read last, the total holds everything that the others have. */
  #read(order: 'total first' | 'total last'): void {
    const { total, devices, names, sockets, extra } = this.#tables;
    const files = new Map<string, HistTable[]>();
    const at = (ref: TableRef | null) => {
      if (ref === null) return null;
      const tables = files.get(ref.event) ?? parseHistTable(this.#hist(ref.event)).tables;
      files.set(ref.event, tables);
      return tables[ref.index] ?? null;
    };
    let all = order === 'total first' ? at(total) : null;
    const [device, name, more] = [at(devices), at(names), at(extra)];
    const owners = sockets.map(at).filter((table) => table !== null);
    all ??= at(total);
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
