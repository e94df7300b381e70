import { reasonBars } from './bar-lines.js';
import type { Hole } from './cell-painter.js';
import type { Look } from './look.js';
import { shortNumber } from './short-number.js';
import type { Series } from './shown.js';
import { sparkline } from './sparkline.js';
import { type Line, padLine, type Span, span } from './styled-line.js';
import { eventMarks, type Marked } from './time-marks.js';

export interface ChartsView {
  series: Series;
  /** What stands on the time axis beside the drops. */
  marks: readonly Marked[];
  /** Whether lines can be told apart by their colour, and drawn at all. */
  drawn: boolean;
}

/** Lines of the pane below its title, and where in them blessed-contrib's chart goes; null: it is all in the lines. */
export function chartsLines(
  { series, marks, drawn }: ChartsView,
  width: number,
  height: number,
  look: Look,
): { lines: Line[]; chart: Omit<Hole, 'top' | 'left'> | null; chartTop: number } {
  const left = Math.floor(width * 0.6);
  const body = height - FIXED;
  const bars = reasonBars(series.reasons, width - left - 2, height - 1, look);
  const chart = drawn && body >= LEAST_HEIGHT && left >= LEAST_WIDTH ? { width: left, height: body } : null;
  const middle = chart === null ? sparklines(series, left, body, look) : blank(body);
  const first = Math.max(0, chart === null ? NAME : AXIS);
  const last = chart === null ? left - 1 : left - AXIS_END;
  const axis = eventMarks(marks, series, first, last);
  const beside = [legend(series), ...middle, axis].map(
    (line, i): Line => [...padLine(line, left, look.cut), span('  '), ...(bars[i] ?? [])],
  );
  return { lines: [...beside, activity(series, width, look)], chart, chartTop: 1 };
}

/** The legend, the marks and the activity of the log. */
const FIXED = 3;
const LEAST_HEIGHT = 4;
const LEAST_WIDTH = 30;
const NAME = 9;
/** Columns that blessed-contrib keeps for the numbers of its axis, and those that it leaves free at the end. */
const AXIS = 6;
const AXIS_END = 7;

const VERDICTS = ['suspect', 'policy', 'noise'] as const;

/** What the lines are, with the rates of the last step: words, for whom colours say nothing. */
function legend({ drops, step }: Series): Line {
  const rates = VERDICTS.map((verdict): Span => {
    const rate = (drops[verdict].at(-1) ?? 0) / step;
    return span(`  ${verdict === 'suspect' ? 'SUSPECT' : verdict} ${shortNumber(rate)}`, verdict);
  });
  return [span('drops a second', 'faint'), ...rates];
}

function sparklines({ drops }: Series, width: number, height: number, look: Look): Line[] {
  const lines = VERDICTS.map((verdict): Line => {
    const recent = drops[verdict].slice(-(width - NAME));
    return [
      span((verdict === 'suspect' ? 'SUSPECT' : verdict).padEnd(NAME), verdict),
      span(sparkline(recent, look.ascii), verdict),
    ];
  });
  return [...lines, ...blank(height)].slice(0, Math.max(0, height));
}

function blank(lines: number): Line[] {
  return Array.from({ length: Math.max(0, lines) }, () => []);
}

/** `log access  ▁▂▅ clears 1, steals 0, reads 12, others 3` of the time that is shown. */
function activity({ log, step }: Series, width: number, look: Look): Line {
  const names = ['clears', 'steals', 'reads', 'others'] as const;
  const sums = names.map((name) => log[name].reduce((total, count) => total + count, 0));
  const words = names.map((name, i) => `${name} ${shortNumber(sums[i]!)}`).join(', ');
  const all = log.reads.map((_, i) => names.reduce((sum, name) => sum + (log[name][i] ?? 0), 0));
  const head = 'log access ';
  const seconds = Math.round(all.length * step);
  const tail = `  ${words} in ${seconds} s`;
  const room = Math.max(0, width - head.length - tail.length);
  const loud = sums[0]! + sums[1]! > 0;
  return [
    span(head, 'faint'),
    span(sparkline(all.slice(-room), look.ascii)),
    span(tail, loud ? 'warn' : 'plain'),
  ];
}
