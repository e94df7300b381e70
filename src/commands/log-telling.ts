import type { LogDoor, LogHooks } from '../decode/log-doors.js';
import type { NoticeEvent } from '../model/events.js';
import type { IdentityCoverage, ProcessSnapshot } from '../model/process.js';
import type { ProcessTable } from '../model/process-table.js';
import type { LogInvestigation } from './log-investigation.js';
import type { Json, Opening, Tap } from './tap.js';

/** What the log side is told from elsewhere than the ring buffer; it goes into a recording, too. */
export class LogTelling {
  readonly #investigation: LogInvestigation;
  readonly #tap: Tap;
  /** What was told so far, for a recording that begins later. */
  readonly #told: Call[] = [];

  constructor(investigation: LogInvestigation, tap: Tap) {
    this.#investigation = investigation;
    this.#tap = tap;
  }

  notice(code: string, level: NoticeEvent['level'], text: string, more: Partial<NoticeEvent> = {}): void {
    this.#note('notice', code, level, text, more as unknown as Json);
    this.#investigation.notice(code, level, text, more);
  }

  /** A process was there before; the table has it from elsewhere. */
  seed(snapshot: ProcessSnapshot): void {
    this.#tap.call('seed', snapshot as unknown as Json);
  }

  /** See {@link LogInvestigation.holder}. */
  holder(pid: number, comm: string | null): void {
    this.#note('holder', pid, comm);
    this.#investigation.holder(pid, comm);
  }

  /** See {@link LogInvestigation.expectOwn}. */
  expectOwn(): void {
    this.#note('expectOwn');
    this.#investigation.expectOwn();
  }

  /** See {@link LogInvestigation.missed}. */
  missed(count: number): void {
    this.#tap.call('missed', count);
    this.#investigation.missed(count);
  }

  /** See {@link LogInvestigation.finish}. @param skipped look-ups in /proc that the budget did not allow */
  finish(totals: ReadonlyMap<number, number>, skipped: number): void {
    this.#tap.call('finish', [...totals], skipped);
    this.#investigation.finish(totals, skipped);
  }

  /** See {@link Opening}. */
  opening(facts: LogFacts, table: ProcessTable): Opening {
    const seeds = table.snapshots().map((snapshot): Call => ['seed', snapshot as unknown as Json]);
    return { head: headOf(facts), calls: [...seeds, ...this.#told] };
  }

  #note(...call: Call): void {
    if (this.#told.length < MOST_TOLD) this.#told.push(call);
    this.#tap.call(...call);
  }
}

type Call = Opening['calls'][number];
const MOST_TOLD = 1000;

/** What a replay of the log side has to know. */
export interface LogFacts {
  hooks: LogHooks;
  coverage: IdentityCoverage;
  /** Of control groups; see {@link ProcessTable}. */
  hierarchy: number;
  backends: readonly string[];
  blindSpots: readonly string[];
  self: number | null;
}

function headOf({
  hooks,
  coverage: { credentials, loginuid, cgroups },
  ...facts
}: LogFacts): Opening['head'] {
  return {
    ...facts,
    hooks: {
      functions: doorsOf(hooks.functions),
      entries: doorsOf(hooks.entries),
      returns: doorsOf(hooks.returns),
    },
    coverage: { credentials, loginuid, cgroups },
  };
}

function doorsOf(hooks: ReadonlyMap<string, LogDoor>): Json {
  return [...hooks].map(([name, { symbol, door, call }]) => [name, symbol, door, call]);
}
