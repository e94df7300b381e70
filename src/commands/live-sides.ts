import { UnavailableError } from '../errors.js';
import type { DropCatalogue } from '../explain/drop-catalogue.js';
import type { OutputChannel } from '../output/channel.js';
import type { EventSink } from '../output/sink.js';
import type { KernelJournal } from '../tracefs/journal.js';
import type { LiveDrops } from './drops-live.js';
import { openLiveDrops } from './drops-open.js';
import type { DropsOptions } from './drops-options.js';
import { LiveLog } from './log-live.js';
import type { LogOptions } from './log-options.js';
import { Tap } from './tap.js';

export type SideName = 'log' | 'drops';

export interface LiveSidesOptions {
  tracefs: string;
  journal: KernelJournal;
  catalogue: DropCatalogue;
  /** The sides that are wanted. */
  only: readonly SideName[];
  log: LogOptions;
  drops: DropsOptions;
  out: Pick<OutputChannel, 'backlog' | 'closed'>;
  /** Single drops told a second besides counts. */
  samples: number;
  /** The drop side is to end with its top suspect. */
  closing: boolean;
  sinks: {
    log: () => EventSink;
    /** @param host inode number of kwho's own network namespace */
    drops: (host: number | null, live: () => LiveDrops) => EventSink;
  };
}

/** Both sides of a run, or those of them that this kernel has. */
export interface LiveSides {
  log: LiveLog | null;
  drops: LiveDrops | null;
  taps: Tap[];
  /** Why a side that was wanted is not there. */
  missing: UnavailableError[];
}

/**
 * Configures the kernel; nothing is recorded yet.
 * @throws UnavailableError where none of the wanted sides can be had
 */
export function openLiveSides(options: LiveSidesOptions): LiveSides {
  const { only, sinks, ...site } = options;
  const taps = { log: new Tap('log'), drops: new Tap('drops') };
  const missing: UnavailableError[] = [];
  const attempt = <T>(side: SideName, open: () => T): T | null => {
    if (!only.includes(side)) return null;
    try {
      return open();
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      missing.push(error);
      return null;
    }
  };
  const log = attempt(
    'log',
    () => new LiveLog({ ...site, options: options.log, sink: sinks.log(), tap: taps.log, purpose: 'log' }),
  );
  const drops = attempt('drops', () =>
    openLiveDrops({ ...site, options: options.drops, sink: sinks.drops, tap: taps.drops }),
  );
  if (log === null && drops === null) throw missing[0]!;
  return {
    log,
    drops,
    taps: [...(log === null ? [] : [taps.log]), ...(drops === null ? [] : [taps.drops])],
    missing,
  };
}
