import type { KwhoEvent } from '../model/events.js';
import type { EventSink } from '../output/sink.js';
import type { Player } from './player.js';

/**
 * Puts what both sides of a recording tell into one order of time. They are behind what happened, each in its own way:
 * of several CPUs' records, the last of a round wait for the next one, and where the recorder was busy a round took
 * seconds. So what they tell waits until neither can tell anything earlier.
 */
export class SideOrder {
  /** The moment at which what is being told now was known. */
  moment: Moment;

  readonly #player: Moment;
  #waiting: Waiting[] = [];
  /** Kernel times of the log side's last two rounds. */
  #rounds: [before: number, last: number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];

  constructor(player: Moment) {
    this.#player = player;
    this.moment = player;
  }

  /** @returns what a side is to tell instead */
  sink(to: EventSink): EventSink {
    // What has no moment goes with what its side told before.
    let last = Number.NEGATIVE_INFINITY;
    return {
      event: (event) => {
        last = event.time ?? last;
        this.#wait(to, last, event);
        if (event.type === 'summary') this.#release(Number.POSITIVE_INFINITY);
      },
      tick: () => this.#wait(to, last, null),
      end: () => {
        this.#release(Number.POSITIVE_INFINITY);
        to.end();
      },
    };
  }

  /**
   * A round of reading is over, on the log side first; where nothing was read there is none. It has told what the round
   * before has read: all that was stamped until the one before that was over.
   */
  round(stream: string, time: number): void {
    const [before, last] = this.#rounds;
    if (stream === 'log') {
      this.#release(before);
      this.#rounds = [last, time];
    } else if (stream === 'drops' && last < time) {
      this.#release(Number.POSITIVE_INFINITY);
    }
  }

  #wait(to: EventSink, at: number, event: KwhoEvent | null): void {
    const { now, progress } = this.#player;
    const { counted, detailed } = progress;
    this.#waiting.push({ to, at, event, moment: { now, progress: { counted, detailed } } });
    if (at === Number.NEGATIVE_INFINITY) this.#release(at);
    else if (this.#waiting.length > MOST) this.#release(Number.POSITIVE_INFINITY);
  }

  #release(until: number): void {
    const ready = this.#waiting.filter(({ at }) => at <= until);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter(({ at }) => at > until);
    ready.sort((one, other) => (one.at < other.at ? -1 : Number(one.at > other.at)));
    for (const { to, event, moment } of ready) {
      this.moment = moment;
      if (event === null) to.tick();
      else to.event(event);
    }
    this.moment = this.#player;
  }
}

type Moment = Pick<Player, 'now' | 'progress'>;

interface Waiting {
  to: EventSink;
  at: number;
  /** null for a tick. */
  event: KwhoEvent | null;
  moment: Moment;
}

/** A recording without rounds must not take all memory. */
const MOST = 100_000;
