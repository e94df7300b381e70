import { release } from 'node:os';
import type { EventRecord, MalformedRecord } from '../../decode/trace-record.js';
import type { KwhoError } from '../../errors.js';
import { LocationNames } from '../../host/location-names.js';
import type { EventSink } from '../../output/sink.js';
import type { ModuleRun } from '../../stap/module-run.js';
import { tellLogBefore } from '../log-before.js';
import { LogInvestigation } from '../log-investigation.js';
import type { LogOptions } from '../log-options.js';
import { LogPeople } from '../log-people.js';
import { LogTelling } from '../log-telling.js';
import type { Side, Sources } from '../side.js';
import type { Tap } from '../tap.js';
import { settleStap } from './accounting.js';
import { logHooks } from './log-module.js';
import { StapPaths } from './symbolic.js';

export interface StapLogParts {
  proc: string;
  options: LogOptions;
  sink: EventSink;
  tap: Tap;
}

/** The log side of a run with SystemTap: the same model and output, fed by a script's lines. */
export class StapLog implements Side {
  readonly telling: LogTelling;
  readonly #investigation: LogInvestigation;
  readonly #people: LogPeople;
  readonly #names: LocationNames;
  readonly #paths: StapPaths;
  readonly #sink: EventSink;
  readonly #options: LogOptions;
  #run: ModuleRun | null = null;
  /** By the script's own way of counting. */
  #told = 0;
  /** Why SystemTap ended before it was to; null where it did not. */
  failure: KwhoError | null = null;

  constructor({ proc, options, sink, tap }: StapLogParts) {
    // A call tells name, user, command line and ancestors; the rest is asked of /proc while the process lives.
    const coverage = { credentials: false, loginuid: false, cgroups: false };
    this.#people = new LogPeople(proc, coverage, tap);
    this.#names = LocationNames.of(proc);
    this.#paths = new StapPaths((address) => this.#names.name(address));
    this.#options = options;
    this.#sink = sink;
    this.#investigation = new LogInvestigation({
      hooks: logHooks(proc),
      table: this.#people.table,
      identities: this.#people.identities,
      sink,
      filter: options,
      maxEvents: options.maxEvents,
      backends: ['stap'],
      blindSpots: [
        'control groups and login users of processes that were gone before /proc could be read',
        ...this.#people.blindSpots,
      ],
      self: this.#people.self,
    });
    this.telling = new LogTelling(this.#investigation, tap);
  }

  /** Takes a line of the script. */
  record(record: EventRecord | MalformedRecord): void {
    if (record.kind === 'malformed' || record.name.startsWith('in_')) this.#told++;
    for (const one of this.#paths.unfold(record)) this.#investigation.record(one);
  }

  /** @param run a module whose records come to {@link record} */
  start(run: ModuleRun): void {
    this.#run = run;
    this.telling.notice('started', 'info', `watching the kernel log of Linux ${release()} with SystemTap`, {
      details: { kernel: release(), module: run.module },
    });
    tellLogBefore(this.telling);
    this.#people.lookAround(this.telling);
  }

  poll(): boolean {
    const any = this.#run?.poll() ?? false;
    this.#sink.tick();
    return !this.#people.goOn() || any;
  }

  get sources(): Sources {
    return this.#investigation.sources;
  }

  get done(): boolean {
    return this.#investigation.done || this.#run?.over === true;
  }

  /** Ends the script, reads what is left, and closes the account. */
  async finish(): Promise<void> {
    this.#people.end(this.telling);
    const end = await this.#run?.stop();
    if (end !== undefined) {
      this.failure = end.failure;
      const pathless = this.#options.stack ? this.#paths.missing : 0;
      settleStap(
        end,
        { told: this.#told, pathless },
        {
          lost: (count, what) => this.#investigation.untold(count, what),
          notice: (...notice) => this.telling.notice(...notice),
        },
      );
    }
    this.telling.finish(new Map(), this.#people.skipped);
  }
}
