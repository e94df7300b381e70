import { release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Flow } from '../decode/packet.js';
import { grouped } from '../grouped.js';
import { LocationNames } from '../host/location-names.js';
import type { DropReading } from '../model/drop-record.js';
import { DropStream } from '../model/drop-stream.js';
import { DropTable } from '../model/drop-table.js';
import type { DropKey } from '../model/events.js';
import { clockSeconds } from './drops-clock.js';
import { DropsClosing } from './drops-closing.js';
import { DropsCounting } from './drops-counting.js';
import { DropIntervals } from './drops-intervals.js';
import { DropInvestigation } from './drops-investigation.js';
import { otherKey } from './drops-keys.js';
import type { LiveDropsParts } from './drops-live-parts.js';
import { type Doubt, ProbeCheck } from './drops-probe-check.js';
import { DropSources } from './drops-sources.js';
import { DropsTelling } from './drops-telling.js';
import { Thinning } from './drops-thinning.js';
import { processOfThread } from './drops-threads.js';
import type { Side, Sources } from './side.js';

/** The drop side of a run on a live kernel: sources, model and output wired into one. */
export class LiveDrops implements Side {
  readonly investigation: DropInvestigation;
  readonly telling: DropsTelling;
  readonly #parts: LiveDropsParts;
  readonly #names: LocationNames;
  readonly #table: DropTable;
  readonly #check: ProbeCheck;
  readonly #sources: DropSources;
  readonly #thinning: Thinning | null;
  readonly #counting: DropsCounting;
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
    const reading: DropReading = {
      reasons: facts.reasons,
      name: tap.look('location', (address: bigint) => this.#names.name(address)),
      netnsName: tap.look('netns', (inum: number) => namespaces.name(inum)),
    };
    this.#counting = new DropsCounting(parts, reading, this.#names);
    const keyOf = otherKey(options.by);
    const sampled = setup.count !== null || setup.counting !== null;
    this.investigation = new DropInvestigation({
      reading,
      table: this.#table,
      stream: this.#counting.stream,
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
    this.#check = new ProbeCheck(reading);
    this.#sources = new DropSources({
      instance,
      journal,
      setup,
      options,
      choice,
      proc: world.proc,
      reader: this.#counting.isPlain
        ? (instance) => this.#counting.openPlain(instance, (record) => this.investigation.record(record))
        : null,
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
    const { world, namespaces, options } = this.#parts;
    this.telling.notice('started', 'info', this.#startText(), { details: this.#startDetails() });
    this.#sources.detail(true);
    const doubt = await this.check();
    if (doubt !== null && doubt !== 'not needed') this.telling.notice('probe-check', ...doubt);
    this.#sources.narrow();
    this.#counting.startTables();
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
    await this.#readUntil(closing?.look(this.#counting.snapshot().rows));
    this.#sources.finish();
    this.telling.flush();
    const last = this.#counting.last();
    this.#intervals.endLast(last);
    this.telling.settle(this.#sources.losses());
    if (this.#thinning?.thinned === true || this.#sources.refused > 0) this.#sayThinned();
    if (!out.closed) await closing?.tell(this.telling, this.#table);
    this.telling.finish();
  }

  #openTap(): void {
    const { options, facts, setup, namespaces, tap } = this.#parts;
    tap.begin(() => {
      this.#counting.snapshot();
      return this.telling.opening({
        format: facts.format,
        hasReason: facts.hasReason,
        swapped: setup.totalByProbe,
        tables: this.#counting.tables,
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
    this.#intervals.end(this.#counting, () => {
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
