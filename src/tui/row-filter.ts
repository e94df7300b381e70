import { LinearRegex } from './linear-regex.js';
import { ROW_FIELDS, type RowField, type RowWords } from './row-words.js';

/** What a row must be to be shown. */
export interface RowFilter {
  /** As it was typed. */
  readonly text: string;
  matches(row: RowWords): boolean;
}

/**
 * Reads a filter as it is being typed: words with blanks between them, all of which must match.
 *
 * - `word` is anywhere in the row's columns; `!word` is not
 * - `field=word` is in that column, `!field=word` is not there; a number of a process must be the whole of it
 * - `/expression/` instead of a word is a regular expression, in which blanks may stand (see {@link LinearRegex})
 * - `"two words"` instead of a word has blanks in it; the last `"` may be missing
 * - a `!` of its own before everything inverts the whole: rows that do not match all of it
 *
 * Case never counts. What is not finished yet (`!`, `dev=`) hides nothing.
 */
export function parseRowFilter(text: string): RowFilter | { problem: string } {
  if (text.length > LONGEST) return { problem: `a filter has ${LONGEST} characters at most` };
  const inverted = /^\s*!(\s|$)/.test(text);
  const conditions: Condition[] = [];
  for (const word of wordsOf(inverted ? text.replace('!', ' ') : text)) {
    const condition = readWord(word);
    if ('problem' in condition) return condition;
    conditions.push(condition);
  }
  const negated = inverted && conditions.length > 0;
  return {
    text,
    matches: remembered((row) => conditions.every((condition) => condition.holds(row)) !== negated),
  };
}

/** Rows are asked about with every drawing; their words are the same objects as long as they say the same. */
function remembered(test: (row: RowWords) => boolean): (row: RowWords) => boolean {
  const known = new WeakMap<RowWords, boolean>();
  return (row) => {
    const answer = known.get(row) ?? test(row);
    known.set(row, answer);
    return answer;
  };
}

const LONGEST = 200;

interface Condition {
  holds(row: RowWords): boolean;
}

/** Blanks within `/…/` and `"…"` do not part words; a `/` that nothing closes is one like any other. */
function wordsOf(text: string): string[] {
  return text.match(WORD) ?? [];
}

const WORD = /!?(?:[a-z]+=)?(?:\/(?:[^/\\]|\\[\s\S])+\/(?=\s|$)|"[^"]*(?:"(?=\s|$)|$))|\S+/gi;

function readWord(word: string): Condition | { problem: string } {
  const { not, field, value } = WORD_PARTS.exec(word)?.groups ?? {};
  const name = field?.toLowerCase() as RowField | undefined;
  if (name !== undefined && !ROW_FIELDS.includes(name))
    return { problem: `${name} is no column: ${ROW_FIELDS.join(', ')}` };
  if (value === undefined || value === '') return { holds: () => true };
  const test = readValue(value, name === 'pid');
  if ('problem' in test) return test;
  const holds = ({ all, fields }: RowWords) => {
    const of = name === undefined ? all : fields[name];
    return of !== undefined && test.matches(of.length > MOST_OF_ROW ? of.slice(0, MOST_OF_ROW) : of);
  };
  return { holds: not === '!' ? (row) => !holds(row) : holds };
}

const WORD_PARTS = /^(?<not>!?)(?:(?<field>[a-z]+)=)?(?<value>[\s\S]*)$/i;

/** Names and addresses are the sender's to choose, and may be long. */
const MOST_OF_ROW = 500;

interface Test {
  matches(text: string): boolean;
}

function readValue(value: string, whole: boolean): Test | { problem: string } {
  const expression = /^\/((?:[^/\\]|\\[\s\S])+)\/$/.exec(value)?.[1];
  if (expression !== undefined) {
    const regex = LinearRegex.parse(expression.replaceAll('\\/', '/'));
    return 'problem' in regex ? regex : { matches: (text) => regex.test(text) };
  }
  const wanted = value.replace(/^"([\s\S]*?)"?$/, '$1').toLowerCase();
  if (whole) return { matches: (text) => text.toLowerCase() === wanted };
  return { matches: (text) => text.toLowerCase().includes(wanted) };
}
