import type { OutputChannel } from '../output/channel.js';
import type { PipeInput } from './pipe-input.js';
import type { Player } from './player.js';
import type { Stop } from './stop.js';

export interface PlayOptions {
  /** Times as fast as it happened; null for at once. */
  speed: number | null;
  out: Pick<OutputChannel, 'backlog' | 'closed'>;
  stop: Stop;
  /** Where the bytes come from, if they may be long in coming. */
  input?: PipeInput | null;
  /** Called often. */
  each?: () => void;
}

/** Plays a recording to its end, or until something else ends the run. */
export async function play(
  player: Player,
  { speed, out, stop, input = null, each = () => {} }: PlayOptions,
): Promise<void> {
  const clock = speed === null ? null : new PlayClock(speed);
  let yielded = performance.now();
  for (;;) {
    if (input !== null && player.isHungry && !input.isReady) {
      each();
      await input.ready(LONGEST_MS);
      if (stop.reached || out.closed) return;
      continue;
    }
    const wait = clock?.until(player.next) ?? 0;
    const full = out.backlog > MOST_WAITING;
    if (clock !== null && player.next !== null) player.now = clock.position(player.next);
    if (wait > 0 || full || performance.now() - yielded > SLICE_MS) {
      each();
      await stop.wait(full ? FULL_MS : Math.min(wait, LONGEST_MS));
      yielded = performance.now();
      if (stop.reached || out.closed) return;
      if (wait > 0 || full) continue;
    }
    if (!player.step()) return;
  }
}

/** A key is answered and a signal is seen at least this often. */
const SLICE_MS = 20;
const LONGEST_MS = 40;
const FULL_MS = 5;
const MOST_WAITING = 4 << 20;

/** Tells when it is time for what happened at a moment of the recording. */
class PlayClock {
  readonly #speed: number;
  #first: number | null = null;
  #started = 0;

  constructor(speed: number) {
    this.#speed = speed;
  }

  /** Milliseconds from now; none for what has no moment. @param time seconds on the kernel's clock */
  until(time: number | null): number {
    if (time === null) return 0;
    const now = performance.now();
    if (this.#first === null) {
      this.#first = time;
      this.#started = now;
    }
    return ((time - this.#first) * 1000) / this.#speed - (now - this.#started);
  }

  /** Where the replay is, in seconds on the kernel's clock: not beyond what comes next. */
  position(next: number): number {
    return this.#first === null
      ? next
      : Math.min(next, this.#first + ((performance.now() - this.#started) / 1000) * this.#speed);
  }
}
