import { cellsOf, textWidth } from './text-cells.js';

/** Text in lines of at most so many columns: broken at blanks, and within a word that is longer than a line. */
export function wrapCells(text: string, columns: number): string[] {
  const most = Math.max(FEWEST, columns);
  if (textWidth(text) <= most) return [text];
  const indent = /^ */.exec(text)![0].slice(0, Math.floor(most / 2));
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<= )(?=[^ ])/)) {
    if (line.trim() !== '' && textWidth(line + word.trimEnd()) > most) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += word;
    while (textWidth(line.trimEnd()) > most) {
      const head = headOf(line, most);
      lines.push(head);
      line = indent + line.slice(head.length);
    }
  }
  if (line.trim() !== '') lines.push(line.trimEnd());
  return lines;
}

/** Room for an indent and a wide character. */
const FEWEST = 8;

function headOf(text: string, columns: number): string {
  let head = '';
  let used = 0;
  for (const cell of cellsOf(text)) {
    used += cell.width;
    if (used > columns && head !== '') break;
    head += cell.source;
  }
  return head;
}
