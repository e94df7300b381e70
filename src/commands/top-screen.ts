import { hostname, release } from 'node:os';
import { readLogSize } from '../klog/log-size.js';
import { readHidden, readLogState } from '../klog/log-state.js';
import type { NoticeEvent } from '../model/events.js';
import { dmesgLines } from '../output/dmesg-line.js';
import type { Screen } from '../tui/screen.js';
import { ScreenModel } from '../tui/screen-model.js';
import type { ScreenActions } from '../tui/shown.js';
import { ScreenSink } from '../tui/stream-sink.js';
import { clockSeconds, wallClock } from './drops-clock.js';
import { KmsgSide } from './kmsg-side.js';
import type { LiveSides } from './live-sides.js';
import { inumOfOwnNetns } from './own-netns.js';
import { Recorder } from './recorder.js';
import { RingWatch } from './ring-watch.js';
import { openScreen, ownCost } from './screen-run.js';
import { Tap } from './tap.js';
import type { Output, OutputParts } from './top-output.js';
import { userNames } from './user-names.js';

/** The screen of a live run. It opens when everything is live: what goes wrong before is said in plain text. */
export class LiveScreen implements Output {
  /** A screen does not pile up: it draws less often. */
  readonly backlog = 0;
  readonly closed = false;
  readonly samples = SAMPLES_A_SECOND;
  readonly sinks: Output['sinks'];
  readonly #parts: OutputParts;
  readonly #netns = inumOfOwnNetns();
  readonly #model = new ScreenModel({ host: this.#netns });
  readonly #messages = new Tap('kmsg');
  readonly #kmsg = KmsgSide.open((event) => this.#model.event(event), this.#messages);
  #recorder: Recorder | null = null;
  #screen: Screen | null = null;
  /** When the log is to be looked at again, after a clear. */
  #lookAt = Number.POSITIVE_INFINITY;

  constructor(parts: OutputParts) {
    this.#parts = parts;
    const sink = new ScreenSink(this.#model);
    const log = new ScreenSink({
      event: (event) => {
        this.#model.event(event);
        if (event.type === 'log-access' && event.effect === 'clears')
          this.#lookAt = performance.now() + LOOK_MS;
      },
    });
    this.sinks = { log: () => log, drops: () => sink };
  }

  begin(sides: LiveSides): void {
    const { catalogue, values, drops, stop } = this.#parts;
    for (const side of [sides.log, sides.drops])
      if (side !== null) this.#model.sources(side.sources.backends, side.sources.blindSpots);
    const recorder = new Recorder([...sides.taps, this.#messages]);
    this.#recorder = recorder;
    const ring = new RingWatch(() => this.#kmsg?.extent ?? null, readLogSize(), clockSeconds);
    this.#screen = openScreen({
      model: this.#model,
      actions: actionsOf(sides, recorder),
      host: {
        name: hostname(),
        kernel: release(),
        replay: null,
        netns: this.#netns,
        recording: () => recorder.path,
        ring: () => ring.words(),
        clock: clockSeconds,
        wall: wallClock(),
        userName: userNames(),
        cost: ownCost(),
      },
      catalogue,
      values,
      intervalMs: drops.intervalMs,
      stop,
    });
  }

  step(): void {
    this.#kmsg?.poll();
    this.#recorder?.step();
    if (performance.now() >= this.#lookAt) this.#tellHidden();
    const { problem } = this.#recorder ?? {};
    if (problem != null) {
      this.#recorder!.problem = null;
      this.#notice('error', problem.code, problem.message, { hint: problem.hint ?? null });
    }
    this.#screen?.step();
  }

  /** How many records the last clear has hidden: nobody is told of that but who looks. */
  #tellHidden(): void {
    this.#lookAt = Number.POSITIVE_INFINITY;
    try {
      const { hidden } = readLogState();
      this.#notice('info', 'log-hidden', `${hidden} records are hidden by the clear`, {
        details: { hidden },
      });
    } catch {
      // What cannot be looked at stays unknown, as it was at the start.
    }
  }

  leave(): void {
    this.#screen?.close();
    this.#screen = null;
  }

  /** The recording goes on until the sides have closed their accounts: those belong into it. */
  async drain(): Promise<void> {
    this.#kmsg?.finish();
    const recorder = this.#recorder;
    const path = recorder?.path ?? null;
    recorder?.stop();
    if (recorder == null || path === null) return;
    const { problem } = recorder;
    if (problem === null) process.stdout.write(`kwho: recorded in ${path}: kwho replay ${path}\n`);
    else process.stderr.write(`kwho: ${problem.message}\n`);
  }

  #notice(level: NoticeEvent['level'], code: string, text: string, more: Partial<NoticeEvent>): void {
    const event = {
      type: 'notice',
      time: clockSeconds(),
      backend: 'kwho',
      level,
      code,
      text,
      hint: null,
    } as const;
    this.#model.event({ ...event, ...more });
  }
}

/** A clear by a reader comes between its reads: what it hid is looked at when they are through. */
const LOOK_MS = 300;

/** Single drops of each second that the screen wants as examples: flows, paths, who was running. */
const SAMPLES_A_SECOND = 200;

function actionsOf({ log, drops }: LiveSides, recorder: Recorder): Omit<ScreenActions, 'save'> {
  return {
    evidence: drops === null ? null : (key, example) => drops.evidence(key, example?.flow ?? null),
    recover: log === null ? null : hiddenRecords,
    record: (on) => {
      if (!on) recorder.stop();
      else recorder.start(`kwho-${new Date().toISOString().replace(/[:.]/g, '-')}.kwho`);
    },
    stacks: (on) => {
      if (log !== null) log.stacks = on;
      if (drops !== null) drops.stacks = on;
    },
    interval:
      drops === null
        ? null
        : (milliseconds) => {
            drops.interval = milliseconds;
          },
  };
}

function hiddenRecords(): string[] {
  const { hidden, visible } = readLogState();
  if (hidden === 0) return [];
  const lines: string[] = [];
  for (const read of readHidden(visible?.seq ?? null)) {
    if (read.kind === 'record')
      lines.push(...dmesgLines(read.record.time, read.record.text).trimEnd().split('\n'));
    if (lines.length >= MOST_LINES) break;
  }
  return lines;
}

/** More are for `kwho log --recover`. */
const MOST_LINES = 10_000;
