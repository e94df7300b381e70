import type { DropCounter } from './drops-counter.js';
import type { CountSnapshot } from './drops-investigation.js';

/** Tells a run's counts, one interval after the other. */
export class DropIntervals {
  readonly #telling: Telling;
  #milliseconds: number;
  readonly #now: () => number;
  /** When the interval under way began. */
  #from = 0;

  /** @param now seconds on the clock of the trace */
  constructor(telling: Telling, milliseconds: number, now: () => number) {
    this.#telling = telling;
    this.#milliseconds = milliseconds;
    this.#now = now;
  }

  /** How long intervals are, from the one under way on. */
  set length(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** The first interval begins now. */
  begin(): void {
    this.#from = this.#now();
  }

  /** Milliseconds until the interval under way is over; none or less when it is. */
  get left(): number {
    return (this.#from - this.#now()) * 1000 + this.#milliseconds;
  }

  /**
   * Ends the interval under way. Counts are read before the single drops that are there by now: those lend their rows
   * a verdict, and a row of which no single drop was read yet would be judged by its place alone.
   * @param readDetails reads what the ring buffer has
   */
  end(counter: DropCounter, readDetails: () => void): void {
    const snapshot = counter.snapshot();
    const to = this.#now();
    readDetails();
    this.#tell(to, snapshot, false);
  }

  /** The last one, when nothing more can come. */
  endLast(snapshot: CountSnapshot): void {
    this.#tell(this.#now(), snapshot, true);
  }

  #tell(to: number, snapshot: CountSnapshot, last: boolean): void {
    this.#telling.interval(this.#from, to, snapshot, last);
    this.#from = to;
  }
}

/** Who tells an interval: times in seconds, and whether it is the last one. */
interface Telling {
  interval(from: number, to: number, snapshot: CountSnapshot, last: boolean): void;
}
