import type { LostRecord } from '../decode/trace-record.js';

/** Keeps the account of what did not arrive. Counts that nobody knows make the account incomplete, not zero. */
export class Completeness {
  /** Records lost, as far as they were counted. */
  lost = 0;
  #unknown = false;
  #hasGap = false;
  readonly #byCpu = new Map<number, number>();

  /** What a reader reported on its way. */
  note({ cpu, count }: LostRecord): void {
    if (count === null) this.#unknown = true;
    else {
      this.lost += count;
      this.#byCpu.set(cpu, (this.#byCpu.get(cpu) ?? 0) + count);
    }
  }

  /** Something is missing that the kernel had given: its totals say nothing of it. */
  noteGap(): void {
    this.#hasGap = true;
  }

  add(count: number): void {
    this.lost += count;
  }

  /**
   * Holds the reader's account against the kernel's own totals at the end of a run.
   * @param totals empty where the kernel could not be asked any more
   * @returns what the kernel lost beyond what was reported, by CPU; it is now in the account
   */
  settle(totals: ReadonlyMap<number, number>): LostRecord[] {
    if (totals.size === 0) return [];
    const rest: LostRecord[] = [];
    for (const [cpu, total] of totals) {
      const missing = total - (this.#byCpu.get(cpu) ?? 0);
      if (missing > 0) rest.push({ kind: 'lost', cpu, count: missing });
    }
    this.#unknown = false;
    for (const record of rest) this.note(record);
    return rest;
  }

  get complete(): boolean {
    return this.lost === 0 && !this.#unknown && !this.#hasGap;
  }
}
