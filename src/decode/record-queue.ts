import type { TraceRecord } from './trace-record.js';

/**
 * The records of one CPU, first in first out, released in groups that must not be torn apart: what was lost before a
 * timed record, that record, and the stacks and malformed bytes behind it.
 */
export class RecordQueue {
  readonly cpu: number;
  #records: TraceRecord[] = [];
  #head = 0;
  #key = Number.POSITIVE_INFINITY;

  constructor(cpu: number) {
    this.cpu = cpu;
  }

  isEmpty(): boolean {
    return this.#head === this.#records.length;
  }

  push(record: TraceRecord): void {
    this.#records.push(record);
  }

  /**
   * When the first group may go, as of the last updateKey() or releaseGroup(): the time of its timed record; minus
   * infinity for what has no time to wait for (it belongs behind a record that has already gone); infinity when there
   * is nothing, or only a loss whose next record is to come.
   */
  key(): number {
    return this.#key;
  }

  updateKey(): void {
    this.#key = isFollower(this.#records[this.#head]) ? Number.NEGATIVE_INFINITY : this.#firstTime();
  }

  #firstTime(): number {
    const records = this.#records;
    let none = Number.POSITIVE_INFINITY;
    for (let index = this.#head; index < records.length; index += 1) {
      const record = records[index]!;
      const time = timeOf(record);
      if (time !== null) return time;
      // Bytes that nobody can read after a loss must not wait for a record that may never come.
      if (record.kind === 'malformed') none = Number.NEGATIVE_INFINITY;
    }
    return none;
  }

  releaseGroup(release: (record: TraceRecord) => void): void {
    const records = this.#records;
    let time = isFollower(records[this.#head]) ? 0 : null;
    while (time === null && this.#head < records.length) {
      const record = records[this.#head++]!;
      time = timeOf(record);
      release(record);
      // A loss behind unreadable bytes waits for a record of its own.
      if (record.kind === 'malformed') break;
    }
    while (isFollower(records[this.#head])) release(records[this.#head++]!);
    this.updateKey();
  }

  /** Gives up the memory of what has been released. */
  compact(): void {
    this.#records = this.#records.slice(this.#head);
    this.#head = 0;
  }
}

/** Null for records without a time of their own: lost and malformed. */
export function timeOf(record: TraceRecord): number | null {
  return record.kind === 'lost' || record.kind === 'malformed' ? null : record.time;
}

function isFollower(record: TraceRecord | undefined): boolean {
  return record !== undefined && (record.kind === 'stack' || record.kind === 'malformed');
}
