import type { Hole } from './cell-painter.js';
import { chartsLines } from './charts-pane.js';
import { dropColumns } from './drop-columns.js';
import type { HeaderView } from './header.js';
import type { Need } from './keys.js';
import type { Place } from './layout.js';
import type { ListPane } from './list-pane.js';
import { logColumns } from './log-columns.js';
import type { Look } from './look.js';
import { messageColumns, messageRows } from './messages-pane.js';
import { paneTitle } from './pane-title.js';
import type { ScreenModel } from './screen-model.js';
import type { ScreenState } from './screen-state.js';
import type { Incident, ScreenHost, Series } from './shown.js';
import { type Line, span } from './styled-line.js';
import { type Column, tableLines } from './table.js';
import type { Marked } from './time-marks.js';
import { timeText } from './time-words.js';

export interface PictureParts {
  model: ScreenModel;
  host: ScreenHost;
  state: ScreenState;
  look: Look;
  can: ReadonlySet<Need>;
  /** Whether blessed-contrib's chart can be used: its lines are told apart by colour. */
  drawn: boolean;
  /** Of the header: what is asked for once a second. */
  slow: Pick<HeaderView, 'ring' | 'cost'>;
}

export interface PanePicture {
  lines: Line[];
  /** Where in the lines blessed-contrib's chart goes. */
  chart: { series: Series; at: Hole } | null;
}

/** One pane with its title. Places the cursor of a list on the way. */
export function drawPane(parts: PictureParts, place: Place): PanePicture {
  if (place.pane === 'charts') return drawCharts(parts, place);
  return { lines: drawLists[place.pane](parts, place), chart: null };
}

/** A kernel time as the user wants times. */
export function timeWords({ state, host }: PictureParts): (time: number | null) => string {
  return (time) => timeText(time, state.time, host);
}

const drawLists = {
  log(parts: PictureParts, place: Place): Line[] {
    const { model, state } = parts;
    const { log } = state;
    log.rows = model.logRows({ filter: log.filter, sort: log.sort, invert: log.invert });
    const empty = log.filter === null ? 'nobody has touched the kernel log yet' : NOTHING_FITS;
    return drawList(parts, place, log, logColumns(timeWords(parts)), empty);
  },
  drops(parts: PictureParts, place: Place): Line[] {
    const { model, state, host, look } = parts;
    const { drops, by } = state;
    drops.rows = model.dropRows({ filter: drops.filter, sort: drops.sort, invert: drops.invert, by });
    const words = { time: timeWords(parts), host: host.netns, ascii: look.ascii };
    const empty = drops.filter === null ? 'no packet was dropped yet' : NOTHING_FITS;
    return drawList(parts, place, drops, dropColumns(by, words), empty);
  },
  messages(parts: PictureParts, place: Place): Line[] {
    const { messages } = parts.state;
    messages.rows = messageRows(parts.model.messages());
    const empty = 'the kernel has said nothing that matters here';
    return drawList(parts, place, messages, messageColumns(timeWords(parts)), empty);
  },
};

const NOTHING_FITS = 'no row fits the filter; Esc shows all of them';

function drawList<Row extends { id: number | string }, Sort extends string>(
  { state, look }: PictureParts,
  { pane, width, height }: Place,
  list: ListPane<Row, Sort>,
  columns: readonly Column<Row>[],
  empty: string,
): Line[] {
  const { rows, cursor, sort, invert } = list;
  cursor.place(rows, height - 2);
  const focused = state.focus === pane;
  const view = { columns, rows, top: cursor.top, selected: focused ? cursor.index : -1, sort, invert, empty };
  return [
    paneTitle(pane, focused, list.notes(look.show), width, look),
    ...tableLines(view, width, height - 1, look),
  ];
}

function drawCharts(parts: PictureParts, { pane, width, height }: Place): PanePicture {
  const { model, state, look, drawn } = parts;
  const series = model.series();
  const view = { series, marks: marksOf(model), drawn };
  const { lines, chart, chartTop } = chartsLines(view, width, height - 1, look);
  const seconds = Math.round(series.drops.suspect.length * series.step);
  const notes = [span(`the last ${seconds} s; C clear, S steal, K kernel message`, 'faint')];
  return {
    lines: [paneTitle(pane, state.focus === pane, notes, width, look), ...lines],
    chart: chart === null ? null : { series, at: { ...chart, left: 0, top: 1 + chartTop } },
  };
}

function marksOf(model: ScreenModel): Marked[] {
  const kernel = model.messages().map(({ time }) => ({ time, letter: 'K' as const }));
  const incidents = model.incidents().map(({ time, kind }) => ({ time, letter: LETTERS[kind] }));
  return [...kernel, ...incidents].filter(
    (mark): mark is Marked => mark.time !== null && mark.letter !== null,
  );
}

const LETTERS: Record<Incident['kind'], Marked['letter'] | null> = {
  clear: 'C',
  steal: 'S',
  storm: null,
  lost: null,
  kernel: 'K',
  warning: null,
};
