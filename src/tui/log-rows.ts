import type { LogAccessEvent } from '../model/events.js';
import { accessKind } from './access-kind.js';
import type { LogRow } from './shown.js';

/**
 * The last accesses to the log, as rows. What one process repeats at one door without a long pause is one row.
 * Whoever may read the log can fill the rows with reads, so that loud rows give way to quiet ones only when there are
 * more of them.
 */
export class LogRows {
  readonly #quiet = new Set<LogRow>();
  readonly #loud = new Set<LogRow>();
  /** Rows that may still grow, by who does what. */
  readonly #runs = new Map<string, LogRow>();
  /** Who has been shown stealing. */
  readonly #thieves = new Set<string>();
  #lastId = 0;

  /** @param now kernel time in seconds, for an access that has none */
  add(event: LogAccessEvent, now: number): void {
    const kind = accessKind(event);
    const who = `${event.pid ?? -event.tid} ${event.door} ${event.comm}`;
    const time = event.time ?? now;
    const loud = kind === 'steal' ? this.#isNewThief(who) : kind !== 'quiet' && kind !== 'failed';
    const standsAlone = kind === 'clear' || kind === 'setting' || (kind === 'steal' && loud);
    const what = kind === 'refused' || kind === 'failed' ? ` ${event.action} ${event.errno}` : '';
    const run = `${who}${what}`;
    if (!standsAlone && this.#grow(run, event, time)) return;
    const row = { id: ++this.#lastId, time, last: time, count: 1, loud, event };
    (loud ? this.#loud : this.#quiet).add(row);
    if (!standsAlone) this.#runs.set(run, row);
    this.#makeRoom();
  }

  /** Copies, oldest first. */
  rows(): LogRow[] {
    return [...this.#quiet, ...this.#loud].map((row) => ({ ...row }));
  }

  #isNewThief(who: string): boolean {
    if (this.#thieves.has(who)) return false;
    if (this.#thieves.size >= MOST_THIEVES) this.#thieves.clear();
    this.#thieves.add(who);
    return true;
  }

  #grow(run: string, event: LogAccessEvent, time: number): boolean {
    const row = this.#runs.get(run);
    if (row === undefined || !(this.#quiet.has(row) || this.#loud.has(row))) return false;
    if (time - row.last > LONGEST_PAUSE || time - row.time > LONGEST_RUN) return false;
    row.count++;
    row.last = Math.max(row.last, time);
    if (!isTelling(row.event) && isTelling(event)) row.event = event;
    return true;
  }

  #makeRoom(): void {
    if (this.#quiet.size + this.#loud.size <= MOST_ROWS) return;
    const fuller = this.#quiet.size >= this.#loud.size ? this.#quiet : this.#loud;
    for (const oldest of fuller) {
      fuller.delete(oldest);
      break;
    }
    if (this.#runs.size <= 2 * MOST_ROWS) return;
    for (const [run, row] of this.#runs) {
      if (!this.#quiet.has(row) && !this.#loud.has(row)) this.#runs.delete(run);
    }
  }
}

const MOST_ROWS = 2000;
const MOST_THIEVES = 1000;
/** Seconds. A reader that waits for records reads for as long as the host runs: its rows are its day's minutes. */
const LONGEST_PAUSE = 10;
const LONGEST_RUN = 60;

function isTelling({ effect }: LogAccessEvent): boolean {
  return effect !== null && effect !== 'none';
}
