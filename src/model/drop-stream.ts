import type { SeenDrop } from './drop-record.js';
import { type CountedDrops, rowId } from './drop-table.js';
import type { DropKey } from './events.js';

/** Counts drops as they are read, where the kernel does not: running totals by the fields that rows are told by. */
export class DropStream {
  readonly #keyOf: (drop: SeenDrop, stack: readonly string[] | null) => DropKey;
  readonly #rows = new Map<string, CountedDrops>();
  /** Every drop, also those beyond the bound on rows. */
  counted = 0;
  /** Drops counted in no row of their own. */
  unplaced = 0;

  constructor(keyOf: (drop: SeenDrop, stack: readonly string[] | null) => DropKey) {
    this.#keyOf = keyOf;
  }

  /** @returns the key of the row that the drop belongs to */
  add(drop: SeenDrop, stack: readonly string[] | null): DropKey {
    this.counted++;
    const key = this.#keyOf(drop, stack);
    const id = rowId(key);
    const row = this.#rows.get(id);
    if (row !== undefined) row.count++;
    else if (this.#rows.size < MOST_ROWS) this.#rows.set(id, { key, count: 1 });
    else this.unplaced++;
    return key;
  }

  rows(): CountedDrops[] {
    return [...this.#rows.values()];
  }
}

/** Flows are the sender's to choose: a scan must not eat the memory. */
const MOST_ROWS = 65_536;
