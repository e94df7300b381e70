import { locateTracefs } from '../../host/tracefs-mount.js';
import type { KwhoEvent, LogAccessEvent } from '../../model/events.js';
import type { LimitCount } from '../../model/rate-limits.js';
import type { OutputChannel } from '../../output/channel.js';
import type { EventSink } from '../../output/sink.js';
import { KernelJournal } from '../../tracefs/journal.js';
import { kernelMedium } from '../../tracefs/medium.js';
import { wallClock } from '../drops-clock.js';
import { LiveLog } from '../log-live.js';
import { openLogOutput } from '../log-output.js';
import { removeOrphans } from '../orphans.js';
import { ReadyFile } from '../ready-file.js';
import { logOptionsOf } from '../record-options.js';
import { Stop } from '../stop.js';
import { Tap } from '../tap.js';
import { undoOnExit } from '../undo-on-exit.js';
import { watch } from '../watch.js';
import { RatelimitSide } from './ratelimit-side.js';

/** What `kwho log` saw within a time. */
export interface Watched {
  accesses: LogAccessEvent[];
  /** Who asked rate limits, and what they said; null where that cannot be traced. */
  limits: LimitCount[] | null;
  /** Of what happened, what was lost on the way here. */
  lost: number;
  blindSpots: string[];
  /** The exit status that a signal asks for; 0 where the time ran out. */
  status: number;
}

/**
 * Watches the log as `kwho log` does, and keeps what it did.
 * @param out where the live view goes; null for nowhere
 * @throws UnavailableError, PermissionError as kwho log
 */
export async function lookOn(
  milliseconds: number,
  out: OutputChannel,
  { shown, readyFile }: { shown: boolean; readyFile: string | null },
): Promise<Watched> {
  const ready = new ReadyFile(readyFile);
  const tracefs = locateTracefs('/proc');
  await removeOrphans(tracefs, '/proc');
  const stop = new Stop();
  const journal = new KernelJournal(kernelMedium);
  const restore = undoOnExit(journal);
  const kept = new Keeper(shown ? openLogOutput(out, { json: false, all: false }, wallClock()) : null);
  try {
    const live = new LiveLog({ tracefs, journal, options: OPTIONS, sink: kept, tap: new Tap('log') });
    const limits = RatelimitSide.open(tracefs, journal);
    const sides = typeof limits === 'string' ? [live] : [live, limits];
    for (const side of sides) side.start();
    ready.announce();
    stop.after(milliseconds);
    await watch(sides, out, stop);
    for (const side of sides) side.finish();
    if (typeof limits === 'string') kept.watched.blindSpots.push(`whom rate limits hold back: ${limits}`);
    else {
      kept.watched.limits = limits.counts;
      kept.watched.blindSpots.push(...limits.blindSpots);
    }
  } finally {
    restore();
  }
  return { ...kept.watched, status: stop.status };
}

const OPTIONS = logOptionsOf({});

/** Keeps the accesses that say something of missing messages, and passes everything on. */
class Keeper implements EventSink {
  readonly watched: Omit<Watched, 'status'> = { accesses: [], limits: null, lost: 0, blindSpots: [] };
  readonly #next: EventSink | null;

  constructor(next: EventSink | null) {
    this.#next = next;
  }

  event(event: KwhoEvent): void {
    if (event.type === 'log-access' && tells(event) && this.watched.accesses.length < MOST)
      this.watched.accesses.push(event);
    if (event.type === 'summary') {
      this.watched.lost = event.lost;
      this.watched.blindSpots.push(...event.blindSpots);
    }
    this.#next?.event(event);
  }

  tick(): void {
    this.#next?.tick();
  }

  end(): void {
    this.#next?.end();
  }
}

/** Plain reads and opens do nothing to anybody's messages. */
function tells({ effect, errno, action }: LogAccessEvent): boolean {
  return (
    effect === 'clears' ||
    effect === 'steals' ||
    (errno !== null && action === 'write') ||
    action === 'READ_ALL' ||
    action === 'READ_CLEAR'
  );
}

const MOST = 10_000;
