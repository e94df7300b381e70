import { locateTracefs } from '../host/tracefs-mount.js';
import { type OutputChannel, openStandardOutput } from '../output/channel.js';
import { LogTextSink } from '../output/log-text.js';
import { NdjsonSink } from '../output/ndjson.js';
import { wantsColor } from '../output/paint.js';
import type { EventSink } from '../output/sink.js';
import { KernelJournal } from '../tracefs/journal.js';
import { kernelMedium } from '../tracefs/medium.js';
import { wallClock } from './drops-clock.js';
import { LiveLog } from './log-live.js';
import type { LogOptions } from './log-options.js';
import { removeOrphans } from './orphans.js';
import { ReadyFile } from './ready-file.js';
import { Stop } from './stop.js';
import { Tap } from './tap.js';
import { undoOnExit } from './undo-on-exit.js';
import { userNames } from './user-names.js';
import { watch } from './watch.js';

/** `kwho log` on this host's kernel, until it is told to stop. Returns the exit status. */
export async function runLog(options: LogOptions): Promise<number> {
  const out = openStandardOutput();
  const readyFile = new ReadyFile(options.readyFile);
  const tracefs = locateTracefs('/proc');
  const removed = removeOrphans(tracefs, '/proc');
  const stop = new Stop();
  const journal = new KernelJournal(kernelMedium);
  const restore = undoOnExit(journal);
  try {
    const sink = openLogOutput(out, options, wallClock());
    const live = new LiveLog({ tracefs, journal, options, sink, tap: new Tap('log') });
    for (const text of removed) live.telling.notice('orphan', 'warning', text);
    live.start();
    readyFile.announce();
    stop.after(options.forMs);
    await watch([live], out, stop);
    live.finish();
  } finally {
    restore();
    await out.drain(stop.signal === null ? DRAIN_MS : DRAIN_AFTER_SIGNAL_MS);
  }
  return stop.status;
}

const DRAIN_MS = 5000;
const DRAIN_AFTER_SIGNAL_MS = 500;

/**
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
