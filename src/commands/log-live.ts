import { release } from 'node:os';
import type { TraceRecord } from '../decode/trace-record.js';
import { UnavailableError } from '../errors.js';
import type { EventSink } from '../output/sink.js';
import { doorsAmong } from '../tracefs/door-tracing.js';
import { missedHits } from '../tracefs/dynamic-events.js';
import { TraceInstance } from '../tracefs/instance.js';
import type { KernelJournal } from '../tracefs/journal.js';
import { readLosses } from '../tracefs/page-source.js';
import { tellLogBefore } from './log-before.js';
import { LogInvestigation } from './log-investigation.js';
import type { LogOptions } from './log-options.js';
import { LogPeople } from './log-people.js';
import { LogTelling } from './log-telling.js';
import { findLogSymbols, type LogTracing, setUpLogTracing } from './log-tracing.js';
import type { Side, Sources } from './side.js';
import type { Tap } from './tap.js';
import { chooseReader, openReader, type ReaderChoice, type TraceReader } from './trace-reader.js';

const PROC = '/proc';
const SYS = '/sys';

export interface LiveLogParts {
  tracefs: string;
  journal: KernelJournal;
  options: LogOptions;
  sink: EventSink;
  tap: Tap;
  /** Tells the instance from that of the other side of the same run. */
  purpose?: string;
}

/** The log side of a run on a live kernel: sources, model and output wired into one. */
export class LiveLog implements Side {
  readonly telling: LogTelling;
  readonly #investigation: LogInvestigation;
  readonly #people: LogPeople;
  readonly #instance: TraceInstance;
  readonly #tracing: LogTracing;
  readonly #reader: TraceReader;
  readonly #sink: EventSink;
  readonly #start: Parameters<LogTelling['notice']>;
  #stacks: boolean;

  /**
   * Configures the kernel; nothing is recorded yet.
   * @throws UnavailableError where nothing of this kernel's tracing can be used
   */
  constructor({ tracefs, journal, options, sink, tap, purpose }: LiveLogParts) {
    const symbols = findLogSymbols(tracefs, PROC);
    const functions = doorsAmong(symbols).map(({ symbol }) => symbol);
    const choice = chooseReader(options.reader, tracefs, PROC, functions);
    this.#instance = new TraceInstance(tracefs, process.pid, journal, purpose);
    this.#sink = sink;
    this.#stacks = options.stack;
    this.#tracing = setUpLogTracing(this.#instance, journal, {
      symbols,
      stack: options.stack,
      bufferKib: options.bufferKib,
      text: choice.kind === 'text',
      dryRun: false,
      proc: PROC,
      sys: SYS,
    });
    requireBackend(this.#tracing);
    const { doors, identities: coverage } = this.#tracing;
    const people = new LogPeople(PROC, coverage, tap);
    this.#people = people;
    const facts = {
      hooks: doors.hooks,
      backends: [...doors.backends, choice.kind],
      blindSpots: [
        ...doors.blindSpots,
        ...(coverage.commandLines ? [] : [COMMAND_BLIND_SPOT]),
        ...people.blindSpots,
      ],
      self: people.self,
    };
    this.#investigation = new LogInvestigation({
      ...facts,
      table: people.table,
      identities: people.identities,
      sink,
      filter: options,
      maxEvents: options.maxEvents,
    });
    this.telling = new LogTelling(this.#investigation, tap);
    this.#reader = openReader(this.#instance, journal, {
      choice,
      events: [...doors.events, ...coverage.events],
      stack: () => this.#stacks,
      proc: PROC,
      emit: (record: TraceRecord) => this.#investigation.record(record),
      tap: tap.buffer('log'),
    });
    tap.begin(() => this.telling.opening({ ...facts, coverage, hierarchy: people.hierarchy }, people.table));
    this.#start = ['started', 'info', ...describeStart(this.#tracing, choice, options)];
  }

  /** Switches the recording on and looks around: what had happened to the log before, and who is there. */
  start(): void {
    this.telling.notice(...this.#start);
    for (const reason of this.#tracing.doors.refusals) this.telling.notice('reduced', 'warning', reason);
    this.#instance.set('tracing_on', '1');
    tellLogBefore(this.telling);
    this.#people.lookAround(this.telling);
  }

  poll(): boolean {
    const any = this.#reader.poll();
    this.#sink.tick();
    return !this.#people.goOn() || any;
  }

  /** Kernel paths of accesses from now on, or no longer. */
  set stacks(on: boolean) {
    this.#stacks = on;
    if (this.#tracing.doors.backends.includes('function'))
      this.#instance.set('options/func_stack_trace', on ? '1' : '0', '0');
  }

  get sources(): Sources {
    return this.#investigation.sources;
  }

  get done(): boolean {
    return this.#investigation.done;
  }

  /** Stops the recording, reads what is left, and closes the account. */
  finish(): void {
    this.#people.end(this.telling);
    this.#instance.set('tracing_on', '0');
    while (!this.done && this.#reader.poll()) {}
    this.#reader.finish();
    const { doors } = this.#tracing;
    this.telling.missed(missedHits(this.#instance.tracefs, new Set(doors.events)));
    this.telling.finish(readLosses(this.#instance.path), this.#people.skipped);
  }
}

const COMMAND_BLIND_SPOT = 'command lines of processes that were gone before /proc could be read';

function requireBackend({ doors }: LogTracing): void {
  if (doors.backends.length > 0) return;
  throw new UnavailableError(`nothing of this kernel's tracing can be used: ${doors.refusals.join('; ')}`, {
    code: 'no-backend',
    hint: 'the kernel may be locked down, or built without CONFIG_FUNCTION_TRACER, CONFIG_KPROBE_EVENTS and CONFIG_FTRACE_SYSCALLS',
  });
}

function describeStart(
  { doors, identities, clock }: LogTracing,
  choice: ReaderChoice,
  options: LogOptions,
): [string, { details: Record<string, unknown> }] {
  const means = doors.backends.join(' + ');
  const why = choice.reason === null ? '' : ` (not pages: ${choice.reason})`;
  return [
    `watching the kernel log of Linux ${release()} with ${means}, read as ${choice.kind}${why}`,
    {
      details: {
        kernel: release(),
        clock,
        reader: choice.kind,
        functions: [...doors.hooks.functions.keys()],
        identities: identities.refusals,
        stack: options.stack,
      },
    },
  ];
}
