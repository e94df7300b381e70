import { locateTracefs } from '../host/tracefs-mount.js';
import { openStandardOutput } from '../output/channel.js';
import { KernelJournal } from '../tracefs/journal.js';
import { kernelMedium } from '../tracefs/medium.js';
import { openCatalogue } from './catalogue.js';
import type { Command, OptionValues } from './command.js';
import { wallClock } from './drops-clock.js';
import { openDropOutput } from './drops-output.js';
import { openLiveSides } from './live-sides.js';
import { openLogOutput } from './log-output.js';
import { removeOrphans } from './orphans.js';
import { ReadyFile } from './ready-file.js';
import { BOTH_SIDES, dropsOptionsOf, logOptionsOf, sidesOf } from './record-options.js';
import { hasTerminal, SCREEN_OPTIONS } from './screen-options.js';
import { Stop } from './stop.js';
import type { Output, OutputParts } from './top-output.js';
import { undoOnExit } from './undo-on-exit.js';
import { watch } from './watch.js';

export const top: Command = {
  name: 'top',
  summary:
    'the screen: who touches the kernel log, and where packets are dropped; without a terminal as text',
  options: {
    ...BOTH_SIDES,
    ...SCREEN_OPTIONS,
    text: { help: 'text, also on a terminal' },
    json: { short: 'j', help: 'one JSON object a line; kwho schema describes them' },
  },
  examples: [
    { line: 'kwho', what: 'the screen; ? shows its keys' },
    { line: 'kwho top --only drops --stack', what: 'only dropped packets, with their kernel paths' },
    { line: 'kwho top --text --for 1m', what: 'the same as text' },
  ],
  run: (values) => runTop(values),
};

async function runTop(values: OptionValues): Promise<number> {
  const onScreen = values.text !== true && values.json !== true && hasTerminal();
  const log = logOptionsOf(values);
  const drops = dropsOptionsOf(values, onScreen ? SCREEN_INTERVAL_MS : TEXT_INTERVAL_MS);
  const catalogue = openCatalogue();
  const readyFile = new ReadyFile(log.readyFile);
  const tracefs = locateTracefs('/proc');
  const removed = await removeOrphans(tracefs, '/proc');
  const stop = new Stop();
  const journal = new KernelJournal(kernelMedium);
  const restore = undoOnExit(journal);
  // Text does without the many files of the screen.
  const open = onScreen ? (await import('./top-screen.js')).LiveScreen : LiveText;
  const out: Output = new open({ catalogue, values, drops, stop });
  try {
    const { sinks, samples } = out;
    const sides = openLiveSides({
      ...{ tracefs, journal, catalogue, only: sidesOf(values), log, drops, out, samples, sinks },
      closing: !onScreen,
    });
    const { log: logSide, drops: dropSide, missing } = sides;
    const telling = (logSide ?? dropSide)!.telling;
    for (const text of removed) telling.notice('orphan', 'warning', text);
    for (const { message, hint } of missing)
      telling.notice('side-missing', 'warning', message, { hint: hint ?? null });
    logSide?.start();
    await dropSide?.start();
    out.begin(sides);
    readyFile.announce();
    stop.after(log.forMs);
    const all = [logSide, dropSide].filter((side) => side !== null);
    await watch(all, out, stop, () => out.step());
    out.leave();
    for (const side of all) await side.finish();
  } finally {
    out.leave();
    restore();
    await out.drain(stop.signal === null ? DRAIN_MS : DRAIN_AFTER_SIGNAL_MS);
  }
  return stop.status;
}

const SCREEN_INTERVAL_MS = 500;
const TEXT_INTERVAL_MS = 5000;
const DRAIN_MS = 5000;
const DRAIN_AFTER_SIGNAL_MS = 500;

/** The output of `kwho log` and of `kwho drops`, as it comes. */
class LiveText implements Output {
  readonly samples = 0;
  readonly sinks: Output['sinks'];
  readonly #out = openStandardOutput();

  constructor({ catalogue, drops: { json } }: OutputParts) {
    const wall = wallClock();
    this.sinks = {
      log: () => openLogOutput(this.#out, { json, all: false }, wall),
      drops: (host, live) =>
        openDropOutput(this.#out, json, {
          catalogue,
          host,
          wall,
          progress: () => live().investigation,
        }),
    };
  }

  get backlog(): number {
    return this.#out.backlog;
  }

  get closed(): boolean {
    return this.#out.closed;
  }

  begin(): void {}

  step(): void {}

  leave(): void {}

  drain(milliseconds: number): Promise<void> {
    return this.#out.drain(milliseconds);
  }
}
