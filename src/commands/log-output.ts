import type { OutputChannel } from '../output/channel.js';
import { LogTextSink } from '../output/log-text.js';
import { NdjsonSink } from '../output/ndjson.js';
import { wantsColor } from '../output/paint.js';
import type { EventSink } from '../output/sink.js';
import type { LogOptions } from './log-options.js';
import { userNames } from './user-names.js';

/**
 * Where a run's events go: lines of JSON, or sentences for whoever sits in front of them.
 * @param wall wall-clock milliseconds of a kernel time in seconds
 * @param now milliseconds of the clock by which reads of the same process are folded
 */
export function openLogOutput(
  out: OutputChannel,
  { json, all }: Pick<LogOptions, 'json' | 'all'>,
  wall: (time: number) => number,
  now: () => number = () => performance.now(),
): EventSink {
  if (json) return new NdjsonSink(out);
  return new LogTextSink(out, {
    all,
    color: wantsColor(process.stdout.isTTY === true, process.env),
    wall,
    now,
    userName: userNames(),
  });
}
