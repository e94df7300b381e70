import type { DropEvent, KernelMessageEvent, KwhoEvent } from '../model/events.js';
import { DropRows, type Source } from './drop-rows.js';
import { DropSamples } from './drop-samples.js';
import type { Counted } from './drop-tally.js';
import { HealthAccount } from './health.js';
import { Horizon } from './horizon.js';
import { Incidents } from './incidents.js';
import { LogRows } from './log-rows.js';
import { SeriesSteps } from './series.js';
import type { Health, Incident, LogRow, Series } from './shown.js';
import { soundEvent } from './sound-event.js';
import { StormWatch } from './storm.js';
import { ToldIncidents } from './told-incidents.js';
import { topReasons } from './top-reasons.js';

/** What there is to be shown: as it is now, or as it was once. */
export interface Picture {
  /** Rows are copies. */
  logRows(): readonly LogRow[];
  drops(source: Source): readonly Counted[];
  /** Of a row's id: newest first. */
  samples(id: string): readonly DropEvent[];
  health(): Health;
  series(): Series;
  messages(): readonly KernelMessageEvent[];
  incidents(): readonly Incident[];
  acknowledge(id: number): void;
}

/** Takes in what a run tells, in bounded memory: whoever sends packets chooses addresses, ports and names. */
export class Capture implements Picture {
  readonly #horizon: Horizon;
  readonly #log = new LogRows();
  readonly #drops: DropRows;
  readonly #samples = new DropSamples();
  readonly #series: SeriesSteps;
  readonly #incidents = new Incidents();
  readonly #told = new ToldIncidents(this.#incidents);
  readonly #storms: StormWatch;
  readonly #messages: KernelMessageEvent[] = [];
  /** The account of the run itself. */
  readonly account = new HealthAccount();

  /** @param step seconds of a step of the charts @param host network namespace that is called host */
  constructor(step: number, host: number | null) {
    this.#horizon = new Horizon(step);
    this.#drops = new DropRows(this.#horizon);
    this.#series = new SeriesSteps(this.#horizon);
    this.#storms = new StormWatch(this.#incidents, host);
  }

  event(told: KwhoEvent): void {
    const event = soundEvent(told, this.#horizon.now);
    this.account.teller(event);
    if (event.type === 'drop') {
      this.account.detailed++;
      this.#drops.see(event);
      this.#samples.add(event);
    } else if (event.type === 'log-access') {
      this.account.access(event);
      this.#log.add(event, this.#horizon.now);
      this.#series.access(event);
      this.#told.access(event);
    } else if (event.type === 'drop-count') {
      this.#horizon.interval(event);
      this.#drops.count(event);
      this.#series.drops(event);
      this.#storms.count(event);
    } else if (event.type === 'kernel-message') {
      if (this.#told.message(event) && this.#messages.push(event) > MOST_MESSAGES) this.#messages.shift();
    } else if (event.type === 'lost') {
      this.account.lost(event);
      this.#told.lost(event);
    } else if (event.type === 'notice') {
      this.account.notice(event);
      this.#told.notice(event);
    } else if (event.type === 'summary') this.account.summary(event);
  }

  /** @param clock kernel clock now, in seconds @returns whether something that is shown has moved */
  tick(clock: number): boolean {
    const stepped = this.#horizon.tick(clock);
    return this.#storms.tick(clock) || stepped;
  }

  logRows(): LogRow[] {
    return this.#log.rows();
  }

  drops(source: Source): Counted[] {
    return this.#drops.rows(source);
  }

  samples(id: string): DropEvent[] {
    return this.#samples.ofRow(id);
  }

  health(): Health {
    return this.account.picture(this.#drops.counted);
  }

  series(): Series {
    return { ...this.#series.picture(), reasons: topReasons(this.#drops.totals()) };
  }

  messages(): KernelMessageEvent[] {
    return [...this.#messages];
  }

  incidents(): Incident[] {
    return this.#incidents.list();
  }

  acknowledge(id: number): void {
    this.#incidents.acknowledge(id);
  }

  /** As it is now, whatever comes. */
  freeze(): Picture {
    const [log, health, series, messages] = [this.logRows(), this.health(), this.series(), this.messages()];
    const drops = { place: this.drops('place'), flow: this.drops('flow'), comm: this.drops('comm') };
    const samples = new DropSamples(this.#samples);
    const incidents = new Incidents(this.incidents());
    return {
      logRows: () => log,
      drops: (source) => drops[source],
      samples: (id) => samples.ofRow(id),
      health: () => health,
      series: () => series,
      messages: () => messages,
      incidents: () => incidents.list(),
      acknowledge: (id) => incidents.acknowledge(id),
    };
  }
}

const MOST_MESSAGES = 200;
