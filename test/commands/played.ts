import { readFileSync } from 'node:fs';
import { openCatalogue } from '../../src/commands/catalogue.js';
import { openPlayer } from '../../src/commands/open-player.js';
import type { RecordedHost } from '../../src/commands/player.js';
import type { KwhoEvent } from '../../src/model/events.js';

/** One recording of each kernel, as scripts/capture-recording makes them. */
export const RECORDED = ['5.10', '6.1', '6.12', '7.2'] as const;

export function recordingOf(kernel: string): Buffer {
  return readFileSync(new URL(`../../probes/recordings/${kernel}.kwho`, import.meta.url));
}

export interface Played {
  host: RecordedHost;
  events: KwhoEvent[];
  steps: number;
}

/** Plays the bytes of a file to their end, both sides and the messages of the kernel log. */
export function playBytes(bytes: Uint8Array, most = 65_536): Played {
  let at = 0;
  const player = openPlayer((into) => {
    const piece = bytes.subarray(at, at + Math.min(most, into.length));
    into.set(piece);
    at += piece.length;
    return piece.length;
  }, 'a file');
  const events: KwhoEvent[] = [];
  const emit = (event: KwhoEvent) => {
    events.push(event);
  };
  const sink = { event: emit, tick: () => {}, end: () => {} };
  player.play({
    log: { sink, filter: { actions: [], doors: [], comms: [], pids: [] }, maxEvents: null },
    drops: {
      sink,
      catalogue: CATALOGUE,
      by: null,
      events: false,
      samples: 0,
      maxEvents: null,
      conditions: () => [],
    },
    messages: emit,
  });
  let steps = 1;
  for (; player.step(); steps++)
    if (steps > MOST_STEPS) throw new Error(`no end after ${steps} steps of ${bytes.length} bytes`);
  return { host: player.host, events, steps };
}

const CATALOGUE = openCatalogue();
/** Far beyond what the files of the tests hold. */
const MOST_STEPS = 200_000;

type EventOf<T extends KwhoEvent['type']> = Extract<KwhoEvent, { type: T }>;

export function only<T extends KwhoEvent['type']>(events: readonly KwhoEvent[], type: T): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type);
}
