import type { LimitHooks, LimitPlace } from '../decode/limit-hooks.js';
import type { ByteString, EventRecord, TraceRecord } from '../decode/trace-record.js';

/** What one place asked of a rate limit. */
export interface LimitCount {
  limit: LimitPlace;
  /** The function that asked; of a writer of /dev/kmsg its process's name; null where that is not known. */
  name: ByteString | null;
  /** A program that writes to /dev/kmsg. */
  writer: boolean;
  /** The thread that asked last; for a function it is whoever was running. */
  tid: number;
  asked: number;
  /** How often nothing was to be printed. */
  refused: number;
  /** Seconds on the trace clock. */
  lastRefused: number | null;
}

interface Call {
  limit: LimitPlace;
  /** Name, or address of the caller. */
  asker: ByteString | bigint | null;
  writer: boolean;
  printed: boolean;
}

/** Joins each question to a rate limit with its answer, and counts by who asked. */
export class RateLimits {
  readonly #hooks: LimitHooks;
  readonly #counts = new Map<string, LimitCount & Pick<Call, 'asker'>>();
  /** Calls under way by thread, innermost last: an interrupt may ask while a call is under way. */
  readonly #open = new Map<number, Call[]>();
  /** A write to /dev/kmsg was seen to print: where none is, what prints cannot be seen. */
  #writesPrint = false;
  /** Records overwritten before they were read; null where nobody counted. */
  lost: number | null = 0;

  constructor(hooks: LimitHooks) {
    this.#hooks = hooks;
  }

  /** Takes the next record; they come in time order. */
  record(record: TraceRecord): void {
    if (record.kind === 'lost') {
      this.lost = this.lost === null || record.count === null ? null : this.lost + record.count;
      // What was under way may have ended, or printed, unseen.
      this.#open.clear();
    }
    if (record.kind !== 'event') return;
    // Every CPU has an idle thread of the same number.
    const thread = record.tid === 0 ? -1 - record.cpu : record.tid;
    const asked = this.#hooks.asked.get(record.name);
    const said = this.#hooks.said.get(record.name);
    if (asked !== undefined) this.#begin(thread, asked, record);
    else if (said !== undefined) this.#end(thread, said, record);
    else if (record.name === this.#hooks.printed) {
      const call = this.#open.get(thread)?.at(-1);
      if (call !== undefined) call.printed = true;
    }
  }

  /**
   * Those that were refused most come first.
   * @param symbolOf the function at an address of the kernel
   */
  counts(symbolOf: (address: bigint) => string | null): LimitCount[] {
    const merged = new Map<string, LimitCount>();
    for (const { asker, ...count } of this.#counts.values()) {
      if (count.limit === 'devkmsg_write' && !this.#writesPrint) continue;
      const name = typeof asker === 'bigint' ? symbolOf(asker) : asker;
      const key = `${count.limit} ${count.writer} ${name}`;
      const same = merged.get(key);
      if (same === undefined) {
        merged.set(key, { ...count, name });
        continue;
      }
      same.asked += count.asked;
      same.refused += count.refused;
      same.lastRefused = Math.max(same.lastRefused ?? 0, count.lastRefused ?? 0) || null;
    }
    return [...merged.values()].sort((a, b) => b.refused - a.refused || b.asked - a.asked);
  }

  #begin(thread: number, limit: LimitPlace, { fields: { func, comm, from } }: EventRecord): void {
    const calls = this.#open.get(thread) ?? [];
    // The kernel gives a writer's name for the function's (devkmsg_write()).
    const writer = limit === 'devkmsg_write' || (limit === '___ratelimit' && func === comm);
    const name = typeof func === 'string' ? func : writer && typeof comm === 'string' ? comm : null;
    const address = typeof from === 'bigint' || typeof from === 'number' ? BigInt(from) : null;
    calls.push({ limit, asker: name ?? address, writer, printed: false });
    if (calls.length > DEEPEST) calls.shift();
    this.#open.set(thread, calls);
  }

  #end(thread: number, limit: LimitPlace, { fields: { ret }, tid, time }: EventRecord): void {
    const calls = this.#open.get(thread) ?? [];
    const at = calls.findLastIndex((call) => call.limit === limit);
    // Its beginning was lost, and with it what it printed.
    if (at === -1 && limit === 'devkmsg_write') return;
    const call = at === -1 ? { limit, asker: null, writer: false, printed: false } : calls[at]!;
    calls.length = Math.max(at, 0);
    if (calls.length === 0) this.#open.delete(thread);
    if (limit !== 'devkmsg_write') this.#count(call, tid, ret === 0 ? time : null);
    else if (typeof ret === 'number' && ret > 0) {
      this.#writesPrint ||= call.printed;
      this.#count(call, tid, call.printed ? null : time);
    }
  }

  #count({ limit, asker, writer }: Call, tid: number, refusedAt: number | null): void {
    const wanted = `${limit} ${writer} ${asker}`;
    const known = this.#counts.size < MOST_NAMES || this.#counts.has(wanted);
    const key = known ? wanted : `${limit} ${writer}`;
    const count = this.#counts.get(key) ?? {
      ...{ limit, name: null, asker: known ? asker : null, writer },
      ...{ tid, asked: 0, refused: 0, lastRefused: null },
    };
    this.#counts.set(key, count);
    count.tid = tid;
    count.asked++;
    if (refusedAt === null) return;
    count.refused++;
    count.lastRefused = refusedAt / 1e9;
  }
}

/** A thread, a softirq and an interrupt on top of one another; more are calls whose return was not seen. */
const DEEPEST = 4;
/** A process can call itself by any name, and by a new one each time. */
const MOST_NAMES = 1000;
