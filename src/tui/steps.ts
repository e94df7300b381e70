/** Counts in steps of equal length on the kernel's clock; the last ones are kept. */
export class Steps {
  readonly #step: number;
  /** An array of the language: a typed one has its memory elsewhere, and rows come and go. */
  readonly #counts: number[];
  /** The number of the newest step that is kept. */
  #newest = Number.NEGATIVE_INFINITY;

  /** @param step seconds @param kept how many */
  constructor(step: number, kept: number) {
    this.#step = step;
    this.#counts = new Array<number>(kept).fill(0);
  }

  /** A count over some time is spread evenly over the steps that it covers, in whole numbers that add up to it. */
  add(from: number, to: number, count: number): void {
    if (!(Math.abs(to) < FARTHEST)) return;
    const last = to > from ? Math.ceil(to / this.#step) - 1 : Math.floor(to / this.#step);
    this.#advance(last);
    const oldest = this.#newest - this.#counts.length + 1;
    if (last < oldest) return;
    const first = to > from ? Math.max(oldest, Math.floor(from / this.#step)) : last;
    let given = to > from ? Math.round(share(from, to, first * this.#step) * count) : 0;
    for (let step = first; step <= last; step++) {
      const until = step === last ? count : Math.round(share(from, to, (step + 1) * this.#step) * count);
      this.#counts[this.#slot(step)]! += until - given;
      given = until;
    }
  }

  /** The counts of so many steps before the one of this number, oldest first. */
  before(end: number, steps: number): number[] {
    const counts = new Array<number>(steps);
    for (let i = 0; i < steps; i++) counts[i] = this.#count(end - steps + i);
    return counts;
  }

  /** What they add up to. */
  sum(end: number, steps: number): number {
    let sum = 0;
    for (let step = end - steps; step < end; step++) sum += this.#count(step);
    return sum;
  }

  #count(step: number): number {
    if (!(step <= this.#newest && step > this.#newest - this.#counts.length)) return 0;
    return this.#counts[this.#slot(step)]!;
  }

  #advance(step: number): void {
    if (step <= this.#newest) return;
    if (step - this.#newest >= this.#counts.length) this.#counts.fill(0);
    else for (let next = this.#newest + 1; next <= step; next++) this.#counts[this.#slot(next)] = 0;
    this.#newest = step;
  }

  #slot(step: number): number {
    const slot = step % this.#counts.length;
    return slot < 0 ? slot + this.#counts.length : slot;
  }
}

/** In seconds: no kernel runs for thirty thousand years, but a damaged recording may say so. */
const FARTHEST = 1e12;

/** The part of the time from one moment to another that is over at a third, 0 to 1. */
function share(from: number, to: number, at: number): number {
  return Math.min(1, Math.max(0, (at - from) / (to - from)));
}
