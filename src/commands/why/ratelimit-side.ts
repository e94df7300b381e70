import { systemCode, UnavailableError } from '../../errors.js';
import { LocationNames } from '../../host/location-names.js';
import { type LimitCount, RateLimits } from '../../model/rate-limits.js';
import { DynamicEvents, missedHits } from '../../tracefs/dynamic-events.js';
import { TraceInstance } from '../../tracefs/instance.js';
import type { KernelJournal } from '../../tracefs/journal.js';
import { type RatelimitTracing, traceRatelimits } from '../../tracefs/ratelimit-tracing.js';
import type { Side } from '../side.js';
import { Tap } from '../tap.js';
import { chooseReader, openReader, type TraceReader } from '../trace-reader.js';
import { chooseClock } from '../trace-settings.js';

/** Whom rate limits hold back, live, in an instance of its own. */
export class RatelimitSide implements Side {
  readonly done = false;
  readonly #instance: TraceInstance;
  readonly #tracing: RatelimitTracing;
  readonly #limits: RateLimits;
  readonly #reader: TraceReader;
  #missed = 0;

  /**
   * Configures the kernel; nothing is recorded yet.
   * @returns in words why it cannot be had here
   */
  static open(tracefs: string, journal: KernelJournal): RatelimitSide | string {
    // Names of processes come along, which can forge lines of trace text.
    const { kind, reason } = chooseReader('pages', tracefs, '/proc', []);
    if (kind === 'text') return `the ring buffer cannot be read as pages (${reason})`;
    try {
      return new RatelimitSide(tracefs, journal);
    } catch (error) {
      if (error instanceof UnavailableError) return error.message;
      if (systemCode(error) === null) throw error;
      return `tracing is refused (${systemCode(error)})`;
    }
  }

  private constructor(tracefs: string, journal: KernelJournal) {
    this.#instance = new TraceInstance(tracefs, process.pid, journal, 'limits');
    this.#instance.set('tracing_on', '0');
    chooseClock(this.#instance);
    this.#tracing = traceRatelimits(this.#instance, new DynamicEvents(this.#instance, journal));
    this.#limits = new RateLimits(this.#tracing.hooks);
    this.#reader = openReader(this.#instance, journal, {
      choice: { kind: 'pages', reason: null, addresses: new Map() },
      events: this.#tracing.events,
      stack: () => false,
      proc: '/proc',
      emit: (record) => this.#limits.record(record),
      tap: new Tap('log').buffer('limits'),
    });
  }

  start(): void {
    this.#instance.set('tracing_on', '1');
  }

  poll(): boolean {
    return this.#reader.poll();
  }

  finish(): void {
    this.#instance.set('tracing_on', '0');
    while (this.#reader.poll()) {}
    this.#reader.finish();
    const { tracefs, group } = this.#instance;
    // Fetches at the entry may fault, which 5.10 counts as a miss.
    const returns = [...this.#tracing.hooks.said.keys()].map((name) => `${group}/${name}`);
    this.#missed = missedHits(tracefs, new Set(returns));
  }

  /** null where none of them can be probed. */
  get counts(): LimitCount[] | null {
    if (this.#tracing.hooks.asked.size === 0) return null;
    const names = LocationNames.of('/proc');
    return this.#limits.counts((address) => names.name(address)?.symbol ?? null);
  }

  /** What could not be seen, in words. */
  get blindSpots(): string[] {
    const { lost } = this.#limits;
    const { refusals } = this.#tracing;
    const others = [...refusals].filter(([place]) => place !== '___ratelimit');
    return [
      ...others.map(([place, why]) => `whom ${place}() holds back: it cannot be probed (${why})`),
      ...(refusals.has('___ratelimit')
        ? [
            `rate limits of single places (printk_ratelimited() and the like), until the kernel tells of them: ___ratelimit() cannot be probed (${refusals.get('___ratelimit')})`,
          ]
        : []),
      ...(lost === 0 ? [] : [`${lost ?? 'some'} records of rate limits, overwritten before they were read`]),
      ...(this.#missed === 0
        ? []
        : [`${this.#missed} answers of rate limits that the kernel could not record`]),
    ];
  }
}
