import type { KwhoEvent, LogAccessEvent, LostEvent, NoticeEvent, SummaryEvent } from '../model/events.js';
import { accessKind } from './access-kind.js';
import type { Health } from './shown.js';

/** Keeps the account of the run itself. The side of the log and the side of drops each have their summary. */
export class HealthAccount {
  accesses = 0;
  detailed = 0;
  readonly #backends = new Set<string>();
  readonly #blindSpots = new Set<string>();
  /** null: something was lost that nobody counted. */
  #lost: number | null = 0;
  #hidden: number | null = null;
  #started = 0;
  readonly #summaries: SummaryEvent[] = [];
  #finished = false;

  access(event: LogAccessEvent): void {
    this.accesses++;
    // How many records it has hidden nobody has counted.
    if (accessKind(event) === 'clear') this.#hidden = null;
  }

  lost({ count }: LostEvent): void {
    if (this.#lost !== null) this.#lost = count === null ? null : this.#lost + count;
  }

  notice({ code, details }: NoticeEvent): void {
    if (code === 'started') this.#started++;
    const hidden = details?.hidden;
    if (typeof hidden === 'number') this.#hidden = hidden;
  }

  summary(event: SummaryEvent): void {
    if (this.#summaries.length < MOST) this.#summaries.push(event);
    this.sources(event.backends, event.blindSpots);
  }

  sources(backends: readonly string[], blindSpots: readonly string[]): void {
    for (const name of backends) addBounded(this.#backends, name);
    for (const spot of blindSpots) addBounded(this.#blindSpots, spot);
  }

  /** Who told something is a means that works, before a summary names it. */
  teller({ type, backend }: KwhoEvent): void {
    if (this.#backends.has(backend) || type === 'notice' || type === 'summary') return;
    addBounded(this.#backends, backend);
  }

  finish(): void {
    this.#finished = true;
  }

  picture(counted: number): Health {
    const { accesses, detailed } = this;
    return {
      backends: [...this.#backends],
      blindSpots: [...this.#blindSpots],
      accesses,
      counted,
      detailed,
      lost: this.#lostInAll(),
      hidden: this.#hidden,
      ended: this.#ended,
    };
  }

  /** A summary has the whole account of its side, what could not be read included. */
  #lostInAll(): number | null {
    const told = this.#summaries.reduce((total, { lost }) => total + lost, 0);
    if (this.#ended && this.#summaries.length > 0) {
      return this.#summaries.some(({ complete, lost }) => !complete && lost === 0) ? null : told;
    }
    return this.#lost === null ? null : Math.max(this.#lost, told);
  }

  get #ended(): boolean {
    return this.#finished || (this.#summaries.length > 0 && this.#summaries.length >= this.#started);
  }
}

/** A damaged recording may name as many as it likes. */
const MOST = 32;

function addBounded(names: Set<string>, name: string): void {
  if (names.size < MOST) names.add(name);
}
