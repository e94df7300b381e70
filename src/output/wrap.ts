/**
 * Text in lines of at most so many columns, broken at blanks; a word that is longer stands alone on its line.
 * @param columns null, or too few to be of use: one line
 */
export function wrap(text: string, columns: number | null): string[] {
  if (columns === null || columns < FEWEST) return [text];
  const lines: string[] = [];
  let rest = text;
  while (rest.length > columns) {
    const before = rest.lastIndexOf(' ', columns);
    const at = before > 0 ? before : rest.indexOf(' ', columns);
    if (at === -1) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  if (rest !== '') lines.push(rest);
  return lines;
}

const FEWEST = 20;
