import type { OutputChannel } from '../output/channel.js';
import type { Side } from './side.js';
import type { Stop } from './stop.js';

/** Reads and tells until something ends the run. @param each called after every round */
export async function watch(
  sides: readonly Side[],
  out: Pick<OutputChannel, 'backlog' | 'closed'>,
  stop: Stop,
  each: () => void = () => {},
): Promise<void> {
  let pause = SHORTEST_PAUSE_MS;
  while (!stop.reached && !out.closed && !sides.some(({ done }) => done)) {
    let any = false;
    // Whoever takes our output too slowly makes the ring buffer overflow, where losses are counted.
    if (out.backlog < MOST_WAITING) for (const side of sides) any = side.poll() || any;
    each();
    pause = any ? SHORTEST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
    const due = Math.min(...sides.map(({ due }) => due ?? Number.POSITIVE_INFINITY));
    await stop.wait(due > 0 ? Math.min(pause, Math.ceil(due)) : pause);
  }
}

const SHORTEST_PAUSE_MS = 5;
/** Also the longest that something waits to be told. */
const LONGEST_PAUSE_MS = 40;
const MOST_WAITING = 4 << 20;
