import stringWidth from 'string-width';

/** What a reader sees as one character, and the columns it takes on a terminal: 1 or 2. */
export interface Cell {
  text: string;
  width: number;
  /** What it was made from. */
  source: string;
}

/** A text in the pieces that may not be cut. Control characters are a caller's mistake: they are left out. */
export function cellsOf(text: string): Cell[] {
  const cells: Cell[] = [];
  for (const { segment } of SEGMENTER.segment(text)) {
    const cell = cellOf(segment);
    if (cell !== null) cells.push(cell);
  }
  return cells;
}

/** Columns of a terminal that a text takes. */
export function textWidth(text: string): number {
  return isPlain(text) ? text.length : cellsOf(text).reduce((sum, { width }) => sum + width, 0);
}

/**
 * As much of a text as fits, with a mark where it was cut. May be one column narrower, never wider.
 * @param mark one column wide
 */
export function cutText(text: string, columns: number, mark: string): string {
  if (columns <= 0) return '';
  if (isPlain(text)) return text.length <= columns ? text : text.slice(0, columns - 1) + mark;
  let out = '';
  let used = 0;
  let whole = '';
  for (const { text: piece, width } of cellsOf(text)) {
    used += width;
    if (used > columns) return out + mark;
    whole += piece;
    if (used < columns) out = whole;
  }
  return whole;
}

/** A text of exactly so many columns. */
export function fitText(
  text: string,
  columns: number,
  mark: string,
  align: 'left' | 'right' = 'left',
): string {
  const cut = cutText(text, columns, mark);
  const blanks = ' '.repeat(Math.max(0, columns - textWidth(cut)));
  return align === 'left' ? cut + blanks : blanks + cut;
}

/** Whether every unit of a text is a character of its own that takes one column on every terminal. */
export function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isSteady(text.charCodeAt(i))) return false;
  return true;
}

/** Latin, Greek, Cyrillic, arrows, box drawing, blocks and shapes, and the punctuation that is used here. */
function isSteady(code: number): boolean {
  return (
    (code >= 0x20 && code < 0x7f) ||
    (code >= 0xa1 && code < 0x300 && code !== 0xad) ||
    (code >= 0x370 && code < 0x483) ||
    (code >= 0x2010 && code < 0x2027) ||
    (code >= 0x2190 && code < 0x2194) ||
    (code >= 0x2500 && code < 0x25c0)
  );
}

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });
const KNOWN = new Map<string, Cell | null>();
const MOST_KNOWN = 4096;
/** Marks on one letter: a terminal keeps few, and a pile of them covers the lines above and below. */
const MOST_POINTS = 5;

function cellOf(grapheme: string): Cell | null {
  const known = KNOWN.get(grapheme);
  if (known !== undefined) return known;
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  const cell = measure(grapheme);
  KNOWN.set(grapheme, cell);
  return cell;
}

function measure(grapheme: string): Cell | null {
  const code = grapheme.charCodeAt(0);
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return null;
  const text = [...grapheme].slice(0, MOST_POINTS).join('');
  const width = stringWidth(text);
  // A mark with nothing to stand on would join what stands before it.
  return width === 0
    ? { text: ` ${text}`, width: 1, source: grapheme }
    : { text, width: Math.min(width, 2), source: grapheme };
}
