import { release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Flow } from '../decode/packet.js';
import type { DropCatalogue } from '../explain/drop-catalogue.js';
import { grouped } from '../grouped.js';
import { LocationNames } from '../host/location-names.js';
import { type DropCondition, isCountable } from '../model/drop-filter.js';
import type { DropReading } from '../model/drop-record.js';
import { DropStream } from '../model/drop-stream.js';
import { DropTable } from '../model/drop-table.js';
import type { DropKey } from '../model/events.js';
import type { OutputChannel } from '../output/channel.js';
import type { EventSink } from '../output/sink.js';
import { type CountTables, DROP_EVENT, type DropEventFacts } from '../tracefs/drop-tracing.js';
import { readHist } from '../tracefs/hist-trigger.js';
import type { TraceInstance } from '../tracefs/instance.js';
import type { KernelJournal } from '../tracefs/journal.js';
import { clockSeconds } from './drops-clock.js';
import { DropsClosing } from './drops-closing.js';
import { type DropCounter, StreamCounter, TableCounter } from './drops-counter.js';
import { DropIntervals } from './drops-intervals.js';
import { DropInvestigation } from './drops-investigation.js';
import { otherKey, placeKey } from './drops-keys.js';
import type { DropsOptions } from './drops-options.js';
import { PlainCounter } from './drops-plain.js';
import { type Doubt, ProbeCheck } from './drops-probe-check.js';
import type { DropsSetup } from './drops-setup.js';
import { DropSources } from './drops-sources.js';
import { DropsTelling } from './drops-telling.js';
import { Thinning } from './drops-thinning.js';
import { processOfThread } from './drops-threads.js';
import type { Namespaces } from './namespaces.js';
import type { Side, Sources } from './side.js';
import type { Tap } from './tap.js';
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
  catalogue: DropCatalogue;
  sink: EventSink;
  /** What takes the output, as far as it may be too slow. */
  out: Pick<OutputChannel, 'backlog' | 'closed'>;
  tap: Tap;
  /** Single drops told a second besides counts. */
  samples: number;
  /** The run is to end with its top suspect, and with the losses that no drop explains. */
  closing: boolean;
}

/** The drop side of a run on a live kernel: sources, model and output wired into one. */
export class LiveDrops implements Side {
  readonly investigation: DropInvestigation;
  readonly telling: DropsTelling;
  readonly #parts: LiveDropsParts;
  readonly #names: LocationNames;
  readonly #reading: DropReading;
  readonly #table: DropTable;
  readonly #check: ProbeCheck;
  readonly #sources: DropSources;
  readonly #thinning: Thinning | null;
  #counter: DropCounter;
  #tables: CountTables | null = null;
  readonly #intervals: DropIntervals;
  #closing: DropsClosing | null = null;
  /** Before it, what the ring buffer gives is only looked at to check the probe. */
  #armed = false;

