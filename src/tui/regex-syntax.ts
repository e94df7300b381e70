import { PatternProblem, PatternText } from './pattern-text.js';
import { isWordEdge, only, readClass, readEscaped, type Taker } from './regex-classes.js';

/** What a regular expression is made of. */
export type RegexNode =
  | { kind: 'character'; takes: Taker }
  /** `^`, `$`, `\b`: takes nothing. */
  | { kind: 'place'; holds: (text: string, at: number) => boolean }
  | { kind: 'sequence'; parts: RegexNode[] }
  | { kind: 'choice'; options: RegexNode[] }
  /** @property most null: without end */
  | { kind: 'repeat'; part: RegexNode; least: number; most: number | null };

/**
 * Reads the part of JavaScript's syntax that needs no memory of what was matched: characters, `.`, `[…]`, `\d \w \s`,
 * `^ $ \b`, groups, `|`, `* + ? {2,3}`. Characters are taken from text in lower case.
 */
export function parseRegex(pattern: string): RegexNode | { problem: string } {
  const text = new PatternText(lowered(pattern));
  try {
    const tree = readChoice(text, 0);
    return text.done ? tree : { problem: 'a ) closes no group' };
  } catch (error) {
    if (error instanceof PatternProblem) return { problem: error.message };
    throw error;
  }
}

/** `\D` is another class than `\d`: what stands behind a backslash keeps its case. */
function lowered(pattern: string): string {
  return pattern.replace(/\\?[\s\S]/g, (part) => (part.startsWith('\\') ? part : part.toLowerCase()));
}

function readChoice(text: PatternText, depth: number): RegexNode {
  if (depth > DEEPEST) throw new PatternProblem('groups are too deep in one another');
  const options = [readSequence(text, depth)];
  while (text.take('|')) options.push(readSequence(text, depth));
  return options.length === 1 ? options[0]! : { kind: 'choice', options };
}

function readSequence(text: PatternText, depth: number): RegexNode {
  const parts: RegexNode[] = [];
  while (!text.done && !'|)'.includes(text.peek())) parts.push(readRepeated(text, depth));
  return { kind: 'sequence', parts };
}

function readRepeated(text: PatternText, depth: number): RegexNode {
  const part = readAtom(text, depth);
  const bounds = readBounds(text);
  if (bounds === null) return part;
  if (part.kind === 'place') throw new PatternProblem('nothing there that could be repeated');
  // Whether it takes as little as it can makes no difference to whether it matches.
  text.take('?');
  if (readBounds(text) !== null) throw new PatternProblem('two repetitions stand behind one another');
  const [least, most] = bounds;
  if (most !== null && most < least) throw new PatternProblem('a repetition ends before it begins');
  if (Math.max(least, most ?? 0) > MOST_REPEATED)
    throw new PatternProblem(`a repetition may be of ${MOST_REPEATED} at most`);
  return { kind: 'repeat', part, least, most };
}

function readBounds(text: PatternText): [number, number | null] | null {
  if (text.take('*')) return [0, null];
  if (text.take('+')) return [1, null];
  if (text.take('?')) return [0, 1];
  const found = text.match(/^\{(\d{1,4})(,(\d{0,4}))?\}/);
  if (found === null) return null;
  const least = Number(found[1]);
  return [least, found[2] === undefined ? least : found[3] === '' ? null : Number(found[3])];
}

function readAtom(text: PatternText, depth: number): RegexNode {
  const character = text.next();
  switch (character) {
    case '(':
      return readGroup(text, depth);
    case '[':
      return { kind: 'character', takes: readClass(text) };
    case '.':
      return { kind: 'character', takes: () => true };
    case '^':
      return { kind: 'place', holds: (_, at) => at === 0 };
    case '$':
      return { kind: 'place', holds: (whole, at) => at === whole.length };
    case '\\':
      return readBackslash(text);
    case '*':
    case '+':
    case '?':
      throw new PatternProblem(`nothing stands before ${character} that could be repeated`);
    default:
      return { kind: 'character', takes: only(character) };
  }
}

function readGroup(text: PatternText, depth: number): RegexNode {
  if (text.take('?') && !text.take(':')) throw new PatternProblem('of groups with ? only (?: is known');
  const tree = readChoice(text, depth + 1);
  if (!text.take(')')) throw new PatternProblem('a group is not closed');
  return tree;
}

function readBackslash(text: PatternText): RegexNode {
  if (text.take('b')) return { kind: 'place', holds: isWordEdge };
  if (/[1-9]/.test(text.peek())) throw new PatternProblem('what was matched before cannot be referred to');
  return { kind: 'character', takes: readEscaped(text) };
}

const DEEPEST = 20;
const MOST_REPEATED = 100;
