import { keyNamed } from './keys.js';
import { lookOf } from './look.js';
import { Palette } from './palette.js';
import type { PictureParts } from './pane-picture.js';
import { RateChart } from './rate-chart.js';
import { screenCommands } from './screen-commands.js';
import type { ScreenParts } from './screen-parts.js';
import { drawScreen } from './screen-picture.js';
import { abilities, ScreenState } from './screen-state.js';
import { Terminal } from './terminal.js';

/** The screen of a run. Whoever opens it closes it, whatever happens; the process and its signals are not its own. */
export class Screen {
  readonly #parts: ScreenParts;
  readonly #state: ScreenState;
  readonly #palette: Palette;
  readonly #picture: PictureParts;
  readonly #commands: ReturnType<typeof screenCommands>;
  #terminal: Terminal | null = null;
  #chart: RateChart | null = null;
  #dirty = true;
  #resized = false;
  #version = -1;
  #drawn = Number.NEGATIVE_INFINITY;
  #asked = Number.NEGATIVE_INFINITY;

  constructor(parts: ScreenParts) {
    const { model, actions, host, explain, options, quit } = parts;
    this.#parts = parts;
    this.#state = new ScreenState(options.intervalMs);
    this.#palette = new Palette(options.color);
    const can = abilities(actions);
    this.#picture = {
      model,
      host,
      state: this.#state,
      look: lookOf(options.ascii),
      can,
      drawn: !options.ascii && options.color !== 'none',
      slow: { ring: null, cost: { cpu: 0, memory: 0 } },
    };
    this.#commands = screenCommands(this.#state, {
      model,
      actions,
      host,
      explain,
      can,
      quit,
      suspend: () => this.#suspend(),
      redraw: () => this.#terminal?.redraw(),
      changed: () => this.#touch(),
      send: (sequence) => this.#terminal?.send(sequence),
    });
  }

  /** Takes the terminal and draws the first frame. */
  open(): void {
    if (this.#terminal !== null) return;
    this.#terminal = new Terminal(this.#parts.terminal, this.#palette, {
      key: (name, character) => this.#guarded(() => this.#key(name, character)),
      resize: () => {
        this.#resized = true;
      },
      gone: () => this.#parts.hangUp(),
    });
    this.#chart = new RateChart(this.#terminal, this.#palette);
    this.step();
  }

  /** Draws what has changed, at most ten times a second, and sooner after a key. Call it often. */
  step(): void {
    this.#guarded(() => {
      const { model, host, now } = this.#parts;
      model.tick(host.clock());
      const at = now();
      this.#askSlowly(at);
      const changed = this.#dirty || this.#resized || model.version !== this.#version;
      if (changed && at - this.#drawn >= FRAME_MS) this.#draw(at);
    });
  }

  /** Gives the terminal back until {@link resume}: for whoever stops the process. */
  suspend(): void {
    this.#terminal?.suspend();
  }

  /** Takes the terminal again and draws everything. */
  resume(): void {
    this.#terminal?.resume();
    this.#resized = true;
    this.#drawn = Number.NEGATIVE_INFINITY;
    this.step();
  }

  /** Gives the terminal back as it was. Safe to call twice. */
  close(): void {
    const terminal = this.#terminal;
    this.#terminal = null;
    terminal?.close();
  }

  #key(name: string, character: string | null): void {
    const { place } = this.#state;
    const key = keyNamed(name, place, this.#picture.can);
    if (key !== null) {
      this.#state.flash = null;
      this.#commands[key.does](name);
    } else if (place === 'filter' && character !== null) this.#state.editor?.type(character);
    this.#touch();
    const at = this.#parts.now();
    if (at - this.#drawn >= KEY_MS) this.#draw(at);
  }

  #suspend(): void {
    this.suspend();
    this.#parts.stop();
  }

  /** After something that the user waits for, the next step draws. */
  #touch(): void {
    this.#dirty = true;
    this.#drawn = Math.min(this.#drawn, this.#parts.now() - FRAME_MS + KEY_MS);
  }

  /** What costs system calls, and must not change with every frame. */
  #askSlowly(at: number): void {
    if (at - this.#asked < SLOW_MS) return;
    this.#asked = at;
    const { host } = this.#parts;
    this.#picture.slow = { ring: host.ring(), cost: host.cost() };
    this.#dirty = true;
  }

  #draw(at: number): void {
    const terminal = this.#terminal;
    if (terminal === null || terminal.isBehind) return;
    if (this.#resized) terminal.resize();
    this.#resized = false;
    this.#dirty = false;
    this.#version = this.#parts.model.version;
    this.#drawn = at;
    const { lines, chart } = drawScreen(this.#picture, terminal.columns, terminal.rows);
    this.#chart?.show(chart?.place ?? null, chart?.series ?? null);
    terminal.draw(lines, chart?.place ?? null);
  }

  /** Whatever breaks, the terminal is given back first: what is said of it must be readable. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.close();
      throw error;
    }
  }
}

const FRAME_MS = 100;
const KEY_MS = 15;
const SLOW_MS = 1000;
