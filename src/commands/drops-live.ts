import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { LocationNames } from '../host/location-names.js';
import { threadGroupOf } from '../host/process-facts.js';
import { type DropCondition, isCountable } from '../model/drop-filter.js';
import type { DropReading } from '../model/drop-record.js';
import { DropStream } from '../model/drop-stream.js';
import { DropTable } from '../model/drop-table.js';
import type { OutputChannel } from '../output/channel.js';
import { DropTextSink } from '../output/drop-text.js';
import { NdjsonSink } from '../output/ndjson.js';
import { wantsColor } from '../output/paint.js';
import type { EventSink } from '../output/sink.js';
import { DROP_EVENT, type DropEventFacts } from '../tracefs/drop-tracing.js';
import type { TraceInstance } from '../tracefs/instance.js';
import type { KernelJournal } from '../tracefs/journal.js';
import { openCatalogue } from './catalogue.js';
import { DropsClosing } from './drops-closing.js';
import { type DropCounter, StreamCounter, TableCounter } from './drops-counter.js';
import { DropInvestigation } from './drops-investigation.js';
import { otherKey, placeKey } from './drops-keys.js';
import type { DropsOptions } from './drops-options.js';
import { PlainCounter } from './drops-plain.js';
import { ProbeCheck } from './drops-probe-check.js';
import type { DropsSetup } from './drops-setup.js';
import { DropSources } from './drops-sources.js';
import { Thinning } from './drops-thinning.js';
import type { Namespaces } from './namespaces.js';
import type { Stop } from './stop.js';
import type { ReaderChoice } from './trace-reader.js';

export interface LiveDropsParts {
  world: { proc: string; sys: string; run: string };
  options: DropsOptions;
  facts: DropEventFacts;
  namespaces: Namespaces;
  conditions: readonly DropCondition[];
  choice: ReaderChoice;
  setup: DropsSetup;
  instance: TraceInstance;
  journal: KernelJournal;
  out: OutputChannel;
}

/** The drop side of a run on a live kernel: sources, model and output wired into one. */
export class LiveDrops {
  readonly investigation: DropInvestigation;
  readonly #parts: LiveDropsParts;
  readonly #names: LocationNames;
  readonly #reading: DropReading;
  readonly #catalogue = openCatalogue();
  readonly #table = new DropTable(this.#catalogue);
  readonly #check: ProbeCheck;
  readonly #sources: DropSources;
  readonly #thinning: Thinning | null;
  #counter: DropCounter;
  #closing: DropsClosing | null = null;
  /** Before it, what the ring buffer gives is only looked at to check the probe. */
  #armed = false;
  /** When the interval under way began, in seconds. */
  #from = 0;

