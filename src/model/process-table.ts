import type { ByteString, EventRecord, Fields, FieldValue, TraceRecord } from '../decode/trace-record.js';
import { CommandWords } from './command-words.js';
import { commandLineOf, type ExecAttempt, noteExec } from './exec-attempt.js';
import {
  CLONE_THREAD,
  completeFrom,
  hasFlag,
  type IdentityCoverage,
  inherit,
  type Process,
  type ProcessSnapshot,
  snapshotOf,
  unknownProcess,
} from './process.js';

/**
 * Who every thread was at the moment of a record: births, names, programs, users and deaths, followed event by event
 * in time order, on top of a scan of /proc. Memory is bounded by the
 * threads alive and some dead ancestors of each.
 */
export class ProcessTable {
  readonly #coverage: IdentityCoverage;
  readonly #threads = new Map<number, Thread>();
  readonly #groupOf: (tid: number) => number | null;
  readonly #isOurHierarchy: (fields: Fields) => boolean;

  /**
   * @param groupOf the process of a thread that was there before the events; null where nobody knows
   * @param cgroupHierarchy id of the hierarchy that snapshots' control groups are from, as /proc/PID/cgroup has it
   */
  constructor(
    coverage: IdentityCoverage,
    groupOf: (tid: number) => number | null = () => null,
    cgroupHierarchy = 0,
  ) {
    this.#coverage = coverage;
    this.#groupOf = groupOf;
    this.#isOurHierarchy = (fields) => fields.dst_root === cgroupHierarchy;
  }

  get size(): number {
    return this.#threads.size;
  }

  /** Takes what /proc said before the events that follow. Parents may come in any order. */
  seed(snapshot: ProcessSnapshot): void {
    const process = this.adopt(snapshot.pid, snapshot.pid);
    completeFrom(process, snapshot);
    if (snapshot.ppid > 0) process.parent = this.adopt(snapshot.ppid, snapshot.ppid);
  }

  /** Every process alive whose name is known, as {@link seed} takes them. */
  snapshots(): ProcessSnapshot[] {
    const all: ProcessSnapshot[] = [];
    for (const [tid, { process }] of this.#threads) {
      if (tid === process.pid && process.alive && process.comm !== null)
        all.push(snapshotOf(process, process.comm));
    }
    return all;
  }

  /** The process a thread belongs to; null for a thread nobody has told of. */
  find(tid: number): Process | null {
    return this.#threads.get(tid)?.process ?? null;
  }

  /** A thread's own name, which may differ from its process's. */
  nameOf(tid: number): ByteString | null {
    return this.#threads.get(tid)?.comm ?? null;
  }

  /** Makes a thread of this process known, which lived before the events began. */
  adopt(tid: number, pid: number): Process {
    let thread = this.#threads.get(tid);
    if (thread === undefined) {
      const process = tid === pid ? unknownProcess(pid) : this.adopt(pid, pid);
      if (tid !== pid) process.threads++;
      thread = { comm: null, process, attempt: null, words: null, loginuid: null };
      this.#threads.set(tid, thread);
    }
    return thread.process;
  }

  apply(record: TraceRecord): void {
    if (record.kind !== 'event') return;
    const { fields } = record;
    switch (record.name) {
      case 'task_newtask':
        this.#birth(record);
        break;
      case 'task_rename':
        this.#rename(record);
        break;
      case 'sched_process_exec':
        this.#exec(record);
        break;
      case 'sched_process_exit':
        this.#death(record.tid);
        break;
      case 'cred':
        if (typeof fields.uid === 'number') this.#thread(record.tid).process.uid = fields.uid;
        break;
      case 'loginuid':
        this.#thread(record.tid).loginuid = loginuidOf(fields.loginuid);
        break;
      case 'loginuid_ret':
        this.#loginuidSet(record.tid, fields);
        break;
      case 'cgroup_attach_task':
        if (this.#isOurHierarchy(fields)) this.#moveTo(fields);
        break;
      default:
        if (Array.isArray(fields.parents)) this.#witness(record, fields.parents);
        else if (record.name.startsWith('exec')) this.#attempt(record);
        else if (record.name.startsWith('words')) this.#words(record);
    }
  }

  #thread(tid: number): Thread {
    const known = this.#threads.get(tid);
    if (known !== undefined) return known;
    this.adopt(tid, tid === 0 ? tid : (this.#groupOf(tid) ?? tid));
    return this.#threads.get(tid) as Thread;
  }

  /** task_newtask runs in the thread that calls clone(2): kernel/fork.c copy_process(). */
  #birth({ tid, time, fields }: EventRecord): void {
    const child = fields.pid;
    if (typeof child !== 'number') return;
    const creator = this.#thread(tid).process;
    const flags = Number(fields.clone_flags ?? 0);
    const comm = typeof fields.comm === 'string' ? fields.comm : null;
    const isThread = hasFlag(flags, CLONE_THREAD);
    const process = isThread ? creator : inherit(creator, this.#coverage, { pid: child, time, comm, flags });
    if (isThread) creator.threads++;
    this.#threads.set(child, { comm, process, attempt: null, words: null, loginuid: null });
  }

  /** Where the event does not name the thread, it is the one that was running. */
  #rename({ fields, tid }: EventRecord): void {
    const { pid = tid, newcomm } = fields;
    if (typeof pid !== 'number' || typeof newcomm !== 'string') return;
    const thread = this.#thread(pid);
    thread.comm = newcomm;
    if (thread.process.pid === pid) thread.process.comm = newcomm;
  }

  #attempt(record: EventRecord): void {
    const thread = this.#thread(record.tid);
    if (record.name.startsWith('exec_done')) {
      // Without strings all that is known is that the old command line is no longer true.
      if (record.fields.ret === 0) this.#replaceProgram(thread, null);
      return;
    }
    thread.attempt = noteExec(thread.attempt, record);
  }

