/**
 * A text in ASCII: the marks of this program in letters, every other character as the `\xNN` of its UTF-8 bytes, as
 * `printable` writes what it does not let through.
 */
export function asciiOnly(text: string): string {
  return text.replace(/[^\x20-\x7e]+/gu, (run) => [...run].map(asciiFor).join(''));
}

const MARKS = new Map([
  ['→', '->'],
  ['…', '~'],
  ['·', '.'],
  ['×', 'x'],
  ['─', '-'],
  ['═', '='],
  ['│', '|'],
  ['▲', '^'],
  ['▼', 'v'],
]);

function asciiFor(character: string): string {
  const mark = MARKS.get(character);
  if (mark !== undefined) return mark;
  return [...Buffer.from(character, 'utf8')]
    .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
    .join('');
}
