import type { Look } from './look.js';
import { type Line, type Span, type Style, selectLine, span } from './styled-line.js';
import { fitText } from './text-cells.js';

export interface Column<Row> {
  title: string;
  /** Columns that it needs, and its share of those that are left over. */
  width: number;
  share?: number;
  align?: 'left' | 'right';
  /** On a narrow screen the highest goes first; 0 always stays. */
  rank: number;
  /** By what the rows are sorted when this column is chosen. */
  sort?: string;
  cell: (row: Row, width: number) => { text: string; style?: Style };
}

export interface TableView<Row> {
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  top: number;
  /** -1: none. */
  selected: number;
  sort: string;
  invert: boolean;
  /** Said in place of rows. */
  empty: string;
}

/** A heading and the rows that can be seen. */
export function tableLines<Row>(
  { columns, rows, top, selected, sort, invert, empty }: TableView<Row>,
  width: number,
  height: number,
  look: Look,
): Line[] {
  const chosen = fitColumns(columns, width - MARGIN);
  const lines: Line[] = [heading(chosen, sort, invert, look)];
  for (let i = top; i < rows.length && lines.length < height; i++) {
    const line = rowLine(chosen, rows[i]!, i === selected, look);
    lines.push(i === selected ? selectLine(line, width, look.cut) : line);
  }
  if (rows.length === 0 && height > 1) lines.push([span(`  ${empty}`, 'faint')]);
  return lines;
}

/** Holds the mark of the selected row. */
const MARGIN = 2;

interface Fitted<Row> {
  column: Column<Row>;
  width: number;
}

function fitColumns<Row>(columns: readonly Column<Row>[], available: number): Fitted<Row>[] {
  let kept = [...columns];
  const needed = () => kept.reduce((sum, { width }) => sum + width + 1, -1);
  while (needed() > available) {
    const rank = Math.max(...kept.map((column) => column.rank));
    if (rank === 0) break;
    kept = kept.filter((column) => column.rank !== rank);
  }
  const spare = Math.max(0, available - needed());
  const shares = kept.reduce((sum, { share = 0 }) => sum + share, 0);
  return kept.map((column) => ({
    column,
    width: column.width + (shares === 0 ? 0 : Math.floor((spare * (column.share ?? 0)) / shares)),
  }));
}

function heading<Row>(chosen: readonly Fitted<Row>[], sort: string, invert: boolean, look: Look): Line {
  const line: Span[] = [span(' '.repeat(MARGIN))];
  for (const { column, width } of chosen) {
    const isSorted = column.sort === sort;
    const title = isSorted ? `${column.title}${look.show(invert ? '▲' : '▼')}` : column.title;
    line.push(span(fitText(title, width, look.cut, column.align), isSorted ? 'chosen' : 'faint'), span(' '));
  }
  return line;
}

function rowLine<Row>(chosen: readonly Fitted<Row>[], row: Row, selected: boolean, look: Look): Line {
  const line: Span[] = [span(selected ? '> ' : '  ')];
  for (const { column, width } of chosen) {
    const { text, style = 'plain' } = column.cell(row, width);
    line.push(span(fitText(look.show(text), width, look.cut, column.align), style), span(' '));
  }
  return line;
}
