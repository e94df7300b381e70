import { type LineChart, loadLineChart } from './blessed.js';
import type { Hole } from './cell-painter.js';
import type { Palette } from './palette.js';
import type { Series } from './shown.js';
import type { Terminal } from './terminal.js';

/** Drops a second over time, one line a verdict, by blessed-contrib. */
export class RateChart {
  readonly #terminal: Terminal;
  readonly #palette: Palette;
  #chart: LineChart | null = null;
  #place: Hole | null = null;
  #end = Number.NaN;

  constructor(terminal: Terminal, palette: Palette) {
    this.#terminal = terminal;
    this.#palette = palette;
  }

  /** @param place null where no chart is shown */
  show(place: Hole | null, series: Series | null): void {
    // Its canvas keeps the size it was made with.
    if (!samePlace(place, this.#place)) {
      if (this.#chart !== null) this.#terminal.remove(this.#chart);
      this.#chart = place === null ? null : this.#open(place);
      this.#place = place;
      this.#end = Number.NaN;
    }
    // Its points change when a step is over, and drawing them is most of the cost of a frame.
    if (this.#chart === null || series === null || series.end === this.#end) return;
    this.#end = series.end;
    const rates = VERDICTS.map((verdict) => rate(series.drops[verdict], series.step));
    // Otherwise it looks for the largest value again for every point.
    this.#chart.options.maxY = niceCeiling(Math.max(...rates.flat()));
    const labels = timeLabels(series);
    const data = VERDICTS.map((verdict, i) => ({
      title: verdict,
      x: labels,
      y: rates[i],
      style: { line: this.#color(verdict) },
    }));
    // What is drawn last covers the others.
    this.#chart.setData(data.reverse());
    this.#terminal.changed();
  }

  #open(place: Hole): LineChart {
    const Chart = loadLineChart();
    const options = {
      ...place,
      height: place.height + UNUSED,
      tags: false,
      minY: 0,
      maxY: 1,
      numYLabels: Math.max(1, Math.floor((place.height - 2) / 2)),
      abbreviate: true,
      xLabelPadding: 3,
      xPadding: 10,
      style: { text: 'normal', baseline: 'normal', line: 'normal' },
    };
    return this.#terminal.append((tie) => Chart({ ...options, ...tie }));
  }

  #color(verdict: Verdict): number | 'normal' {
    return this.#palette.chart(verdict) ?? 'normal';
  }
}

/** Lines that the chart leaves free below its labels. */
const UNUSED = 3;

type Verdict = (typeof VERDICTS)[number];
const VERDICTS = ['suspect', 'policy', 'noise'] as const;

function samePlace(a: Hole | null, b: Hole | null): boolean {
  if (a === null || b === null) return a === b;
  return a.top === b.top && a.left === b.left && a.width === b.width && a.height === b.height;
}

/** @returns at least two points: a line has two ends */
function rate(counts: readonly number[], step: number): number[] {
  const rates = counts.map((count) => count / step);
  return rates.length >= 2 ? rates : [0, rates[0] ?? 0];
}

/** A short number, not below the value. */
function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 1.5, 2, 3, 4, 5, 6, 8].find((factor) => factor * power >= value) ?? 10);
}

/** How long ago, in seconds. */
function timeLabels({ step, drops }: Series): string[] {
  const points = Math.max(2, drops.suspect.length);
  return Array.from({ length: points }, (_, i) => `-${Math.round((points - 1 - i) * step)}s`);
}
