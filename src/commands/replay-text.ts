import type { OutputChannel } from '../output/channel.js';
import { openCatalogue } from './catalogue.js';
import { dropConditions } from './drops-conditions.js';
import type { DropsOptions } from './drops-options.js';
import { openDropOutput } from './drops-output.js';
import type { DropsReplayOptions } from './drops-replay.js';
import type { SideName } from './live-sides.js';
import type { LogOptions } from './log-options.js';
import { openLogOutput } from './log-output.js';
import type { PlayedParts, Player } from './player.js';
import { SideOrder } from './replay-order.js';

/** What is wanted of a recording. */
export interface Wanted {
  /** As which command's output; null for both: as text in the order of time. */
  side: SideName | null;
  log: LogOptions;
  drops: DropsOptions;
  /** Fields to count by were named. */
  by: boolean;
  json: boolean;
  /** Times as fast as it happened; null for at once. */
  speed: number | null;
}

/** Who is told of a recording: the text or the lines of JSON that the commands of the same name give. */
export function textParts(
  { side, log, drops, by, json }: Wanted,
  player: Player,
  out: OutputChannel,
): PlayedParts {
  const { host } = player;
  // Programs get what the run itself gave them, line by line.
  const order = side === null && !json && !player.isOrdered ? new SideOrder(player) : null;
  const told = () => order?.moment ?? player;
  const now = () => (told().now ?? 0) * 1000;
  const wall = (time: number) => host.wallAtZero + time * 1000;
  const options = dropsWanted(drops);
  const known = {
    catalogue: options.catalogue,
    host: host.netns,
    wall,
    progress: () => told().progress,
  };
  const logOutput = openLogOutput(out, { ...log, json }, wall, now);
  const dropOutput = openDropOutput(out, json, known);
  return {
    log:
      side === 'drops'
        ? null
        : { sink: order?.sink(logOutput) ?? logOutput, filter: log, maxEvents: log.maxEvents },
    drops:
      side === 'log'
        ? null
        : { sink: order?.sink(dropOutput) ?? dropOutput, ...options, by: by ? drops.by : null },
    messages: null,
    round: (stream, time) => order?.round(stream, time),
  };
}

/** The conditions' words are looked up among what the recording knows. */
function dropsWanted(options: DropsOptions): DropsReplayOptions {
  return {
    catalogue: openCatalogue(),
    by: options.by,
    events: options.events,
    samples: 0,
    maxEvents: options.maxEvents,
    conditions: ({ namespaces, ...facts }) =>
      dropConditions(options.conditions, {
        ...facts,
        namespaces: () => namespaces.map((namespace) => ({ ...namespace, pid: null, path: '' })),
      }),
  };
}
