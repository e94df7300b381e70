import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { openPlayer } from '../../src/commands/open-player.js';
import type { KwhoEvent } from '../../src/model/events.js';
import { ScreenSink } from '../../src/tui/stream-sink.js';
import { CATALOGUE } from './catalogue.js';
import { OpenScreen } from './open-screen.js';

let open: OpenScreen | null = null;
afterEach(() => {
  open?.screen.close();
  open = null;
});

/** The screen as it is when a real recording is through. */
function replayed(kernel: string, size: [number, number]): OpenScreen {
  const bytes = readFileSync(new URL(`../../probes/recordings/${kernel}.kwho`, import.meta.url));
  let at = 0;
  const player = openPlayer((into) => {
    const n = bytes.copy(into, 0, at);
    at += n;
    return n;
  }, kernel);
  const shown = new OpenScreen({
    size,
    events: [],
    host: {
      name: player.host.name,
      kernel: player.host.kernel,
      replay: `${kernel}.kwho`,
      clock: () => player.now ?? player.next ?? 0,
      wall: (time) => new Date(2026, 0, 2, 12, 0, 0).getTime() + (time - START) * 1000,
      ring: () => null,
    },
  });
  open = shown;
  const sink = new ScreenSink(shown.model);
  const drops = { by: null, events: false, samples: 200, maxEvents: null, conditions: () => [] };
  player.play({
    log: { sink, filter: { actions: [], doors: [], comms: [], pids: [] }, maxEvents: null },
    drops: { sink, catalogue: CATALOGUE, ...drops },
    messages: (event: KwhoEvent) => shown.model.event(event),
  });
  let next = 0;
  while (player.step()) {
    // As often as the screen's own scheduler asks for the time.
    if ((player.now ?? 0) < next) continue;
    next = (player.now ?? 0) + 0.1;
    shown.wait(100);
  }
  shown.model.finish();
  return shown.wait(200);
}

/** Some moment before the recordings began, on their guests' clocks. */
const START = 0;

describe('a recording of 6.12', () => {
  it.each<[number, number]>([
    [80, 24],
    [120, 40],
    [200, 60],
    [59, 14],
  ])('%ix%i', async (columns, rows) => {
    const { text } = replayed('6.12', [columns, rows]);
    await expect(text).toMatchFileSnapshot(`screens/recorded-6.12-${columns}x${rows}.txt`);
  });
});

it.each(['5.10', '6.1', '7.2'])(
  'a recording of %s shows who clears, who steals, and what is dropped',
  (kernel) => {
    const { text } = replayed(kernel, [120, 40]);
    expect(text).toContain(`Linux ${kernel}.`);
    expect(text).toMatch(/CLEARS +dmesg\[\d+\]/);
    expect(text).toMatch(/ SUSPECT .*udp/);
    expect(text).not.toContain('LOST');
  },
);
