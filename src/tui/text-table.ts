import stringWidth from 'string-width';

/**
 * Rows under their heads, columns straight whatever characters stand in them. @param heads those that begin with `>`
 * are of numbers, which stand at the right
 */
export function textTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const right = heads.map((head) => head.startsWith('>'));
  const lines = [heads.map((head) => head.replace(/^>/, '')), ...rows];
  const widths = heads.map((_, c) => Math.max(...lines.map((line) => stringWidth(line[c] ?? ''))));
  return lines
    .map((line) =>
      `${line.map((cell, c) => padded(cell, widths[c] ?? 0, right[c] === true)).join('  ')}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function padded(cell: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - stringWidth(cell)));
  return right ? blanks + cell : cell + blanks;
}