  /**
   * A SystemTap script asked the process itself, at the moment of a call: that is how it was, whoever had the number
   * before. Nothing tells of deaths there, so that whoever spoke longest ago is forgotten when there are too many.
   */
  #witness({ tid, comm, fields }: EventRecord, parents: readonly FieldValue[]): void {
    const { pid, uid } = fields;
    if (typeof pid !== 'number') return;
    const cmdline = Array.isArray(fields.argv) ? (fields.argv as readonly ByteString[]) : null;
    const process = this.#sameProgram(tid, pid, cmdline) ?? unknownProcess(pid);
    if (tid === pid) process.comm = comm;
    process.cmdline = cmdline;
    process.cmdlineCut = fields.cut === 1;
    if (typeof uid === 'number') process.uid = uid;
    process.parent = this.#ancestors(parents);
    for (const id of new Set([tid, pid])) {
      this.#threads.delete(id);
      this.#threads.set(id, {
        comm: id === tid ? comm : null,
        process,
        attempt: null,
        words: null,
        loginuid: null,
      });
    }
    for (const oldest of this.#threads.keys()) {
      if (this.#threads.size <= MOST_WITNESSED) break;
      this.#threads.delete(oldest);
    }
  }

  #sameProgram(tid: number, pid: number, cmdline: readonly ByteString[] | null): Process | null {
    const known = (this.#threads.get(tid) ?? this.#threads.get(pid))?.process;
    if (known === undefined || known.pid !== pid || known.cmdline === null) return null;
    return known.cmdline.join('\0') === cmdline?.join('\0') ? known : null;
  }

  /** @param list [number, name] each, nearest first */
  #ancestors(list: readonly FieldValue[]): Process | null {
    let above: Process | null = null;
    for (const one of [...list].reverse()) {
      const [pid, name] = Array.isArray(one) ? one : [];
      if (typeof pid !== 'number' || typeof name !== 'string') continue;
      const known = this.find(pid);
      const same = known !== null && known.pid === pid && (known.comm ?? name) === name;
      const process: Process = same ? known : unknownProcess(pid);
      process.comm = name;
      process.parent = above;
      if (!same) this.#threads.set(pid, { comm: name, process, attempt: null, words: null, loginuid: null });
      above = process;
    }
    return above;
  }

  /** Another thread than the first may call execve(2): it then goes on under the first one's id, alone. */
  #exec({ fields, tid }: EventRecord): void {
    const old = fields.old_pid;
    const caller = typeof old === 'number' && old !== tid ? this.#threads.get(old) : undefined;
    const thread = this.#thread(tid);
    const attempt = caller?.attempt ?? thread.attempt;
    if (caller !== undefined && typeof old === 'number') this.#threads.delete(old);
    this.#replaceProgram(thread, attempt);
    if (typeof fields.filename === 'string') thread.process.exe = fields.filename;
    if (thread.process.comm === null && thread.process.exe !== null)
      thread.process.comm = baseName(thread.process.exe);
  }

  /** The new program's own memory tells its command line, exactly as /proc/PID/cmdline would. */
  #words(record: EventRecord): void {
    const thread = this.#thread(record.tid);
    if (thread.words === null || !thread.words.isOf(record)) {
      const { exe } = thread.process;
      const toldOfExec = thread.process.stale && thread.process.cmdline === null;
      this.#replaceProgram(thread, null);
      if (toldOfExec) thread.process.exe = exe;
      thread.words = new CommandWords(record);
    }
    thread.words.add(record);
    const line = thread.words.commandLine();
    if (line === null) return;
    thread.process.cmdline = line.args;
    thread.process.cmdlineCut = line.cut;
  }

  #replaceProgram(thread: Thread, attempt: ExecAttempt | null): void {
    const { process } = thread;
    const { args, cut } = commandLineOf(attempt);
    thread.attempt = null;
    thread.words = null;
    process.threads = 1;
    process.exe = attempt?.file ?? null;
    process.cmdline = args;
    process.cmdlineCut = cut;
    // A set-user-ID program changes the user: what is not followed is asked of /proc again.
    if (!this.#coverage.credentials) process.uid = null;
    process.stale = true;
  }

  #death(tid: number): void {
    const thread = this.#threads.get(tid);
    if (thread === undefined) return;
    const { process } = thread;
    process.threads--;
    // The first thread may end before the others: the process, and its id, live on.
    if (process.pid !== tid) this.#threads.delete(tid);
    if (process.threads > 0) return;
    process.alive = false;
    this.#threads.delete(process.pid);
  }

  #loginuidSet(tid: number, { ret }: Fields): void {
    const thread = this.#thread(tid);
    if (ret === 0 && thread.loginuid !== null) thread.process.loginuid = thread.loginuid.value;
    thread.loginuid = null;
  }

  #moveTo({ pid, dst_path }: Fields): void {
    if (typeof pid === 'number' && typeof dst_path === 'string') this.#thread(pid).process.cgroup = dst_path;
  }
}

/** As many processes as a large host has. */
const MOST_WITNESSED = 65_536;

interface Thread {
  comm: ByteString | null;
  process: Process;
  /** The last execve(2) it tried. */
  attempt: ExecAttempt | null;
  /** Its program's command line, while it comes in. */
  words: CommandWords | null;
  /** What it is just setting its login user to. */
  loginuid: { value: number | null } | null;
}

/** (uid_t)-1 stands for «never logged in». */
function loginuidOf(value: unknown): { value: number | null } | null {
  return typeof value === 'number' ? { value: value === 0xffff_ffff ? null : value } : null;
}

function baseName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf('/') + 1).slice(0, 15);
}
