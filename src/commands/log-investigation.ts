import type { LogHooks } from '../decode/log-doors.js';
import type { LostRecord, TraceRecord } from '../decode/trace-record.js';
import { errnoName } from '../explain/errno.js';
import { Completeness } from '../model/completeness.js';
import type { KwhoEvent, LogAccessEvent, NoticeEvent } from '../model/events.js';
import type { LogAccess } from '../model/log-access.js';
import { type LogFilter, passes } from '../model/log-filter.js';
import { LogLedger } from '../model/log-ledger.js';
import type { ProcessTable } from '../model/process-table.js';
import { Rivalry } from '../model/rivalry.js';
import type { EventSink } from '../output/sink.js';
import type { Identities } from './identity.js';
import { MalformedRecords } from './malformed-records.js';
import type { Sources } from './side.js';

export interface LogInvestigationOptions {
  hooks: LogHooks;
  table: ProcessTable;
  identities: Identities;
  sink: EventSink;
  filter: LogFilter;
  /** Accesses after which the run ends; null for no bound. */
  maxEvents: number | null;
  backends: readonly string[];
  blindSpots: readonly string[];
  /** Our own process: what it and its children do is not told. null where the records number it differently. */
  self: number | null;
}

/**
 * The log side of a run: records of the ring buffer in, events out. It knows no kernel and no screen, so it runs the
 * same from a live instance or from what was recorded.
 */
export class LogInvestigation {
  readonly #options: LogInvestigationOptions;
  readonly #ledger: LogLedger;
  readonly #rivalry: Rivalry;
  /** When somebody took a record last. */
  #stolenAt: number | null = null;
  readonly #completeness = new Completeness();
  readonly #effects: Record<string, number> = {};
  readonly #backend: string;
  readonly #malformed = new MalformedRecords((...notice) => this.notice(...notice));
  #seen = 0;
  #ownSeen = 0;
  #ownExpected = false;

  constructor(options: LogInvestigationOptions) {
    this.#options = options;
    this.#backend = options.backends[0] ?? 'none';
    this.#ledger = new LogLedger(options.hooks, (access) => this.#access(access));
    this.#rivalry = new Rivalry((one, other) => this.#compete(one, other));
  }

  /** Takes the next record; they come in time order. */
  record(record: TraceRecord): void {
    if (this.done) return;
    if (record.kind === 'lost') this.#lost(record);
    else if (record.kind === 'malformed') this.#malformed.add(record);
    else {
      // A death ends the thread's calls before the thread is forgotten.
      this.#ledger.apply(record);
      this.#options.table.apply(record);
    }
  }

  /** The bound on the number of events is reached. */
  get done(): boolean {
    return this.#options.maxEvents !== null && this.#seen >= this.#options.maxEvents;
  }

  /** What sees, and what it cannot see. */
  get sources(): Sources {
    return this.#options;
  }

