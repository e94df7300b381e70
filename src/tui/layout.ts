export const PANES = ['log', 'drops', 'charts', 'messages'] as const;
export type PaneName = (typeof PANES)[number];

export const LEAST_COLUMNS = 60;
export const LEAST_ROWS = 15;

export interface Place {
  pane: PaneName;
  left: number;
  width: number;
  height: number;
}

export interface Layout {
  header: number;
  strip: number;
  /** Rows of panes from top to bottom; those of one row stand beside each other and are equally high. */
  main: readonly (readonly Place[])[];
}

/**
 * What stands where. The pane with the keys is always to be seen.
 * @param incidents lines that the incident strip would like
 * @returns null where the terminal is too small
 */
export function layoutOf(
  columns: number,
  rows: number,
  focus: PaneName,
  full: boolean,
  incidents: number,
): Layout | null {
  if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) return null;
  const header = rows < 20 ? 2 : 3;
  const strip = Math.min(incidents, rows < 20 ? 1 : rows < 30 ? 2 : 4);
  const height = rows - header - strip - FOOTER;
  const main = full ? [[whole(focus, columns, height)]] : mainOf(columns, height, focus);
  return { header, strip, main };
}

const FOOTER = 1;
/** Fewer rows than this are not worth sharing. */
const SHARED = 12;
const WITH_CHARTS = 28;
const CHARTS = 11;
const BESIDE = 150;

function mainOf(columns: number, height: number, focus: PaneName): Place[][] {
  if (height < SHARED) return [[whole(focus, columns, height)]];
  if (height < WITH_CHARTS) {
    return focus === 'log' || focus === 'drops' ? tables(columns, height) : [[whole(focus, columns, height)]];
  }
  return [...tables(columns, height - CHARTS), lowest(columns, focus)];
}

function tables(columns: number, height: number): Place[][] {
  const log = Math.floor(height / 2);
  return [[whole('log', columns, log)], [whole('drops', columns, height - log)]];
}

function lowest(columns: number, focus: PaneName): Place[] {
  if (columns < BESIDE) return [whole(focus === 'messages' ? 'messages' : 'charts', columns, CHARTS)];
  const charts = Math.floor(columns * 0.6);
  return [
    { pane: 'charts', left: 0, width: charts, height: CHARTS },
    { pane: 'messages', left: charts + 1, width: columns - charts - 1, height: CHARTS },
  ];
}

function whole(pane: PaneName, width: number, height: number): Place {
  return { pane, left: 0, width, height };
}
