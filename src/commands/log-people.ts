import { readFileSync, readlinkSync } from 'node:fs';
import { type ProcessFacts, threadGroupOf } from '../host/process-facts.js';
import type { IdentityCoverage } from '../model/process.js';
import { ProcessTable } from '../model/process-table.js';
import { Identities } from './identity.js';
import { tellHolders } from './log-before.js';
import type { LogTelling } from './log-telling.js';
import { ProcLooks } from './proc-looks.js';
import type { Tap } from './tap.js';

/** Who is there while the log is watched: what the sources tell of processes, on top of what /proc says. */
export class LogPeople {
  readonly table: ProcessTable;
  readonly identities: Identities;
  /** Control groups; see {@link ProcessTable}. */
  readonly hierarchy: number;
  readonly #looks: ProcLooks;
  /** null where it numbers processes differently from the kernel's records. */
  readonly #proc: string | null;
  /** Parts of the look around that are not through. */
  #survey: Generator<void>[] = [];

  constructor(proc: string, coverage: IdentityCoverage, tap: Tap) {
    const shared = sharesPidNumbers(proc) ? proc : null;
    this.#proc = shared;
    this.hierarchy = cgroupHierarchy(proc);
    const groupOf = tap.look('group', (tid: number) => (shared === null ? null : threadGroupOf(shared, tid)));
    this.table = new ProcessTable(coverage, groupOf, this.hierarchy);
    this.#looks = new ProcLooks(this.table, shared, Number(process.hrtime.bigint()));
    this.identities = new Identities(this.table, {
      process: tap.look('process', (pid: number) => this.#looks.process(pid)),
      group: tap.look('thread', (tid: number) => this.#looks.group(tid)),
    });
  }

  /** Our own process, as the records number it; null where they number it differently. */
  get self(): number | null {
    return this.#proc === null ? null : process.pid;
  }

  get blindSpots(): string[] {
    return this.#proc === null ? [NAMESPACE_BLIND_SPOT] : [];
  }

  /** Look-ups that the budget did not allow. */
  get skipped(): number {
    return this.#looks.skipped;
  }

  /** Begins to look at every process there is, and at who has the log open. */
  lookAround(telling: LogTelling): void {
    // A host may have ten thousand processes: what is not looked at within this time is looked at while watching.
    const seed = (facts: ProcessFacts) => {
      telling.seed(facts);
      this.table.seed(facts);
    };
    this.#survey = [this.#looks.scan(seed), tellHolders(telling, this.identities, this.#proc)];
    this.#advance(SURVEY_FIRST_MS);
  }

  /** Goes on with that; true when all of it is done. */
  goOn(): boolean {
    return this.#advance(SURVEY_STEP_MS);
  }

  /** The run is over: what was not looked at by then is said. */
  end(telling: LogTelling): void {
    if (this.#advance(SURVEY_FIRST_MS)) return;
    telling.notice(
      'survey-unfinished',
      'warning',
      'not every process could be looked at: the run was too short',
    );
  }

  /** Goes on with each part for this long. */
  #advance(milliseconds: number): boolean {
    this.#survey = this.#survey.filter((part) => {
      const end = performance.now() + milliseconds;
      while (performance.now() < end) if (part.next().done === true) return false;
      return true;
    });
    return this.#survey.length === 0;
  }
}

const NAMESPACE_BLIND_SPOT =
  'processes that were there before: kwho runs in a pid namespace of its own, where /proc numbers them differently';

const SURVEY_FIRST_MS = 150;
const SURVEY_STEP_MS = 10;

/** The kernel's records number processes as the initial pid namespace does (include/linux/proc_ns.h). */
function sharesPidNumbers(proc: string): boolean {
  try {
    return readlinkSync(`${proc}/self/ns/pid`) === 'pid:[4026531836]';
  } catch {
    return true;
  }
}

/** The hierarchy whose paths name units and containers: version 2's is 0, systemd's own one otherwise. */
function cgroupHierarchy(proc: string): number {
  try {
    const lines = readFileSync(`${proc}/self/cgroup`, 'latin1').split('\n');
    const line =
      lines.find((text) => text.startsWith('0::/')) ?? lines.find((text) => text.includes(':name=systemd:'));
    return Number(line?.split(':')[0] ?? 0);
  } catch {
    return 0;
  }
}
