import type { DropCountEvent, DropKey } from '../model/events.js';
import { keyWords } from '../output/drop-words.js';
import type { Incidents } from './incidents.js';
import { type Storm, stormWords } from './storm-words.js';

/**
 * Finds storms of drops that nobody wants or that somebody's rule makes; noise is none.
 *
 * The rule: the rate is judged for every interval that is over, of a second at least, or as soon as an interval has
 * a hundred drops. A storm begins when it is 100/s or more and five times what was usual before or more. Usual is a
 * mean in which an interval weighs the less the longer ago it was (30 s), and 0 before anything was seen. While a
 * storm lasts the usual stays what it was. It is over when the rate has been below half of where it began for 5 s;
 * one that comes within 30 s after is the same storm, unless it has been acknowledged.
 */
export class StormWatch {
  readonly #incidents: Incidents;
  readonly #host: number | null;
  #window: Window | null = null;
  /** Up to when there is a verdict, in seconds on the kernel's clock; null before the first. */
  #judged: number | null = null;
  #usual = 0;
  #storm: Storm | null = null;
  #past: Storm | null = null;
  /** Seconds of the last interval. */
  #interval = SHORTEST;

  /** @param host network namespace that is called host */
  constructor(incidents: Incidents, host: number | null) {
    this.#incidents = incidents;
    this.#host = host;
  }

  count({ key, from, to, count, verdict }: DropCountEvent): void {
    if (!Number.isFinite(from) || !Number.isFinite(to)) return;
    if (this.#window !== null && to > this.#window.to) this.#close(this.#window, false);
    this.#interval = Math.min(LONGEST, Math.max(SHORTEST, to - from));
    if (verdict === 'noise') return;
    this.#window ??= { from, to, count: 0, most: 0, key };
    const { most } = this.#window;
    this.#window.from = Math.min(this.#window.from, from);
    this.#window.to = Math.max(this.#window.to, to);
    this.#window.count += count;
    if (count > most) Object.assign(this.#window, { most: count, key });
  }

  /** @param clock kernel clock in seconds @returns whether a storm has begun, grown or ended */
  tick(clock: number): boolean {
    if (!Number.isFinite(clock)) return false;
    const before = this.#state();
    this.#judged ??= clock;
    if (this.#window !== null) this.#close(this.#window, clock - this.#window.to > 2 * this.#interval);
    if (this.#window === null && clock - this.#judged > 2 * this.#interval) this.#calm(clock);
    return this.#state() !== before;
  }

  #state(): string {
    return this.#storm === null ? '' : `${this.#storm.incident.count} ${this.#storm.incident.text}`;
  }

  /** Judges what has come together. @param all even if it is little: nothing more has come for long */
  #close(window: Window, all: boolean): void {
    const { from, to, count } = window;
    if (!all && to - from < SHORTEST && count < FLOOR) return;
    this.#window = null;
    if (this.#judged !== null && from - this.#judged > SHORTEST) this.#calm(from);
    this.#judge(window);
    this.#judged = Math.max(this.#judged ?? to, to);
  }

  /** Nothing was dropped until then. */
  #calm(until: number): void {
    const from = this.#judged ?? until;
    this.#judge({ from, to: until, count: 0, most: 0, key: {} });
    this.#judged = until;
  }

  #judge(window: Window): void {
    const span = Math.max(SHORTEST, window.to - window.from);
    const rate = window.count / span;
    if (this.#storm !== null) this.#goOn(this.#storm, window, rate, span);
    else if (rate >= FLOOR && rate >= FACTOR * this.#usual) this.#begin(window, rate);
    else this.#usual += (rate - this.#usual) * (1 - Math.exp(-span / MEMORY));
  }

  #begin(window: Window, rate: number): void {
    const past = this.#past;
    if (past !== null && !past.incident.acknowledged && window.from - past.end < REST) {
      this.#storm = past;
      this.#goOn(past, window, rate, 0);
      return;
    }
    const words = keyWords(window.key, this.#host).join(' ');
    const incident = this.#incidents.note(
      'storm',
      String(window.from),
      {
        time: window.from,
        text: '',
        hint: 'the drops pane has its rows: sort by rate, and Enter explains a row',
      },
      window.count,
    );
    this.#storm = { incident, words, peak: rate, usual: this.#usual, calm: 0, end: window.to };
    this.#storm.incident.text = stormWords(this.#storm, false);
  }

  #goOn(storm: Storm, window: Window, rate: number, span: number): void {
    storm.incident.count += window.count;
    storm.peak = Math.max(storm.peak, rate);
    if (rate >= Math.max(FLOOR, FACTOR * storm.usual) / 2) {
      storm.calm = 0;
      storm.end = window.to;
      storm.incident.last = window.to;
    } else storm.calm += span;
    const over = storm.calm >= CALM;
    storm.incident.text = stormWords(storm, over);
    if (!over) return;
    this.#past = storm;
    this.#storm = null;
  }
}

/** Drops a second. */
const FLOOR = 100;
const FACTOR = 5;
/** Seconds. */
const SHORTEST = 1;
const LONGEST = 60;
const MEMORY = 30;
const CALM = 5;
const REST = 30;

interface Window {
  from: number;
  to: number;
  count: number;
  /** Of the key that has most in one interval. */
  most: number;
  key: DropKey;
}