  constructor(parts: LiveDropsParts) {
    this.#parts = parts;
    const { world, options, conditions, choice, setup, instance, journal, namespaces, facts, tap } = parts;
    this.#table = new DropTable(parts.catalogue);
    this.#names = LocationNames.of(world.proc);
    this.#names.refresh();
    this.#reading = {
      reasons: facts.reasons,
      name: tap.look('location', (address: bigint) => this.#names.name(address)),
      netnsName: tap.look('netns', (inum: number) => namespaces.name(inum)),
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
      sink: parts.sink,
      conditions,
      by: options.by,
      events: options.events,
      samples: parts.samples,
      stack: options.stack,
      maxEvents: options.maxEvents,
      backends: [...setup.backends, ...(setup.detail === null ? [] : [choice.kind])],
      detailBackend: setup.detail?.kind ?? 'none',
      blindSpots: setup.blindSpots,
      processOf: tap.look('process', processOfThread(world.proc)),
    });
    this.telling = new DropsTelling(this.investigation, tap);
    this.#intervals = new DropIntervals(this.telling, options.intervalMs, clockSeconds);
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
      stack: () => this.investigation.stack,
      count: (record) => this.investigation.count(record),
      tap,
    });
    const valve = {
      open: () => this.#sources.detail(true),
      close: () => this.#sources.detail(false),
    };
    const most = options.events ? null : DETAILS_A_SECOND;
    this.#thinning =
      sampled && setup.detail !== null ? new Thinning(valve, most, () => performance.now()) : null;
  }

  /** Switches everything on. Before anything is told, a packet of our own shows whether the probe can be trusted. */
  async start(): Promise<void> {
    const { setup, world, namespaces, options } = this.#parts;
    this.telling.notice('started', 'info', this.#startText(), { details: this.#startDetails() });
    this.#sources.detail(true);
    const doubt = await this.check();
    if (doubt !== null && doubt !== 'not needed') this.telling.notice('probe-check', ...doubt);
    this.#sources.narrow();
    if (setup.count !== null) this.#counter = this.#startTables(setup.count);
    this.#sources.startCounting();
    this.#armed = true;
    this.#openTap();
    this.#intervals.begin();
    // A filter hides drops, and what is hidden would look unexplained; single drops are for looking at one by one.
    if (options.conditions.length === 0 && !options.events)
      this.#closing = await DropsClosing.start(world, namespaces, this.#parts.catalogue);
  }

  /** What is wrong with the probe, if anything is; it is let record until a packet of our own has shown up in it. */
  async check(): Promise<Doubt | 'not needed' | null> {
    if (this.#parts.setup.detail?.kind !== 'fields') return 'not needed';
    this.#sources.detail(true);
    return this.#check.run(() => this.#sources.poll());
  }

  poll(): boolean {
    const any = this.#read();
    if (this.#intervals.left <= 0) this.#tellInterval();
    return any;
  }

  get sources(): Sources {
    return this.investigation.sources;
  }

  get done(): boolean {
    return this.investigation.done;
  }

  get due(): number {
    return this.#intervals.left;
  }

  /** Length of an interval from now on, in milliseconds. */
  set interval(milliseconds: number) {
    this.#intervals.length = milliseconds;
  }

  /** Kernel paths of single drops from now on, or no longer. */
  set stacks(on: boolean) {
    this.#parts.instance.set('options/stacktrace', on ? '1' : '0', '0');
    this.telling.stack(on);
  }

  /** What this host says of drops of a kind. @param flow of one of them */
  async evidence(key: DropKey, flow: Flow | null): Promise<string[]> {
    return (await this.#closing?.evidence(key, flow)) ?? [];
  }

  /** Stops the recording, reads what is left, and closes the account. */
  async finish(): Promise<void> {
    const { out } = this.#parts;
    const closing = this.#parts.closing ? this.#closing : null;
    await this.#readUntil(closing?.look(this.#counter.snapshot().rows));
    this.#sources.finish();
    this.telling.flush();
    const last = this.#counter.last();
    this.#intervals.endLast(last);
    this.telling.settle(this.#sources.losses());
    if (this.#thinning?.thinned === true || this.#sources.refused > 0) this.#sayThinned();
    if (!out.closed) await closing?.tell(this.telling, this.#table);
    this.telling.finish();
  }

  /** Nothing but places is wanted of the plain event: no record need be made of a drop. */
  #countsPlainly(): boolean {
    const { setup, options, conditions, samples } = this.#parts;
    const { detail, count } = setup;
    if (
      samples > 0 ||
      detail === null ||
      detail.event !== DROP_EVENT ||
      count !== null ||
      options.maxEvents !== null
    )
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

  #startTables(start: NonNullable<DropsSetup['count']>): DropCounter {
    const { instance, options, facts, setup } = this.#parts;
    const tables = start();
    this.#tables = tables;
    const hist = this.#parts.tap.look('hist', (event: string) => readHist(instance, event));
    return new TableCounter(hist, tables, options.by, {
      reasons: facts.reasons,
      hasReason: facts.hasReason,
      swapped: setup.totalByProbe,
      name: (address, text) => {
        this.#names.learn(address, text);
        return this.#reading.name(address);
      },
      netnsName: this.#reading.netnsName,
    });
  }

  #openTap(): void {
    const { options, facts, setup, namespaces, tap } = this.#parts;
    tap.begin(() => {
      this.#counter.snapshot();
      return this.telling.opening({
        format: facts.format,
        hasReason: facts.hasReason,
        swapped: setup.totalByProbe,
        tables: this.#tables,
        sampled: this.investigation.sampled,
        stack: this.investigation.stack,
        by: options.by,
        events: options.events,
        backends: this.investigation.sources.backends,
        detailBackend: setup.detail?.kind ?? 'none',
        blindSpots: setup.blindSpots,
        namespaces: namespaces.list().map(({ inum, name, own }) => ({ inum, name, own })),
      });
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
    this.#closing?.follow(this.#table.totals());
    this.#intervals.end(this.#counter, () => {
      // Of several CPUs' records, the last of a round wait for the next one, to be given in time order.
      if (this.#parts.setup.count !== null) for (let round = 0; round < 2; round++) this.#read();
    });
  }

  /** Reads what there is. Whoever takes our output too slowly makes the ring buffer overflow, where losses are counted. */
  #read(): boolean {
    const begin = performance.now();
    const any = this.#parts.out.backlog < MOST_WAITING && this.#sources.poll();
    const { detailed, lostRecords } = this.investigation;
    this.#thinning?.step(detailed, lostRecords, performance.now() - begin);
    return any;
  }

  /** Goes on reading until something else is done: the ring buffer has no room for seconds of a storm. */
  async #readUntil(work: Promise<void> | undefined): Promise<void> {
    let isDone = work === undefined;
    const done = work?.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      this.#read();
      await Promise.race([done, sleep(LONGEST_PAUSE_MS)]);
    }
    await done;
  }

  #sayThinned(): void {
    const { counted, detailed } = this.investigation;
    this.telling.notice(
      'thinned',
      'info',
      `${grouped(detailed)} of ${grouped(counted)} drops were looked at one by one: ` +
        'they came faster than that can be done; the counts are not touched by it',
      { details: { counted, detailed } },
    );
  }
}

/** Single drops a second that a table wants for its flows and verdicts. */
const DETAILS_A_SECOND = 2000;
/** Also the longest that a drop waits to be told. */
const LONGEST_PAUSE_MS = 40;
const MOST_WAITING = 4 << 20;
