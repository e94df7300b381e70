import type { DropCountEvent, DropKey } from '../model/events.js';
import type { Horizon } from './horizon.js';
import { Steps } from './steps.js';

export type Verdict = DropCountEvent['verdict'];

/** What was dropped under one key so far. */
export interface Counted {
  id: string;
  key: DropKey;
  count: number;
  verdict: Verdict;
  /** Kernel time in seconds: where the first count begins and the last one ends. */
  first: number;
  last: number;
  recent: readonly number[];
  rate: number;
}

/** Counts by key, in bounded memory: when there are too many keys, those quiet for longest are counted together. */
export class DropTally {
  readonly #horizon: Horizon;
  readonly #rest: { id: string; key: DropKey };
  readonly #most: number;
  readonly #rows = new Map<string, Row>();

  /** @param rest the key that says nothing: what is not told apart any more is counted under it */
  constructor(horizon: Horizon, rest: { id: string; key: DropKey }, most: number) {
    this.#horizon = horizon;
    this.#rest = rest;
    this.#most = most;
  }

  /** @param key asked for when the row is new @param verdict of the row until now and of what is added */
  add(
    id: string,
    key: () => DropKey,
    { from, to, count }: Pick<DropCountEvent, 'from' | 'to' | 'count'>,
    verdict: (known: Verdict | null) => Verdict,
  ): void {
    const row = this.#rows.get(id);
    if (row === undefined) {
      this.#open(newRow(id, key(), count, verdict(null), from, to));
      return;
    }
    this.#stepsOf(row).add(from, to, count);
    row.count += count;
    row.last = Math.max(row.last, to);
    row.verdict = verdict(row.verdict);
    row.isUsed = true;
  }

  /** Copies, in no order. */
  rows(): Counted[] {
    const { end, step, time, begin } = this.#horizon;
    const since = Math.max((end - RATE_STEPS) * step, begin ?? Number.NEGATIVE_INFINITY);
    const seconds = Math.max(step, time - since);
    return Array.from(this.#rows.values(), (row) => {
      const { id, key, count, verdict, first, last } = row;
      const steps = this.#stepsOf(row);
      // What of the step under way is told counts too, or a new row would stand there with none.
      const rate = steps.sum(end + AHEAD, RATE_STEPS + AHEAD) / seconds;
      return { id, key, count, verdict, first, last, recent: steps.before(end, SHOWN_STEPS), rate };
    });
  }

  /** What was counted, without its course. */
  totals(): Iterable<Pick<Counted, 'key' | 'count' | 'verdict'>> {
    return this.#rows.values();
  }

  /** Of a scan every flow is a row, and most are counted once: what is not asked for is not made. */
  #stepsOf(row: Row): Steps {
    if (row.steps === null) {
      row.steps = new Steps(this.#horizon.step, SHOWN_STEPS + AHEAD);
      row.steps.add(row.first, row.last, row.count);
    }
    return row.steps;
  }

  #open(row: Row): Row {
    if (this.#rows.size >= this.#most) this.#makeRoom();
    this.#rows.set(row.id, row);
    return row;
  }

  /** An eighth goes. Whoever was counted since it was last looked at gets another chance, at the end of the line. */
  #makeRoom(): void {
    const gone: Row[] = [];
    for (const [id, row] of this.#rows) {
      if (gone.length * 8 >= this.#most) break;
      this.#rows.delete(id);
      if (row.isUsed || id === this.#rest.id) {
        row.isUsed = false;
        this.#rows.set(id, row);
      } else gone.push(row);
    }
    for (const { first, last, count, verdict } of gone) {
      const { id, key } = this.#rest;
      const rest = this.#rows.get(id) ?? this.#open(newRow(id, key, 0, verdict, first, last));
      // When it was is not kept: they were quiet.
      this.#stepsOf(rest);
      rest.count += count;
      rest.first = Math.min(rest.first, first);
      rest.last = Math.max(rest.last, last);
      rest.verdict = graver(rest.verdict, verdict);
    }
  }
}

/** The graver of two. */
export function graver(one: Verdict | null, other: Verdict): Verdict {
  return one !== null && SEVERITY[one] > SEVERITY[other] ? one : other;
}

export const SEVERITY: Readonly<Record<Verdict, number>> = { noise: 0, policy: 1, suspect: 2 };

interface Row extends Omit<Counted, 'recent' | 'rate'> {
  /** null while all of it is one count from the first moment to the last. */
  steps: Steps | null;
  /** Since it was last looked at when there was no room. */
  isUsed: boolean;
}

function newRow(id: string, key: DropKey, count: number, verdict: Verdict, first: number, last: number): Row {
  return { id, key, count, verdict, first, last, steps: null, isUsed: false };
}

/** Of a row: steps that its sparkline shows, and those that its rate is made of. */
const SHOWN_STEPS = 16;
const RATE_STEPS = 5;
/** Steps that may have counts before they are over. */
const AHEAD = 2;
