import type { DropField } from '../model/drop-by.js';
import type { NoticeEvent } from '../model/events.js';
import type { CountTables } from '../tracefs/drop-tracing.js';
import type { CountSnapshot, DropInvestigation } from './drops-investigation.js';
import type { Json, Opening, Tap } from './tap.js';

/** What the drop side is told from elsewhere than the ring buffer; it goes into a recording, too. */
export class DropsTelling {
  readonly #investigation: DropInvestigation;
  readonly #tap: Tap;
  /** What was told so far, for a recording that begins later. */
  readonly #told: Opening['calls'][number][] = [];
  /** Counts were told that a recording from now on does not hold. */
  #counted = false;

  constructor(investigation: DropInvestigation, tap: Tap) {
    this.#investigation = investigation;
    this.#tap = tap;
  }

  get counted(): number {
    return this.#investigation.counted;
  }

  get lost(): number {
    return this.#investigation.lost;
  }

  notice(code: string, level: NoticeEvent['level'], text: string, more: Partial<NoticeEvent> = {}): void {
    const call = ['notice', code, level, text, more as unknown as Json] as const;
    if (this.#told.length < MOST_TOLD) this.#told.push([...call]);
    this.#tap.call(...call);
    this.#investigation.notice(code, level, text, more);
  }

  /** See {@link DropInvestigation.interval}. A replay has the tables that the snapshot is of. */
  interval(from: number, to: number, snapshot: CountSnapshot, last: boolean): void {
    this.#counted = true;
    this.#tap.call('interval', from, to, last);
    this.#investigation.interval(from, to, snapshot);
  }

  /** A kernel path follows each drop from now on, or no longer. */
  stack(on: boolean): void {
    this.#tap.call('stack', on);
    this.#investigation.stack = on;
  }

  /** See {@link DropInvestigation.flush}. */
  flush(): void {
    this.#tap.call('flush');
    this.#investigation.flush();
  }

  /** See {@link DropInvestigation.settle}. */
  settle(losses: ReadonlyMap<number, number>): void {
    this.#tap.call('settle', [...losses]);
    this.#investigation.settle(losses);
  }

  /** The last call. */
  finish(): void {
    this.#tap.call('finish');
    this.#investigation.finish();
  }

  /** See {@link Opening}. */
  opening(facts: DropsFacts): Opening {
    const baseline: Opening['calls'] = facts.tables === null || !this.#counted ? [] : [['baseline']];
    return { head: facts as unknown as Opening['head'], calls: [...baseline, ...this.#told] };
  }
}

const MOST_TOLD = 1000;

/** What a replay of the drop side has to know. */
export interface DropsFacts {
  /** The `format` file of skb:kfree_skb, for the names of the reasons. */
  format: string;
  hasReason: boolean;
  /** See CountContext.swapped of model/drop-counts. */
  swapped: boolean;
  /** Which of the kernel's tables is what; null where drops are counted as they are read. */
  tables: CountTables | null;
  sampled: boolean;
  stack: boolean;
  by: readonly DropField[];
  events: boolean;
  backends: readonly string[];
  detailBackend: string;
  blindSpots: readonly string[];
  namespaces: readonly { inum: number; name: string | null; own: boolean }[];
}
