import type { KwhoEvent } from '../../src/model/events.js';
import { Screen } from '../../src/tui/screen.js';
import { ScreenModel } from '../../src/tui/screen-model.js';
import type { ScreenParts } from '../../src/tui/screen-parts.js';
import type { ScreenActions, ScreenHost } from '../../src/tui/shown.js';
import { FakeTerminal, type Widths } from './fake-terminal.js';
import { HOST_NETNS, hostileEvents } from './hostile-events.js';

/** Noon, wherever the test runs. */
const NOON = new Date(2026, 0, 2, 12, 0, 0).getTime();

export interface ScreenOptions {
  size?: [columns: number, rows: number];
  widths?: Widths;
  events?: readonly KwhoEvent[];
  options?: Partial<ScreenParts['options']>;
  actions?: Partial<ScreenActions>;
  host?: Partial<ScreenHost>;
}

/** A screen on a terminal in memory, with clocks that stand still until they are moved. */
export class OpenScreen {
  readonly terminal: FakeTerminal;
  readonly model = new ScreenModel({ host: HOST_NETNS });
  readonly screen: Screen;
  /** Milliseconds. */
  now = 0;
  /** Kernel clock, in seconds. */
  clock = 1018.5;
  /** What the screen asked of the run, in order. */
  readonly asked: string[] = [];
  readonly saved = new Map<string, string>();
  recording: string | null = null;

  constructor({
    size: [columns, rows] = [80, 24],
    widths,
    events,
    options,
    actions,
    host,
  }: ScreenOptions = {}) {
    this.terminal = new FakeTerminal(columns, rows, widths);
    this.model.sources(['function tracer on 9 doors', 'hist'], ['packets that the card drops']);
    for (const event of events ?? hostileEvents()) this.model.event(event);
    this.screen = new Screen({
      model: this.model,
      actions: { ...this.#actions(), ...actions },
      host: { ...this.#host(), ...host },
      explain: () => null,
      terminal: this.terminal.streams,
      options: { ascii: false, color: '256', intervalMs: 1000, ...options },
      now: () => this.now,
      quit: () => this.asked.push('quit'),
      hangUp: () => this.asked.push('hang up'),
      stop: () => this.asked.push(`stop, raw ${this.terminal.input.isRaw}`),
    });
    this.screen.open();
  }

  /** Keys, and as much time as it takes until they are seen. */
  type(...keys: string[]): this {
    for (const key of keys) {
      this.wait(200);
      this.terminal.type(key);
    }
    return this.wait(200);
  }

  wait(milliseconds: number): this {
    this.now += milliseconds;
    this.screen.step();
    return this;
  }

  get text(): string {
    return this.terminal.text;
  }

  get footer(): string {
    return this.terminal.lines.at(-1)!;
  }

  /** The row under the cursor, null where there is none. */
  get selected(): string | null {
    return this.terminal.lines.find((line) => line.startsWith('> ')) ?? null;
  }

  #actions(): ScreenActions {
    return {
      evidence: async () => ['the socket buffer is full'],
      recover: () => ['[    1.000000] a hidden record'],
      record: (on) => {
        this.asked.push(`record ${on}`);
        this.recording = on ? 'web-1.kwho' : null;
      },
      stacks: (on) => this.asked.push(`stacks ${on}`),
      interval: (milliseconds) => this.asked.push(`interval ${milliseconds}`),
      save: (name, text) => {
        this.saved.set(name, text);
        return name;
      },
    };
  }

  #host(): ScreenHost {
    return {
      name: 'web-1',
      kernel: '6.12.0',
      replay: null,
      netns: HOST_NETNS,
      recording: () => this.recording,
      ring: () => 'wraps in about 40 min',
      clock: () => this.clock,
      wall: (time) => NOON + (time - 1000) * 1000,
      userName: (uid) => (uid === 0 ? 'root' : null),
      cost: () => ({ cpu: 0.012, memory: 61_400_000 }),
    };
  }
}
