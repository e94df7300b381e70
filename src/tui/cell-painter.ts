import type { BlessedCell, BlessedRow, BlessedScreen } from './blessed.js';
import { type Palette, PLAIN_ATTRIBUTE } from './palette.js';
import type { Line } from './styled-line.js';
import { cellsOf, isPlain } from './text-cells.js';

/** Cells that are somebody else's. */
export interface Hole {
  top: number;
  left: number;
  width: number;
  height: number;
}

/**
 * Puts lines into blessed's cells, one character a cell. blessed's own way from text to cells takes emoji for narrow,
 * deletes marks or puts question marks for what it does not know, and shifts what stands behind.
 */
export class CellPainter {
  readonly #screen: BlessedScreen;
  readonly #palette: Palette;

  constructor(screen: BlessedScreen, palette: Palette) {
    this.#screen = screen;
    this.#palette = palette;
  }

  /** @param lines from the top; what they leave free is blank @param hole of which nothing is touched */
  paint(lines: readonly Line[], hole: Hole | null): void {
    const rows = this.#screen.lines;
    for (let y = 0; y < rows.length; y++) {
      const [row, shown, line] = [rows[y]!, this.#screen.olines[y]!, lines[y] ?? []];
      if (hole === null || y < hole.top || y >= hole.top + hole.height) this.#row(row, shown, line, 0, 0);
      else this.#row(row, shown, line, hole.left, hole.left + hole.width);
    }
  }

  /** @param from first column of a hole, where the line is blank @param to the column behind it */
  #row(row: BlessedRow, shown: BlessedRow, line: Line, from: number, to: number): void {
    let x = 0;
    for (const { text, style, selected } of line) {
      const attribute = selected === true ? this.#palette.selected(style) : this.#palette.attribute(style);
      if (isPlain(text)) {
        for (let i = 0; i < text.length && x < row.length; i++, x++)
          if (x < from || x >= to) put(row, x, attribute, text[i]!);
        continue;
      }
      for (const { text: piece, width } of cellsOf(text)) {
        if (x + width > row.length) break;
        if (isPlain(piece)) put(row, x, attribute, piece);
        else putPlaced(row, shown, x, attribute, piece, width);
        x += width;
      }
    }
    for (; x < row.length; x++) if (x < from || x >= to) put(row, x, PLAIN_ATTRIBUTE, ' ');
  }
}

function put(row: BlessedRow, x: number, attribute: number, text: string): void {
  const cell = row[x]!;
  if (cell[0] === attribute && cell[1] === text) return;
  cell[0] = attribute;
  cell[1] = text;
  row.dirty = true;
}

/**
 * A character whose width terminals do not agree about: its columns are blanked first, and the cursor is put behind it
 * afterwards (CHA, ECMA-48 8.3.9), so that what follows stands where it should whatever the terminal makes of it.
 */
function putPlaced(
  row: BlessedRow,
  shown: BlessedRow,
  x: number,
  attribute: number,
  text: string,
  width: number,
): void {
  put(row, x, attribute, `${' '.repeat(width)}\x1b[${x + 1}G${text}\x1b[${x + 1 + width}G`);
  if (width === 1) return;
  put(row, x + 1, attribute, '');
  // blessed writes the cells that changed and counts a column for each: of these two, both or none.
  if (isShown(row[x]!, shown[x]!) && isShown(row[x + 1]!, shown[x + 1]!)) return;
  shown[x]![1] = UNKNOWN;
  shown[x + 1]![1] = UNKNOWN;
  row.dirty = true;
}

function isShown([attribute, text]: BlessedCell, [shownAttribute, shownText]: BlessedCell): boolean {
  return attribute === shownAttribute && text === shownText;
}

/** Equal to nothing that is ever put. */
const UNKNOWN = '\0';
