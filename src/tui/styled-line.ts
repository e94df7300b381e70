import { cutText, textWidth } from './text-cells.js';

/** What a piece of text means; the palette says how that looks. Words carry the meaning too, never colour alone. */
export type Style =
  | 'plain'
  | 'strong'
  | 'faint'
  | 'loud'
  | 'warn'
  | 'good'
  | 'title'
  | 'chosen'
  | 'suspect'
  | 'policy'
  | 'noise';

/** Text is printable already: untrusted bytes are escaped by who makes the span. */
export interface Span {
  text: string;
  style: Style;
  /** Part of the row under the cursor. */
  selected?: boolean;
}

export type Line = readonly Span[];

export function span(text: string, style: Style = 'plain'): Span {
  return { text, style };
}

/** The row under the cursor: all of it, to the last column. */
export function selectLine(line: Line, columns: number, mark: string): Line {
  return padLine(line, columns, mark).map((part) => ({ ...part, selected: true }));
}

/** Exactly so many columns. */
export function padLine(line: Line, columns: number, mark: string): Line {
  const cut = cutLine(line, columns, mark);
  const blanks = columns - lineWidth(cut);
  return blanks > 0 ? [...cut, span(' '.repeat(blanks))] : cut;
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + textWidth(text), 0);
}

/** At most so many columns of a line; what does not fit is cut. */
export function cutLine(line: Line, columns: number, mark: string): Line {
  const out: Span[] = [];
  let left = columns;
  for (const part of line) {
    const width = textWidth(part.text);
    if (width > left) return [...out, { ...part, text: cutText(part.text, left, mark) }];
    out.push(part);
    left -= width;
  }
  return out;
}

/** Left and right part of one line; the right part gives way. */
export function spread(left: Line, right: Line, columns: number, mark: string): Line {
  const gap = columns - lineWidth(left) - lineWidth(right);
  if (gap < 1) return cutLine(left, columns, mark);
  return [...left, span(' '.repeat(gap)), ...right];
}
