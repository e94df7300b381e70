import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listProcesses, type ProcessFacts, readProcess, threadGroupOf } from '../host/process-facts.js';
import type { Process } from '../model/process.js';
import type { ProcessTable } from '../model/process-table.js';

/** Looking into /proc may take this much of every second: a storm of short-lived callers must not stop the capture. */
export const LOOKUP_MS_PER_SECOND = 200;

/** Looks processes up in /proc, within a budget, and only those that are still the ones that are meant. */
export class ProcLooks {
  readonly #table: ProcessTable;
  readonly #proc: string | null;
  /** Clock ticks of /proc/PID/stat at zero of the trace clock. */
  readonly #ticksAtZero: number;
  #second = 0;
  #spent = 0;
  /** Look-ups that the budget did not allow. */
  skipped = 0;

  /**
   * @param proc where /proc is; null where it numbers processes differently from the kernel's records
   * @param clockNs the trace clock now, in nanoseconds
   */
  constructor(table: ProcessTable, proc: string | null, clockNs: number) {
    this.#table = table;
    this.#proc = proc;
    const uptime = proc === null ? 0 : Number(readFileSync(join(proc, 'uptime'), 'latin1').split(' ')[0]);
    this.#ticksAtZero = uptime * TICKS_PER_SECOND - clockNs / NS_PER_TICK;
  }

  /**
   * Tells of every process alive that no event has told the birth of, one a step. Begin it after the events are live:
   * what they tell of a birth is better than what /proc says later.
   */
  *scan(tell: (facts: ProcessFacts) => void): Generator<void> {
    const proc = this.#proc;
    if (proc === null) return;
    for (const pid of listProcesses(proc)) {
      const known = this.#table.find(pid);
      const facts = known === null || known.born === null ? readProcess(proc, pid) : null;
      if (facts !== null) tell(facts);
      yield;
    }
  }

  /** The process of the table that has this id now; null where nobody can tell any more. */
  process(pid: number): ProcessFacts | null {
    const facts = this.#within((proc) => readProcess(proc, pid));
    const known = this.#table.find(pid);
    return facts === null || known === null || !this.#isSame(known, facts.startTicks) ? null : facts;
  }

  /** The process of a thread; null where it is gone. */
  group(tid: number): number | null {
    return this.#within((proc) => threadGroupOf(proc, tid));
  }

  /** A pid that /proc shows may belong to somebody new by now. */
  #isSame(process: Process, startTicks: number): boolean {
    if (process.startTicks !== null) return process.startTicks === startTicks;
    if (process.born === null) return true;
    return Math.abs(process.born / NS_PER_TICK + this.#ticksAtZero - startTicks) <= TICKS_SLACK;
  }

  #within<T>(look: (proc: string) => T): T | null {
    if (this.#proc === null) return null;
    const start = performance.now();
    const second = Math.floor(start / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#spent = 0;
    }
    if (this.#spent > LOOKUP_MS_PER_SECOND) {
      this.skipped++;
      return null;
    }
    const found = look(this.#proc);
    this.#spent += performance.now() - start;
    return found;
  }
}

/** USER_HZ: 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
const NS_PER_TICK = 1e7;
/** Clocks are read at slightly different moments, and ticks are coarse. */
const TICKS_SLACK = 10;
