import { type LogDoor, type LogHooks, logDoorOf } from '../decode/log-doors.js';
import type { EventRecord, FieldValue, FunctionRecord, TraceRecord } from '../decode/trace-record.js';
import { accessPath } from './access-path.js';
import { actionOf, effectOf, type LogAccess, type LogCall } from './log-access.js';

/**
 * Joins what the function tracer, the entry probes and the return probes say of one call into one access.
 *
 * Each thread has the calls it is in. A call is opened by whichever of its hooks speaks first, filled by the others,
 * and told when its return is seen. `do_syslog()` inside another door belongs to that door; on its own it is a
 * caller inside the kernel. Records must come in time order within a thread.
 */
export class LogLedger {
  readonly #hooks: LogHooks;
  readonly #tell: (access: LogAccess) => void;
  readonly #threads = new Map<number, OpenCall[]>();
  readonly #returning: ReadonlySet<string>;

  constructor(hooks: LogHooks, tell: (access: LogAccess) => void) {
    this.#hooks = hooks;
    this.#tell = tell;
    this.#returning = new Set([...hooks.returns.values()].map(keyOf));
  }

  /** Takes a record; one that is no door's is ignored. */
  apply(record: TraceRecord): void {
    if (record.kind === 'function') {
      const door = this.#hooks.functions.get(record.symbol);
      if (door !== undefined) this.#enter(record, door);
    } else if (record.kind === 'event') {
      const entry = this.#hooks.entries.get(record.name);
      const exit = this.#hooks.returns.get(record.name);
      if (entry !== undefined) this.#enter(record, entry);
      else if (exit !== undefined) this.#leave(record, exit);
      else if (record.name === 'sched_process_exit') this.#endThread(record.tid);
    } else if (record.kind === 'stack') {
      this.#attachStack(record.tid, record.frames);
    }
  }

  /** Tells the calls that are still under way: a reader waiting in read(2), a return that was lost. */
  finish(): void {
    for (const tid of [...this.#threads.keys()]) this.#endThread(tid);
  }

  #enter(record: FunctionRecord | EventRecord, door: LogDoor): void {
    const calls = this.#threads.get(record.tid) ?? [];
    const top = calls.at(-1);
    const joined = top !== undefined && keyOf(top.door) === keyOf(door) && fill(top, record);
    if (!joined) {
      if (door.call === 'inner' && this.#takeInner(calls, record)) return;
      if (door.call !== 'inner') this.#settle(calls, 0);
      calls.push(open(record, door));
      this.#threads.set(record.tid, calls);
    }
    const last = calls.at(-1);
    if (last !== undefined && !this.#returning.has(keyOf(last.door)) && !last.told) this.#tellOf(last);
  }

  /** True if an inner function belongs to a call under way: surely before its return, once where none will come. */
  #takeInner(calls: readonly OpenCall[], record: FunctionRecord | EventRecord): boolean {
    const sign = `${record.kind} ${record.kind === 'function' ? record.symbol : record.name}`;
    const owner = calls.find((call) => this.#returning.has(keyOf(call.door)) || !call.inner.has(sign));
    owner?.inner.add(sign);
    return owner !== undefined;
  }

  #leave(record: EventRecord, door: LogDoor): void {
    const calls = this.#threads.get(record.tid) ?? [];
    const at = calls.findLastIndex((call) => keyOf(call.door) === keyOf(door));
    const result = resultOf(record.fields.ret);
    if (at >= 0) {
      this.#settle(calls, at + 1);
      const call = calls[at] as OpenCall;
      call.result = result;
      // A reader may wait for hours: what it did to the log it did at the end.
      call.time = record.time;
      this.#settle(calls, at);
    } else if (door.call !== 'inner' && !this.#opens(door)) {
      this.#tellOf({ ...open(record, door), result });
    }
    if (calls.length === 0) this.#threads.delete(record.tid);
  }

  /** A return speaks for its call alone where nothing shows the entry. */
  #opens(door: LogDoor): boolean {
    const key = keyOf(door);
    for (const hook of this.#hooks.functions.values()) if (keyOf(hook) === key) return true;
    for (const hook of this.#hooks.entries.values()) if (keyOf(hook) === key) return true;
    return false;
  }

  #attachStack(tid: number, frames: readonly string[]): void {
    const call = this.#threads.get(tid)?.at(-1);
    if (call !== undefined && call.stack === null) call.stack = accessPath(frames);
  }

  #endThread(tid: number): void {
    const calls = this.#threads.get(tid);
    if (calls === undefined) return;
    this.#settle(calls, 0);
    this.#threads.delete(tid);
  }

  /** Tells the calls from this depth on, outermost first, and forgets them. */
  #settle(calls: OpenCall[], depth: number): void {
    for (const call of calls.splice(depth)) if (!call.told) this.#tellOf(call);
  }

