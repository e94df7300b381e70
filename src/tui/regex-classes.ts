import { PatternProblem, type PatternText } from './pattern-text.js';

/** Whether a class of characters has this one: a code unit of text in lower case. */
export type Taker = (character: number) => boolean;

export function only(character: string): Taker {
  const wanted = character.charCodeAt(0);
  return (other) => other === wanted;
}

/** What stands behind a `[`, to its `]`. */
export function readClass(pattern: PatternText): Taker {
  const not = pattern.take('^');
  const members: Taker[] = [];
  while (!pattern.take(']')) {
    if (pattern.done) throw new PatternProblem('a [ is not closed');
    members.push(readMember(pattern));
  }
  return (character) => members.some((member) => member(character)) !== not;
}

function readMember(pattern: PatternText): Taker {
  const first = pattern.next();
  if (first === '\\') return readEscaped(pattern);
  const isRange = pattern.peek() === '-' && !['', ']'].includes(pattern.peek(1));
  if (!isRange) return only(first);
  pattern.take('-');
  const last = pattern.next();
  if (last === '\\' || last < first) throw new PatternProblem(`${first}-${last} is no range`);
  const [low, high] = [first.charCodeAt(0), last.charCodeAt(0)];
  return (character) => character >= low && character <= high;
}

/** What stands behind a backslash. */
export function readEscaped(pattern: PatternText): Taker {
  if (pattern.done) throw new PatternProblem('nothing stands behind the last \\');
  const character = pattern.next();
  const known = NAMED.get(character);
  if (known !== undefined) return known;
  if (/[a-z0-9]/i.test(character)) throw new PatternProblem(`\\${character} is not known`);
  return only(character);
}

/** Between a character of a word and one that is of none, or an end of the text. */
export function isWordEdge(text: string, at: number): boolean {
  const before = at > 0 && WORD(text.charCodeAt(at - 1));
  return before !== (at < text.length && WORD(text.charCodeAt(at)));
}

const DIGIT = (character: number) => character >= 0x30 && character <= 0x39;
const WORD = (character: number) =>
  DIGIT(character) || character === 0x5f || (character >= 0x61 && character <= 0x7a);
const BLANK = (character: number) => character === 0x20 || (character >= 0x09 && character <= 0x0d);

const NAMED = new Map<string, Taker>([
  ['d', DIGIT],
  ['w', WORD],
  ['s', BLANK],
  ['D', (character) => !DIGIT(character)],
  ['W', (character) => !WORD(character)],
  ['S', (character) => !BLANK(character)],
]);
