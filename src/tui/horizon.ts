import type { DropCountEvent } from '../model/events.js';

/**
 * Up to when everything is told. Drops are counted in intervals and told when one is over: a step that reaches into an
 * interval under way would look as if there were fewer of them.
 */
export class Horizon {
  /** Seconds of a step. */
  readonly step: number;
  /** When watching began, in seconds on the kernel's clock; null before anything is known of the time. */
  begin: number | null = null;
  #clock = Number.NEGATIVE_INFINITY;
  #told = Number.NEGATIVE_INFINITY;
  #interval = 0;

  constructor(step: number) {
    this.step = step;
  }

  /** @returns whether a step is over */
  tick(clock: number): boolean {
    const before = this.end;
    if (Number.isFinite(clock)) {
      this.begin ??= clock;
      this.#clock = Math.max(this.#clock, clock);
    }
    return this.end !== before;
  }

  interval({ from, to }: Pick<DropCountEvent, 'from' | 'to'>): void {
    if (!Number.isFinite(to) || !Number.isFinite(from)) return;
    this.begin = Math.min(this.begin ?? from, from);
    this.#told = Math.max(this.#told, to);
    this.#interval = Math.min(LONGEST, Math.max(0, to - from));
  }

  /** Kernel time now, as far as it is known, in seconds. */
  get now(): number {
    const now = Math.max(this.#clock, this.#told);
    return Number.isFinite(now) ? now : 0;
  }

  /** Kernel time up to which everything is told, in seconds. */
  get time(): number {
    const time = Math.max(this.#told, this.#clock - this.#interval);
    return Number.isFinite(time) ? time : 0;
  }

  /** The number of the first step that is not over. */
  get end(): number {
    return Math.floor(this.time / this.step);
  }
}

/** Seconds. What an odd interval of a damaged recording may do is bounded. */
const LONGEST = 60;
