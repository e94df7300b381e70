import type { Hole } from './cell-painter.js';
import { editorLine, flashLine, footerLine } from './footer.js';
import { headerLines } from './header.js';
import { incidentLines, openIncidents } from './incident-strip.js';
import { keysAt } from './keys.js';
import { LEAST_COLUMNS, LEAST_ROWS, layoutOf, type Place } from './layout.js';
import type { Look } from './look.js';
import { drawPane, type PictureParts, timeWords } from './pane-picture.js';
import type { Series } from './shown.js';
import { type Line, padLine, span } from './styled-line.js';

export interface Picture {
  lines: Line[];
  /** Where blessed-contrib's chart goes over the lines. */
  chart: { place: Hole; series: Series } | null;
}

/** One whole screen as lines. Places the cursors of the lists on the way. */
export function drawScreen(parts: PictureParts, columns: number, rows: number): Picture {
  const { model, host, state, look, can } = parts;
  const open = openIncidents(model.incidents());
  const layout = layoutOf(columns, rows, state.focus, state.full, open.length);
  state.small = layout === null;
  if (layout === null) return { lines: [tooSmall(columns, rows)], chart: null };
  const missed = model.paused ? model.missed : null;
  const view = { host, health: model.health(), recording: host.recording(), missed, ...parts.slow };
  const lines = headerLines(view, columns, layout.header, look);
  lines.push(...incidentLines(open, timeWords(parts), columns, layout.strip, look));
  const chart = state.page === null ? drawPanes(parts, layout.main, lines) : null;
  if (state.page !== null)
    lines.push(...fill(state.page.lines(columns, rows - lines.length - 1, look), rows - 1 - lines.length));
  if (state.editor !== null) lines.push(editorLine(state.editor, columns, look));
  else if (state.flash !== null) lines.push(flashLine(state.flash, columns, look));
  else lines.push(footerLine(keysAt(state.place, can), columns, look));
  return { lines, chart };
}

function tooSmall(columns: number, rows: number): Line {
  return [span(`kwho needs ${LEAST_COLUMNS}x${LEAST_ROWS}, this is ${columns}x${rows}`)];
}

function drawPanes(
  parts: PictureParts,
  main: readonly (readonly Place[])[],
  lines: Line[],
): Picture['chart'] {
  let chart: Picture['chart'] = null;
  for (const row of main) {
    const top = lines.length;
    const drawn = row.map((place) => {
      const pane = drawPane(parts, place);
      if (pane.chart !== null) {
        const { series, at } = pane.chart;
        chart = { series, place: { ...at, top: top + at.top, left: place.left + at.left } };
      }
      return fill(pane.lines, place.height);
    });
    if (row.length === 1) lines.push(...drawn[0]!);
    else for (let i = 0; i < row[0]!.height; i++) lines.push(beside(row, drawn, i, parts.look));
  }
  return chart;
}

/** One line of panes that stand beside each other, a blank between them. */
function beside(row: readonly Place[], drawn: readonly Line[][], i: number, look: Look): Line {
  return row.flatMap(({ width }, at): Line => {
    const line = padLine(drawn[at]![i] ?? [], width, look.cut);
    return at === 0 ? line : [span(' '), ...line];
  });
}

function fill(lines: Line[], height: number): Line[] {
  return Array.from({ length: Math.max(0, height) }, (_, i) => lines[i] ?? []);
}