  #tellOf(open: OpenCall): void {
    open.told = true;
    const call: LogCall = { ...open, ...this.#whichDoor(open) };
    this.#tell({
      time: open.time,
      cpu: open.cpu,
      tid: open.tid,
      comm: open.comm,
      door: call.door,
      action: actionOf(call),
      effect: effectOf(call),
      length: open.length,
      result: open.result,
      via: open.via,
      stack: open.stack,
    });
  }

  /** Where an outer door cannot be traced, the inner function tells of it: it knows calls from /proc by `source`. */
  #whichDoor({ door, source, type, via }: OpenCall): Pick<LogCall, 'door' | 'call'> {
    if (door.call !== 'inner') return door;
    const call = type === 1 ? 'open' : type === 0 ? 'close' : 'read';
    if (source === SOURCE_PROC) return { door: '/proc/kmsg', call };
    // An entry symbol that is not traced itself may show as the caller.
    if (via !== null && logDoorOf(via)?.call === 'syslog') return { door: 'syslog', call: 'inner' };
    const hooks = [...this.#hooks.functions.values(), ...this.#hooks.entries.values()];
    return {
      door: hooks.some((hook) => hook.call === 'syslog') ? 'kernel' : 'syslog',
      call: 'inner',
    };
  }
}

/** SYSLOG_FROM_PROC (include/linux/syslog.h). */
const SOURCE_PROC = 1;

interface OpenCall {
  door: LogDoor;
  time: number;
  cpu: number;
  tid: number;
  comm: string | null;
  type: number | null;
  length: number | null;
  buffer: number | bigint | null;
  source: number | null;
  result: number | null;
  via: string | null;
  stack: readonly string[] | null;
  /** Which of its two entry hooks have spoken: a third is another call. */
  function: boolean;
  entry: boolean;
  /** Inner functions already counted as part of this call. */
  inner: Set<string>;
  told: boolean;
}

/** Hooks of one kind of call belong together, whichever symbol they stand on. */
function keyOf({ door, call, symbol }: LogDoor): string {
  return call === 'inner' ? symbol : `${door} ${call}`;
}

function open(record: FunctionRecord | EventRecord, door: LogDoor): OpenCall {
  const call: OpenCall = {
    door,
    time: record.time,
    cpu: record.cpu,
    tid: record.tid,
    comm: null,
    type: null,
    length: null,
    buffer: null,
    source: null,
    result: null,
    via: null,
    stack: null,
    function: false,
    entry: false,
    inner: new Set(),
    told: false,
  };
  fill(call, record);
  return call;
}

/** Adds what a hook says to its call. False if that hook has spoken for this call before. */
function fill(call: OpenCall, record: FunctionRecord | EventRecord): boolean {
  call.comm ??= record.comm;
  if (record.kind === 'function') {
    if (call.function) return false;
    call.function = true;
    call.via = call.door.call === 'inner' ? record.parent : record.symbol;
    return true;
  }
  if (call.entry) return false;
  call.entry = true;
  const { type, len, buf, source, comm, args } = record.fields;
  const list = Array.isArray(args) ? args : [];
  call.type = int32(type ?? list[0]);
  call.buffer = address(buf ?? list[1]);
  call.length = int32(len ?? list[2]);
  call.source = int32(source);
  if (typeof comm === 'string') call.comm = comm;
  return true;
}

/** syslog(2) takes int: what stands in the upper half of a register does not matter. */
function int32(value: FieldValue | undefined): number | null {
  if (typeof value === 'number' && Number.isInteger(value)) return Number(BigInt.asIntN(32, BigInt(value)));
  return typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : null;
}

function address(value: FieldValue | undefined): number | bigint | null {
  return typeof value === 'number' || typeof value === 'bigint' ? value : null;
}

function resultOf(value: FieldValue | undefined): number | null {
  if (typeof value === 'bigint') return Number(BigInt.asIntN(64, value));
  return typeof value === 'number' ? value : null;
}
