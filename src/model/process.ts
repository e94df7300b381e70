import type { ByteString } from '../decode/trace-record.js';

/** What /proc says of a process at one moment; null is not known. */
export interface ProcessSnapshot {
  pid: number;
  ppid: number;
  comm: ByteString;
  /** Clock ticks since boot at which it started: together with the pid it names a process for good. */
  startTicks: number;
  exe: ByteString | null;
  cmdline: readonly ByteString[] | null;
  uid: number | null;
  loginuid: number | null;
  cgroup: ByteString | null;
}

/** One process (thread group), alive or dead. Children keep a hold of it, so that chains outlive their members. */
export interface Process {
  pid: number;
  comm: ByteString | null;
  exe: ByteString | null;
  /** A word that is null is empty or could not be read. */
  cmdline: readonly (ByteString | null)[] | null;
  /** The command line goes on, but was not fetched. */
  cmdlineCut: boolean;
  uid: number | null;
  loginuid: number | null;
  cgroup: ByteString | null;
  parent: Process | null;
  alive: boolean;
  /** Threads of it that are known and alive. */
  threads: number;
  startTicks: number | null;
  /** Trace clock at its birth, where that was seen. */
  born: number | null;
  /** A program was started in it since anyone looked into /proc for it. */
  stale: boolean;
}

/** Which changes of an identity the events tell; what they do not tell is not inherited but asked of /proc. */
export interface IdentityCoverage {
  credentials: boolean;
  loginuid: boolean;
  cgroups: boolean;
}

/** Flags of clone(2). */
export const CLONE_THREAD = 0x10000;
const CLONE_PARENT = 0x8000;
const CLONE_INTO_CGROUP = 0x2_0000_0000;
/** Dead ancestors kept behind a living process. */
const ANCESTORS = 32;

/** A process of which nothing is known but that it is there. */
export function unknownProcess(pid: number): Process {
  return {
    pid,
    comm: null,
    exe: null,
    cmdline: null,
    cmdlineCut: false,
    uid: null,
    loginuid: null,
    cgroup: null,
    parent: null,
    alive: true,
    threads: 1,
    startTicks: null,
    born: null,
    stale: true,
  };
}

/** What clone(2) makes of a process: all that is inherited, as far as its changes are followed. */
export function inherit(
  creator: Process,
  coverage: IdentityCoverage,
  birth: { pid: number; time: number; comm: ByteString | null; flags: number },
): Process {
  const { pid, time, comm, flags } = birth;
  const parent = hasFlag(flags, CLONE_PARENT) ? creator.parent : creator;
  if (parent !== null) forgetBeyond(parent);
  return {
    ...creator,
    pid,
    comm: comm ?? creator.comm,
    parent,
    uid: coverage.credentials ? creator.uid : null,
    loginuid: coverage.loginuid ? creator.loginuid : null,
    cgroup: coverage.cgroups && !hasFlag(flags, CLONE_INTO_CGROUP) ? creator.cgroup : null,
    alive: true,
    threads: 1,
    startTicks: null,
    born: time,
    stale: true,
  };
}

/** Flags go beyond the 32 bits of JavaScript's bitwise operators. */
export function hasFlag(flags: number, flag: number): boolean {
  return Math.floor(flags / flag) % 2 === 1;
}

/** A chain of processes that each start the next and die would grow for ever. */
function forgetBeyond(process: Process): void {
  let ancestor: Process | null = process;
  for (let depth = 0; ancestor !== null && depth < ANCESTORS; depth++) ancestor = ancestor.parent;
  if (ancestor !== null && !ancestor.alive) ancestor.parent = null;
}

/** Completes a process with what /proc says of it now. What events have told stands: /proc may be later than they. */
export function completeFrom(process: Process, snapshot: ProcessSnapshot): void {
  process.startTicks = snapshot.startTicks;
  process.comm ??= snapshot.comm;
  const sameProgram = process.cmdline === null || agrees(process, snapshot.cmdline);
  if (sameProgram) {
    process.exe = snapshot.exe ?? process.exe;
    process.cmdline = snapshot.cmdline ?? process.cmdline;
    if (snapshot.cmdline !== null) process.cmdlineCut = false;
  }
  process.uid ??= snapshot.uid;
  process.loginuid ??= snapshot.loginuid;
  process.cgroup ??= snapshot.cgroup;
  process.stale = false;
}

/** Whether what is known of a command line fits what /proc says: the last word of a cut one may go on. */
function agrees({ cmdline, cmdlineCut }: Process, all: readonly ByteString[] | null): boolean {
  if (all === null || cmdline === null) return false;
  return cmdline.every((word, i) => {
    const isLast = i === cmdline.length - 1;
    return word === null || word === all[i] || (cmdlineCut && isLast && all[i]?.startsWith(word) === true);
  });
}

/** As /proc would tell it. A word that is not known is empty, a start that is not known 0. */
export function snapshotOf(process: Process, comm: ByteString): ProcessSnapshot {
  const { pid, parent, startTicks, exe, cmdline, uid, loginuid, cgroup } = process;
  return {
    pid,
    ppid: parent?.pid ?? 0,
    comm,
    startTicks: startTicks ?? 0,
    exe,
    cmdline: cmdline?.map((word) => word ?? '') ?? null,
    uid,
    loginuid,
    cgroup,
  };
}
