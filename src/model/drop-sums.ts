import type { EventRecord, FieldValue } from '../decode/trace-record.js';
import { type DropReading, isInterfaceName, isNamespace, locate } from './drop-record.js';
import { type CountedDrops, rowId } from './drop-table.js';
import type { DropKey } from './events.js';

/** Adds up what a SystemTap script counted: `drop_count` records, each of one key in one of its intervals. */
export class DropSums {
  readonly #reading: DropReading;
  readonly #rows = new Map<string, CountedDrops>();
  counted = 0;
  /** Drops counted in no row of their own. */
  unplaced = 0;

  constructor(reading: DropReading) {
    this.#reading = reading;
  }

  add({ fields }: EventRecord): void {
    const count = typeof fields.count === 'number' ? fields.count : 0;
    this.counted += count;
    const key = this.#keyOf(fields);
    const id = rowId(key);
    const row = this.#rows.get(id);
    if (row !== undefined) row.count += count;
    else if (this.#rows.size < MOST_ROWS) this.#rows.set(id, { key, count });
    else this.unplaced += count;
  }

  /** Running totals. */
  rows(): CountedDrops[] {
    return [...this.#rows.values()];
  }

  /** What a script was not told to count by is null. */
  #keyOf({ loc, reason, dev, netns }: EventRecord['fields']): DropKey {
    const { reasons, name, netnsName } = this.#reading;
    const inum = typeof netns === 'number' && isNamespace(netns) ? netns : null;
    return {
      location: locate(loc, name),
      reason: typeof reason === 'number' ? reasons.name(reason) : null,
      dev: nameOf(dev),
      ifindex: null,
      netns: inum,
      netnsName: inum === null ? null : netnsName(inum),
    };
  }
}

function nameOf(value: FieldValue | undefined): string | null {
  return typeof value === 'string' && isInterfaceName(value) ? value : null;
}

/** The script's own table has room for 2048 keys an interval. */
const MOST_ROWS = 65_536;
