import { isRefusal } from '../errors.js';
import { locateTracefs } from '../host/tracefs-mount.js';
import { openStandardOutput } from '../output/channel.js';
import { KernelJournal } from '../tracefs/journal.js';
import { kernelMedium } from '../tracefs/medium.js';
import { openCatalogue } from './catalogue.js';
import { wallClock } from './drops-clock.js';
import { openLiveDrops } from './drops-open.js';
import type { DropsOptions } from './drops-options.js';
import { openDropOutput } from './drops-output.js';
import { removeOrphans } from './orphans.js';
import { ReadyFile } from './ready-file.js';
import { Stop } from './stop.js';
import { Tap } from './tap.js';
import { undoOnExit } from './undo-on-exit.js';
import { watch } from './watch.js';

/**
 * `kwho drops` on this host's kernel, until it is told to stop. Returns the exit status.
 * @param noStap why SystemTap is not used, where that is to be said
 */
export async function runDrops(options: DropsOptions, noStap: string | null): Promise<number> {
  let tracefs: string;
  try {
    tracefs = locateTracefs('/proc');
  } catch (error) {
    if (options.backend !== 'auto' || !isRefusal(error)) throw error;
    return (await import('./stap/drops-run.js')).runStapDrops(options, error, null);
  }
  const out = openStandardOutput();
  const readyFile = new ReadyFile(options.readyFile);
  const removed = await removeOrphans(tracefs, '/proc');
  const stop = new Stop();
  const journal = new KernelJournal(kernelMedium);
  const restore = undoOnExit(journal);
  const catalogue = openCatalogue();
  try {
    const live = openLiveDrops({
      tracefs,
      journal,
      options,
      catalogue,
      out,
      tap: new Tap('drops'),
      samples: 0,
      closing: true,
      sink: (host, live) =>
        openDropOutput(out, options.json, {
          catalogue,
          host,
          wall: wallClock(),
          progress: () => live().investigation,
        }),
    });
    for (const text of removed) live.telling.notice('orphan', 'warning', text);
    if (noStap !== null)
      live.telling.notice('fallback', 'info', `tracefs is used, and not SystemTap: ${noStap}`);
    await live.start();
    readyFile.announce();
    stop.after(options.forMs);
    await watch([live], out, stop);
    await live.finish();
  } finally {
    restore();
    await out.drain(stop.signal === null ? DRAIN_MS : DRAIN_AFTER_SIGNAL_MS);
  }
  return stop.status;
}

const DRAIN_MS = 5000;
const DRAIN_AFTER_SIGNAL_MS = 500;
