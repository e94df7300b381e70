import type { DropEvent, KernelMessageEvent, KwhoEvent } from '../model/events.js';
import { Capture, type Picture } from './capture.js';
import { groupRows, sourceOf } from './drop-groups.js';
import { dropRowWords, logRowWords } from './row-words.js';
import type { DropRow, Health, Incident, LogRow, Series } from './shown.js';
import { isCurrent, type ShownRows } from './shown-rows.js';
import { sortDropRows, sortLogRows } from './sort-rows.js';
import type { DropView, LogView } from './view.js';

export type { DropGrouping, DropSort, DropView, LogSort, LogView } from './view.js';

export interface ScreenModelOptions {
  /** Seconds of a step of the charts. */
  step?: number;
  /** Network namespace that is called host; null where it is not known. */
  host?: number | null;
}

/** Everything that the screen shows, made from the events of a run. Nothing here throws, whatever the events say. */
export class ScreenModel {
  readonly #capture: Capture;
  readonly #host: number | null;
  /** What was there when the view was frozen. */
  #frozen: Picture | null = null;
  #version = 0;
  #missed = 0;
  /** Asked for several times between two changes: by the drawing and by every key. */
  #logShown: ShownRows<LogView, LogRow> | null = null;
  #dropsShown: ShownRows<DropView, DropRow> | null = null;

  constructor({ step = 1, host = null }: ScreenModelOptions = {}) {
    this.#capture = new Capture(step, host);
    this.#host = host;
  }

  /** Grows whenever something that is shown has changed. */
  get version(): number {
    return this.#version;
  }

  get paused(): boolean {
    return this.#frozen !== null;
  }

  /** Events since the view was frozen. */
  get missed(): number {
    return this.#missed;
  }

  /** Takes an event; those of the two sides may come in any order. */
  event(event: KwhoEvent): void {
    this.#capture.event(event);
    if (this.#frozen !== null) this.#missed++;
    this.#version++;
  }

  /** Moves rates and charts on, and looks for storms. @param clock kernel clock now, in seconds */
  tick(clock: number): void {
    if (this.#capture.tick(clock) && this.#frozen === null) this.#version++;
  }

  /** Names what the run watches with, before its summary does. */
  sources(backends: readonly string[], blindSpots: readonly string[]): void {
    this.#capture.account.sources(backends, blindSpots);
    this.#version++;
  }

  /** The run is over: nothing more will come. */
  finish(): void {
    this.#capture.account.finish();
    this.#version++;
  }

  /** Freezes what is shown, never what is taken in; filters, sorting and acknowledging go on. */
  pause(on: boolean): void {
    if (on === this.paused) return;
    this.#frozen = on ? this.#capture.freeze() : null;
    this.#missed = 0;
    this.#version++;
  }

  health(): Health {
    return this.#shown.health();
  }

  /** Oldest first. */
  incidents(): readonly Incident[] {
    return this.#shown.incidents();
  }

  /** @param id null: all that are shown */
  acknowledge(id: number | null): void {
    for (const shown of this.incidents()) {
      if (id !== null && id !== shown.id) continue;
      this.#capture.acknowledge(shown.id);
      this.#frozen?.acknowledge(shown.id);
    }
    this.#version++;
  }

  series(): Series {
    return this.#shown.series();
  }

  logRows(view: LogView): readonly LogRow[] {
    if (isCurrent(this.#logShown, this.#version, view)) return this.#logShown.rows;
    const { filter, sort, invert } = view;
    const all = this.#shown.logRows();
    const chosen = filter === null ? all : all.filter((row) => filter.matches(logRowWords(row)));
    const rows = sortLogRows(chosen, sort, invert);
    this.#logShown = { version: this.#version, view: { ...view }, rows };
    return rows;
  }

  dropRows(view: DropView): readonly DropRow[] {
    if (isCurrent(this.#dropsShown, this.#version, view)) return this.#dropsShown.rows;
    const { filter, sort, invert, by } = view;
    const host = this.#host;
    const all = groupRows(this.#shown.drops(sourceOf(by)), by);
    const chosen = filter === null ? all : all.filter((row) => filter.matches(dropRowWords(row, host)));
    const rows = sortDropRows(chosen, sort, invert, host);
    this.#dropsShown = { version: this.#version, view: { ...view }, rows };
    return rows;
  }

  /** Drops of a row that were seen one by one, newest first, at most 16. */
  samples({ id }: Pick<DropRow, 'id'>): readonly DropEvent[] {
    return this.#shown.samples(id);
  }

  /** What the kernel said that matters here, newest last. */
  messages(): readonly KernelMessageEvent[] {
    return this.#shown.messages();
  }

  get #shown(): Picture {
    return this.#frozen ?? this.#capture;
  }
}
