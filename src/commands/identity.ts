import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { containerOf, unitOf } from '../host/cgroup-identity.js';
import { listProcesses, readProcess, threadGroupOf } from '../host/process-facts.js';
import type { ProcessIdentity } from '../model/events.js';
import { completeFrom, type Process } from '../model/process.js';
import type { ProcessTable } from '../model/process-table.js';

/** Looking into /proc may take this much of every second: a storm of short-lived callers must not stop the capture. */
export const LOOKUP_MS_PER_SECOND = 200;
/** Parents told of each process. */
const PARENTS = 16;

/** Puts names to threads: what the events have told, completed from /proc while the process lives. */
export class Identities {
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
   * Takes every process alive into the table, one a step. Begin it after the events are live; what they tell of a
   * birth is better than what /proc says later.
   */
  *scan(): Generator<void> {
    const proc = this.#proc;
    if (proc === null) return;
    for (const pid of listProcesses(proc)) {
      const known = this.#table.find(pid);
      const facts = known === null || known.born === null ? readProcess(proc, pid) : null;
      if (facts !== null) this.#table.seed(facts);
      yield;
    }
  }

  /** The process a thread belongs to, as it was at the last event applied; null where nobody can tell any more. */
  processOf(tid: number): Process | null {
    const process = this.#table.find(tid) ?? this.#adopt(tid);
    if (process?.stale && process.alive) this.#lookUp(process);
    return process;
  }

  describe(process: Process): ProcessIdentity {
    const { cgroup } = process;
    return {
      pid: process.pid,
      comm: process.comm,
      exe: process.exe,
      cmdline: process.cmdline,
      ...(process.cmdlineCut ? { cmdlineCut: true } : {}),
      uid: process.uid,
      loginuid: process.loginuid,
      parents: this.#parentsOf(process),
      unit: cgroup === null ? null : unitOf(cgroup),
      container: cgroup === null ? null : containerOf(cgroup),
    };
  }

  /** Whether the process is this one or was started by it. */
  isOwn(process: Process, pid: number): boolean {
    for (let p: Process | null = process, depth = 0; p !== null && depth < PARENTS; p = p.parent, depth++) {
      if (p.pid === pid) return true;
    }
    return false;
  }

  #adopt(tid: number): Process | null {
    const pid = tid === 0 ? null : this.#within((proc) => threadGroupOf(proc, tid));
    return pid === null ? null : this.#table.adopt(tid, pid);
  }

  #lookUp(process: Process): void {
    const facts = this.#within((proc) => readProcess(proc, process.pid));
    if (facts === null || !this.#isSame(process, facts.startTicks)) return;
    completeFrom(process, facts);
    if (process.parent === null && facts.ppid > 0) process.parent = this.#table.adopt(facts.ppid, facts.ppid);
  }

  /** A pid that /proc shows may belong to somebody new by now. */
  #isSame(process: Process, startTicks: number): boolean {
    if (process.startTicks !== null) return process.startTicks === startTicks;
    if (process.born === null) return true;
    return Math.abs(process.born / NS_PER_TICK + this.#ticksAtZero - startTicks) <= TICKS_SLACK;
  }

  #parentsOf(process: Process): ProcessIdentity['parents'] {
    const parents: {
      pid: number;
      comm: string | null;
      cmdline: readonly (string | null)[] | null;
    }[] = [];
    for (let p = process.parent; p !== null && parents.length < PARENTS; p = p.parent) {
      if (p.stale && p.alive) this.#lookUp(p);
      parents.push({ pid: p.pid, comm: p.comm, cmdline: p.cmdline });
    }
    return parents;
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
