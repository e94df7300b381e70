import { release } from 'node:os';
import type { DropReasons } from '../../decode/drop-reasons.js';
import type { StapHeader } from '../../decode/stap-record.js';
import type { EventRecord, MalformedRecord } from '../../decode/trace-record.js';
import type { KwhoError } from '../../errors.js';
import type { DropCatalogue } from '../../explain/drop-catalogue.js';
import { LocationNames } from '../../host/location-names.js';
import type { DropCondition } from '../../model/drop-filter.js';
import type { DropReading } from '../../model/drop-record.js';
import { DropStream } from '../../model/drop-stream.js';
import { DropSums } from '../../model/drop-sums.js';
import { DropTable } from '../../model/drop-table.js';
import type { EventSink } from '../../output/sink.js';
import type { ModuleRun } from '../../stap/module-run.js';
import { chosenDrops } from '../drops-chosen.js';
import { clockSeconds } from '../drops-clock.js';
import { DropsClosing } from '../drops-closing.js';
import type { DropCounter } from '../drops-counter.js';
import { DropIntervals } from '../drops-intervals.js';
import { DropInvestigation } from '../drops-investigation.js';
import { otherKey, placeKey } from '../drops-keys.js';
import type { DropsOptions } from '../drops-options.js';
import { DropsTelling } from '../drops-telling.js';
import { processOfThread } from '../drops-threads.js';
import type { Namespaces } from '../namespaces.js';
import type { Side, Sources } from '../side.js';
import type { Tap } from '../tap.js';
import { settleStap } from './accounting.js';
import { StapPaths } from './symbolic.js';

export interface StapDropsParts {
  world: { proc: string; sys: string; run: string };
  options: DropsOptions;
  reasons: DropReasons;
  namespaces: Namespaces;
  conditions: readonly DropCondition[];
  catalogue: DropCatalogue;
  sink: EventSink;
  tap: Tap;
  /** What the module that runs says of itself. */
  header: StapHeader;
}

/** The drop side of a run with SystemTap: the same model and output, fed by a script's lines. */
export class StapDrops implements Side {
  readonly investigation: DropInvestigation;
  readonly telling: DropsTelling;
  readonly #parts: StapDropsParts;
  readonly #names: LocationNames;
  readonly #paths: StapPaths;
  readonly #table: DropTable;
  readonly #sums: DropSums;
  readonly #counter: DropCounter;
  readonly #intervals: DropIntervals;
  #closing: DropsClosing | null = null;
  #run: ModuleRun | null = null;
  /** By the script's own way of counting. */
  #told = 0;
  /** Why SystemTap ended before it was to; null where it did not. */
  failure: KwhoError | null = null;

  constructor(parts: StapDropsParts) {
    this.#parts = parts;
    const { world, options, conditions, header, namespaces, tap } = parts;
    this.#table = new DropTable(parts.catalogue);
    this.#names = LocationNames.of(world.proc);
    this.#paths = new StapPaths((address) => this.#names.name(address));
    const reading: DropReading = {
      reasons: parts.reasons,
      name: (address) => this.#names.name(address),
      netnsName: (inum) => namespaces.name(inum),
    };
    this.#sums = new DropSums(reading);
    const stream = header.events ? new DropStream(placeKey) : null;
    const keyOf = header.events ? otherKey(options.by) : null;
    this.investigation = new DropInvestigation({
      reading,
      table: this.#table,
      stream,
      sampled: false,
      other: keyOf === null ? null : new DropStream(keyOf),
      sink: parts.sink,
      conditions,
      by: options.by,
      events: options.events,
      samples: 0,
      stack: options.stack,
      maxEvents: options.maxEvents,
      backends: ['stap'],
      detailBackend: 'stap',
      blindSpots: [
        ...(header.events
          ? []
          : ['flows, lengths and processes: the script only counts (--events tells them)']),
        ...(header.narrow ? ['drops that the module was built to leave out'] : []),
      ],
      processOf: processOfThread(world.proc),
    });
    this.telling = new DropsTelling(this.investigation, tap);
    this.#intervals = new DropIntervals(this.telling, options.intervalMs, clockSeconds);
    const rows = stream ?? this.#sums;
    const snapshot = () => ({
      counted: rows.counted,
      unplaced: rows.unplaced,
      rows: rows.rows(),
      others: null,
    });
    const counter = { snapshot, last: snapshot };
    this.#counter = stream === null ? chosenDrops(conditions, counter) : counter;
  }

  /** Takes a line of the script. */
  record(record: EventRecord | MalformedRecord): void {
    if (record.kind === 'event' && record.name === 'drop_count') {
      this.#sums.add(record);
      this.#told = this.#sums.counted;
      return;
    }
    if (record.kind === 'event' && record.name !== 'drop') return;
    this.#told++;
    for (const one of this.#paths.unfold(record)) this.investigation.record(one);
  }

  /** @param run a module whose records come to {@link record} */
  async start(run: ModuleRun): Promise<void> {
    this.#run = run;
    const { world, options, namespaces, catalogue, header } = this.#parts;
    this.telling.notice(
      'started',
      'info',
      `watching for dropped packets on Linux ${release()} with SystemTap (${header.events ? 'single drops' : 'counts'})`,
      { details: { kernel: release(), backends: ['stap'], module: run.module } },
    );
    this.#intervals.begin();
    if (options.conditions.length === 0 && !options.events && !header.narrow)
      this.#closing = await DropsClosing.start(world, namespaces, catalogue);
  }

  poll(): boolean {
    const any = this.#run?.poll() ?? false;
    if (this.#intervals.left <= 0) {
      this.#names.refresh();
      this.#closing?.follow(this.#table.totals());
      this.#intervals.end(this.#counter, () => {});
    }
    return any;
  }

  get sources(): Sources {
    return this.investigation.sources;
  }

  get done(): boolean {
    return this.investigation.done || this.#run?.over === true;
  }

  get due(): number {
    return this.#intervals.left;
  }

  /** Ends the script, reads what is left, and closes the account. @param tell there is still somebody to be told */
  async finish(tell = true): Promise<void> {
    // The script goes on meanwhile, and somebody has to take what it tells.
    const reading = setInterval(() => this.#run?.poll(), PAUSE_MS);
    await this.#closing?.look(this.#counter.snapshot().rows);
    clearInterval(reading);
    const end = await this.#run?.stop();
    this.telling.flush();
    this.#intervals.endLast(this.#counter.last());
    if (end !== undefined) {
      this.failure = end.failure;
      const pathless = this.#parts.options.stack ? this.#paths.missing : 0;
      settleStap(
        end,
        { told: this.#told, pathless },
        {
          lost: (count, what) => this.investigation.missed(count, what),
          notice: (...notice) => this.telling.notice(...notice),
        },
      );
    }
    if (tell) await this.#closing?.tell(this.telling, this.#table);
    this.telling.finish();
  }
}

const PAUSE_MS = 20;