  constructor(parts: LiveDropsParts) {
    this.#parts = parts;
    const { world, options, conditions, choice, setup, instance, journal, namespaces, facts } = parts;
    this.#names = new LocationNames(
      () => Buffer.from(readOr(`${world.proc}/kallsyms`, ''), 'latin1'),
      () => readOr(`${world.proc}/modules`, ''),
    );
    this.#names.refresh();
    this.#reading = {
      reasons: facts.reasons,
      name: (address) => this.#names.name(address),
      netnsName: (inum) => namespaces.name(inum),
    };
    const stream = setup.count === null ? new DropStream(placeKey) : null;
    const keyOf = otherKey(options.by);
    const sampled = setup.count !== null || setup.counting !== null;
    this.investigation = new DropInvestigation({
      reading: this.#reading,
      table: this.#table,
      stream,
      sampled,
      other: keyOf === null ? null : new DropStream(keyOf),
      sink: this.#openSink(),
      conditions,
      by: options.by,
      events: options.events,
      stack: options.stack,
      maxEvents: options.maxEvents,
      backends: [...setup.backends, ...(setup.detail === null ? [] : [choice.kind])],
      detailBackend: setup.detail?.kind ?? 'none',
      blindSpots: setup.blindSpots,
      processOf: remembered((tid) => threadGroupOf(world.proc, tid)),
    });
    this.#counter = new StreamCounter(stream ?? new DropStream(placeKey));
    this.#check = new ProbeCheck(this.#reading);
    this.#sources = new DropSources({
      instance,
      journal,
      setup,
      options,
      choice,
      proc: world.proc,
      reader: this.#countsPlainly() ? (instance) => this.#openPlain(instance) : null,
      detail: (record) => {
        if (this.#armed) this.investigation.record(record);
        else this.#check.record(record);
      },
      count: (record) => this.investigation.count(record),
    });
    const tap = {
      open: () => this.#sources.detail(true),
      close: () => this.#sources.detail(false),
    };
    const most = options.events ? null : DETAILS_A_SECOND;
    this.#thinning =
      sampled && setup.detail !== null ? new Thinning(tap, most, () => performance.now()) : null;
  }

  /** Switches everything on. Before anything is told, a packet of our own shows whether the probe can be trusted. */
  async start(): Promise<void> {
    const { setup, world, namespaces, options } = this.#parts;
    this.investigation.notice('started', 'info', this.#startText(), { details: this.#startDetails() });
    this.#sources.detail(true);
    if (setup.detail?.kind === 'fields') {
      const doubt = await this.#check.run(() => this.#sources.poll());
      if (doubt !== null) this.investigation.notice('probe-check', ...doubt);
    }
    this.#sources.narrow();
    if (setup.count !== null) this.#counter = this.#startTables(setup.count);
    this.#sources.startCounting();
    this.#armed = true;
    this.#from = clockSeconds();
    // A filter hides drops, and what is hidden would look unexplained; single drops are for looking at one by one.
    if (options.conditions.length === 0 && !options.events)
      this.#closing = await DropsClosing.start(world, namespaces, this.#catalogue);
  }

  /** Reads, decodes and tells until something ends the run. */
  async watch(stop: Stop): Promise<void> {
    const { out, options } = this.#parts;
    let pause = SHORTEST_PAUSE_MS;
    while (!stop.reached && !this.investigation.done && !out.closed) {
      // Whoever takes our output too slowly makes the ring buffer overflow, where losses are counted.
      const any = out.backlog < MOST_WAITING && this.#sources.poll();
      this.#thinning?.step(this.investigation.detailed, this.investigation.lostRecords);
      const left = this.#from * 1000 + options.intervalMs - clockSeconds() * 1000;
      if (left <= 0) this.#tellInterval();
      pause = any ? SHORTEST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
      await stop.wait(left > 0 ? Math.min(pause, Math.ceil(left)) : pause);
    }
  }

  /** Stops the recording, reads what is left, and closes the account. */
  async finish(): Promise<void> {
    const { out } = this.#parts;
    await this.#closing?.look();
    this.#sources.finish();
    this.investigation.flush();
    const last = this.#counter.last();
    this.#tell(last);
    this.investigation.settle(this.#sources.losses());
    if (this.#thinning?.thinned === true) this.#sayThinned();
    if (!out.closed) await this.#closing?.tell(this.investigation, this.#table, last.unplaced);
    this.investigation.finish();
  }

  /** Nothing but places is wanted of the plain event: no record need be made of a drop. */
  #countsPlainly(): boolean {
    const { setup, options, conditions } = this.#parts;
    const { detail, count } = setup;
    if (detail === null || detail.event !== DROP_EVENT || count !== null || options.maxEvents !== null)
      return false;
    const ownKey = options.by.some((field) => field === 'flow' || field === 'comm' || field === 'stack');
    return !options.events && !options.stack && !ownKey && conditions.every(isCountable);
  }

  #openPlain(instance: TraceInstance): PlainCounter {
    const { journal, choice, options } = this.#parts;
    const counter = new PlainCounter(instance, journal, {
      kind: choice.kind,
      reading: this.#reading,
      byProtocol: options.by.includes('proto'),
      emit: (record) => this.investigation.record(record),
    });
    this.#counter = counter;
    return counter;
  }

  #openSink(): EventSink {
    const { options, out, namespaces } = this.#parts;
    if (options.json) return new NdjsonSink(out);
    return new DropTextSink(out, {
      color: wantsColor(process.stdout.isTTY === true, process.env),
      columns: () => (process.stdout.isTTY === true ? process.stdout.columns : null),
      wall: wallClock(),
      explain: (reason, symbol) => this.#catalogue.explain(reason, symbol),
      host: namespaces.list().find(({ own }) => own)?.inum ?? null,
      progress: () => this.investigation,
    });
  }

  #startTables(start: NonNullable<DropsSetup['count']>): DropCounter {
    const { instance, options, facts, setup } = this.#parts;
    return new TableCounter(instance, start(), options.by, {
      reasons: facts.reasons,
      hasReason: facts.hasReason,
      swapped: setup.totalByProbe,
      name: (address, text) => {
        this.#names.learn(address, text);
        return this.#names.name(address);
      },
      netnsName: this.#reading.netnsName,
    });
  }

  #startText(): string {
    const { setup, choice } = this.#parts;
    const why = choice.reason === null ? '' : ` (not pages: ${choice.reason})`;
    const how = setup.detail === null ? '' : `, read as ${choice.kind}${why}`;
    return `watching for dropped packets on Linux ${release()} with ${setup.backends.join(' + ')}${how}`;
  }

  #startDetails(): Record<string, unknown> {
    const { setup, choice } = this.#parts;
    return {
      kernel: release(),
      backends: setup.backends,
      reader: setup.detail === null ? null : choice.kind,
      refusals: setup.refusals,
    };
  }

  #tellInterval(): void {
    this.#names.refresh();
    this.#closing?.follow();
    this.#tell(this.#counter.snapshot());
  }

  #tell(snapshot: ReturnType<DropCounter['snapshot']>): void {
    const to = clockSeconds();
    this.investigation.interval(this.#from, to, snapshot);
    this.#from = to;
  }

  #sayThinned(): void {
    const { counted, detailed } = this.investigation;
    this.investigation.notice(
      'thinned',
      'info',
      `${detailed.toLocaleString('en-US')} of ${counted.toLocaleString('en-US')} drops were looked at one by one: ` +
        'they came faster than that can be done; the counts are not touched by it',
      { details: { counted, detailed } },
    );
  }
}

/** Single drops a second that a table wants for its flows and verdicts. */
const DETAILS_A_SECOND = 2000;
const SHORTEST_PAUSE_MS = 5;
/** Also the longest that a drop waits to be told. */
const LONGEST_PAUSE_MS = 40;
const MOST_WAITING = 4 << 20;

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return otherwise;
  }
}

/** Seconds on the clock of the trace, CLOCK_MONOTONIC. */
function clockSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** Wall-clock milliseconds of a kernel time in seconds. */
function wallClock(): (time: number) => number {
  const zero = Date.now() - clockSeconds() * 1000;
  return (time) => zero + time * 1000;
}

/** Looked up once: a thread's process does not change, and its number is seldom used again within one run. */
function remembered(look: (tid: number) => number | null): (tid: number) => number | null {
  const known = new Map<number, number | null>();
  return (tid) => {
    let pid = known.get(tid);
    if (pid === undefined) {
      if (known.size >= MOST_REMEMBERED) known.clear();
      pid = tid === 0 ? 0 : look(tid);
      known.set(tid, pid);
    }
    return pid;
  };
}

const MOST_REMEMBERED = 10_000;
