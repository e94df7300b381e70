import { containerOf, unitOf } from '../host/cgroup-identity.js';
import type { ProcessIdentity } from '../model/events.js';
import { completeFrom, type Process, type ProcessSnapshot } from '../model/process.js';
import type { ProcessTable } from '../model/process-table.js';

/** Parents told of each process. */
const PARENTS = 16;

/** Answers about processes as they are now: of this host, or as they were when a recording was made. */
export interface IdentityLooks {
  /** The process of the table that has this id; null where nobody can tell any more. */
  process(pid: number): ProcessSnapshot | null;
  /** The process of a thread; null where it is gone. */
  group(tid: number): number | null;
}

/** Puts names to threads: what the events have told, completed by a look at the process while it lives. */
export class Identities {
  readonly #table: ProcessTable;
  readonly #looks: IdentityLooks;

  constructor(table: ProcessTable, looks: IdentityLooks) {
    this.#table = table;
    this.#looks = looks;
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
    const pid = tid === 0 ? null : this.#looks.group(tid);
    return pid === null ? null : this.#table.adopt(tid, pid);
  }

  #lookUp(process: Process): void {
    const facts = this.#looks.process(process.pid);
    if (facts === null) return;
    completeFrom(process, facts);
    if (process.parent === null && facts.ppid > 0) process.parent = this.#table.adopt(facts.ppid, facts.ppid);
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
}
