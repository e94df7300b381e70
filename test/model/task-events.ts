import type { EventRecord, Fields } from '../../src/decode/trace-record.js';

// Events that tell of processes, as the kernel orders and fills them.

export function event(tid: number, name: string, fields: Fields, time = 1): EventRecord {
  return { kind: 'event', time, cpu: 0, tid, comm: null, name, fields };
}

/** clone(2) by `tid`. */
export function newtask(
  tid: number,
  pid: number,
  more: { flags?: number; comm?: string; time?: number } = {},
): EventRecord {
  const { flags = 0x120_0000, comm = 'child', time = 1 } = more;
  return event(tid, 'task_newtask', { pid, comm, clone_flags: flags, oom_score_adj: 0 }, time);
}

export function rename(tid: number, newcomm: string): EventRecord {
  return event(tid, 'task_rename', {
    pid: tid,
    oldcomm: 'old',
    newcomm,
    oom_score_adj: 0,
  });
}

export function exit(tid: number): EventRecord {
  return event(tid, 'sched_process_exit', { comm: 'x', pid: tid, prio: 120 });
}

/** The end of a successful execve(2), by then under the id of the process's first thread. */
export function execDone(pid: number, filename: string, oldPid = pid): EventRecord {
  return event(pid, 'sched_process_exec', { filename, pid, old_pid: oldPid });
}

/** What the three probes at execve(2) fetch, and the end where it succeeds. */
export function execve(tid: number, file: string, args: readonly string[], done = true): EventRecord[] {
  const attempt = [0, 1, 2].map((part) => ({
    ...execEvent(part, file, args),
    tid,
  }));
  return done ? [...attempt, execDone(tid, file)] : attempt;
}

const PER_EVENT = 8;

/** What the probe `exec<part>` of one execve(2) fetches: past the end of the list everything reads as nothing. */
export function execEvent(part: number, file: string, args: readonly string[]): EventRecord {
  const fields: Fields = part === 0 ? { f: file } : {};
  for (let n = part * PER_EVENT; n < (part + 1) * PER_EVENT; n++) {
    // The kernel stores an empty string as it stores none.
    fields[`a${n}`] = args[n] || null;
    fields[`p${n}`] = n < args.length ? 0x7ffd_0000 + n : 0;
  }
  return {
    kind: 'event',
    time: 1,
    cpu: 0,
    tid: 1,
    comm: null,
    name: `exec${part}_x64_`,
    fields,
  };
}
