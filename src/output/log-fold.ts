import type { LogAccessEvent } from '../model/events.js';

/** Folds what one process does at one door into one line: `open, seek, read 389 records, 1 EAGAIN`. */
export class LogFold {
  readonly #tell: (first: LogAccessEvent, what: string) => void;
  readonly #now: () => number;
  readonly #groups = new Map<string, Group>();

  /** @param now milliseconds of any steady clock */
  constructor(tell: (first: LogAccessEvent, what: string) => void, now: () => number) {
    this.#tell = tell;
    this.#now = now;
  }

  add(event: LogAccessEvent): void {
    const key = `${event.pid ?? event.tid} ${event.door}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= MOST_GROUPS) this.flushAll();
      group = {
        first: event,
        since: this.#now(),
        counts: new Map(),
        taken: 0,
      };
      this.#groups.set(key, group);
    }
    // The group goes by its most telling access.
    if (group.first.effect === 'none' && event.effect !== 'none' && event.effect !== null)
      group.first = { ...event, time: group.first.time };
    if (event.effect === 'steals') group.taken += event.result ?? 0;
    const name = event.errno ?? (event.effect === 'steals' ? 'steal' : (event.action ?? '?'));
    group.counts.set(name, (group.counts.get(name) ?? 0) + 1);
  }

  /** Tells the groups that were begun this many milliseconds ago or earlier. */
  flushOlder(milliseconds: number): void {
    const limit = this.#now() - milliseconds;
    for (const [key, group] of this.#groups) if (group.since <= limit) this.#flush(key, group);
  }

  flushAll(): void {
    for (const [key, group] of this.#groups) this.#flush(key, group);
  }

  #flush(key: string, { first, counts, taken }: Group): void {
    this.#groups.delete(key);
    const parts = [...counts].map(([name, count]) => words(name, count));
    this.#tell(first, `${parts.join(', ')}${taken === 0 ? '' : ` (${taken} bytes)`}`);
  }
}

interface Group {
  first: LogAccessEvent;
  since: number;
  /** By action, or error name. */
  counts: Map<string, number>;
  /** Bytes taken from the one shared cursor. */
  taken: number;
}

/** A bound for hosts where thousands of processes touch the log within a second. */
const MOST_GROUPS = 1000;

function words(name: string, count: number): string {
  if (name === 'read') return `read ${count} record${count === 1 ? '' : 's'}`;
  if (name === 'steal') return `took records in ${count} read${count === 1 ? '' : 's'}`;
  if (name === 'write') return `wrote ${count} record${count === 1 ? '' : 's'}`;
  return count === 1 ? name : `${count} ${name}`;
}
