import { ScreenModel } from '../tui/screen-model.js';
import { ScreenSink } from '../tui/stream-sink.js';
import { openCatalogue } from './catalogue.js';
import type { OptionValues } from './command.js';
import type { Player } from './player.js';
import { RecordedEvidence } from './recorded-evidence.js';
import { play } from './replay-play.js';
import { openScreen, ownCost } from './screen-run.js';
import type { Sources } from './side.js';
import type { Stop } from './stop.js';

export interface ReplayScreenOptions {
  file: string;
  values: OptionValues;
  /** Times as fast as it happened; null for at once. */
  speed: number | null;
  stop: Stop;
}

/** Plays a recording on the screen, which stays when it is through until somebody leaves it. */
export async function playOnScreen(
  player: Player,
  { file, values, speed, stop }: ReplayScreenOptions,
): Promise<void> {
  const { host } = player;
  const catalogue = openCatalogue();
  const model = new ScreenModel({ host: host.netns });
  const evidence = new RecordedEvidence();
  const sink = new ScreenSink({
    event: (event) => {
      evidence.note(event);
      model.event(event);
    },
  });
  const everything = {
    by: null,
    events: false,
    samples: SAMPLES_A_SECOND,
    maxEvents: null,
    conditions: () => [],
  };
  const begun = ({ backends, blindSpots }: Sources) => model.sources(backends, blindSpots);
  player.play({
    log: { sink, filter: NO_FILTER, maxEvents: null, begun },
    drops: { sink, catalogue, ...everything, begun },
    messages: (event) => model.event(event),
  });
  const screen = openScreen({
    model,
    actions: {
      evidence: async (key) => evidence.of(key),
      recover: null,
      record: null,
      stacks: null,
      interval: null,
    },
    host: {
      name: host.name,
      kernel: host.kernel,
      replay: file,
      netns: host.netns,
      recording: () => null,
      ring: () => null,
      clock: () => player.now ?? player.next ?? 0,
      wall: (time) => host.wallAtZero + time * 1000,
      userName: () => null,
      cost: ownCost(),
    },
    catalogue,
    values,
    intervalMs: 1000,
    stop,
  });
  try {
    const out = { backlog: 0, closed: false };
    await play(player, { speed, out, stop, each: () => screen.step() });
    model.finish();
    while (!stop.reached) {
      screen.step();
      await stop.wait(PAUSE_MS);
    }
  } finally {
    screen.close();
  }
}

const NO_FILTER = { actions: [], doors: [], comms: [], pids: [] };
const SAMPLES_A_SECOND = 200;
const PAUSE_MS = 40;