  notice(code: string, level: NoticeEvent['level'], text: string, more: Partial<NoticeEvent> = {}): void {
    this.#tell({
      type: 'notice',
      time: null,
      backend: 'kwho',
      level,
      code,
      text,
      hint: null,
      ...more,
    });
  }

  /** A process holds a door open: it may take records without being seen to come. */
  holder(pid: number, comm: string | null): void {
    this.#rivalry.note({ pid, comm });
  }

  /** We have opened /dev/kmsg ourselves: if its hooks fire at all, they have told of that. */
  expectOwn(): void {
    if (this.#options.self === null) return;
    this.#ownExpected = [
      ...this.#options.hooks.functions.values(),
      ...this.#options.hooks.returns.values(),
    ].some(({ door, call }) => door === '/dev/kmsg' && call === 'open');
  }

  /** A part of the recording that is replayed cannot be read: what was in it, nobody knows. */
  unreadable(what: string): void {
    this.#completeness.noteGap();
    const lost = { type: 'lost', time: null, backend: this.#backend, where: 'recording' } as const;
    this.#tell({ ...lost, count: null, cpu: null, what });
  }

  /** Hits of probes that the kernel could not record. */
  missed(count: number): void {
    if (count === 0) return;
    this.#completeness.add(count);
    this.#tellLost(count, null, 'probe hits (arguments or results) that the kernel missed');
  }

  /** Calls that SystemTap could not tell of. @param count null where nobody counted */
  untold(count: number | null, what: string): void {
    if (count === null) this.#completeness.noteGap();
    else this.#completeness.add(count);
    this.#tell({ type: 'lost', time: null, backend: this.#backend, where: 'stap', count, cpu: null, what });
  }

  /**
   * The last calls: what is still under way, the kernel's own account, the summary.
   * @param totals what the kernel lost, by CPU
   * @param skipped look-ups of processes that the budget did not allow
   */
  finish(totals: ReadonlyMap<number, number>, skipped = 0): void {
    if (!this.done) this.#ledger.finish();
    for (const rest of this.#completeness.settle(totals)) this.#tellOverwritten(rest);
    const silent = this.#ownExpected && this.#ownSeen === 0 && this.#completeness.complete && !this.done;
    if (silent) {
      this.notice(
        'silent',
        'error',
        'the hooks did not fire: kwho read /dev/kmsg itself and did not see it',
        {
          hint: 'something else has switched the function tracer off; nothing that this run says can be relied on',
        },
      );
    }
    if (skipped > 0) {
      this.notice('identity-budget', 'warning', `${skipped} look-ups in /proc were skipped to keep up`);
    }
    this.#tell({
      type: 'summary',
      time: null,
      backend: this.#backend,
      seen: this.#seen,
      effects: this.#effects,
      lost: this.#completeness.lost + this.#malformed.count,
      complete: this.#completeness.complete && this.#malformed.count === 0 && !silent,
      backends: this.#options.backends,
      blindSpots: this.#options.blindSpots,
    });
    this.#options.sink.end();
  }

  #access(access: LogAccess): void {
    const { identities, self, filter } = this.#options;
    if (this.done) return;
    const process = identities.processOf(access.tid);
    if (process !== null && self !== null && identities.isOwn(process, self)) {
      this.#ownSeen++;
      return;
    }
    const comm = access.comm ?? this.#options.table.nameOf(access.tid) ?? process?.comm ?? null;
    const event: LogAccessEvent = {
      type: 'log-access',
      time: access.time / 1e9,
      backend: this.#backend,
      cpu: access.cpu,
      pid: process?.pid ?? null,
      tid: access.tid,
      comm,
      door: access.door,
      action: access.action,
      effect: access.effect,
      length: access.length,
      result: access.result,
      errno: access.result !== null && access.result < 0 ? errnoName(-access.result) : null,
      via: access.via,
      process: process === null ? null : identities.describe(process),
      ...(access.stack === null ? {} : { stack: access.stack }),
    };
    if (passes(filter, event)) {
      this.#seen++;
      const effect = event.effect ?? 'unknown';
      this.#effects[effect] = (this.#effects[effect] ?? 0) + 1;
      this.#tell(event);
    }
    if (event.effect !== 'steals') return;
    this.#stolenAt = event.time;
    this.#rivalry.note({ pid: event.pid ?? event.tid, comm });
  }

  #compete(one: { pid: number; comm: string | null }, other: { pid: number; comm: string | null }): void {
    const names = [one, other].map(({ pid, comm }) => `${comm ?? '?'}[${pid}]`);
    this.notice(
      'competing-readers',
      'warning',
      `${names.join(' and ')} both take records from the one shared cursor of /proc/kmsg and syslog(2) READ: ` +
        'they steal from each other, and each sees only a part of the log',
      {
        time: this.#stolenAt,
        hint: 'stop one of them, or let it read /dev/kmsg, where every reader has a position of its own',
        details: { readers: [one, other] },
      },
    );
  }

  #lost(record: LostRecord): void {
    this.#completeness.note(record);
    this.#tellOverwritten(record);
  }

  #tellOverwritten({ cpu, count }: LostRecord): void {
    this.#tellLost(count, cpu < 0 ? null : cpu, 'records overwritten before they were read');
  }

  #tellLost(count: number | null, cpu: number | null, what: string): void {
    this.#tell({ type: 'lost', time: null, backend: this.#backend, where: 'ring', count, cpu, what });
  }

  #tell(event: KwhoEvent): void {
    this.#options.sink.event(event);
  }
}
