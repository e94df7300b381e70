/** Numbers as a row of blocks of eight heights, one a character; 0 is a blank. The largest is the highest. */
export function sparkline(numbers: readonly number[], ascii: boolean): string {
  return spark(numbers, ascii ? ASCII : BLOCKS);
}

const BLOCKS = ' ▁▂▃▄▅▆▇█';
const ASCII = ' .:-=+*#';

function spark(numbers: readonly number[], levels: string): string {
  const most = Math.max(0, ...numbers.filter(Number.isFinite));
  return numbers.map((value) => levels[levelOf(value, most, levels.length - 1)]).join('');
}

/** What is not nothing shows, however little it is. */
function levelOf(value: number, most: number, highest: number): number {
  if (Number.isNaN(value) || value <= 0) return 0;
  if (value >= most) return highest;
  return Math.max(1, Math.round((value / most) * highest));
}
