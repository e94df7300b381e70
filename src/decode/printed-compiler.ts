import type { ByteStrings } from './byte-strings.js';
import type { NumberReader } from './number-reader.js';
import type { PrintedLayout, Wrap } from './print-format.js';
import { wordsToNumber } from './printed-number.js';
import { FAULT, isFault, type Step, stepsOf, USER_MEMORY } from './printed-step.js';
import type { TextWindow } from './text-window.js';
import type { Fields } from './trace-record.js';

/** @returns null where the text is not as usual; else the fields, with the window's position behind the newline */
export type Match = (at: number) => Fields | null;

/** What the events of one decoder read with; constants in the code that the engine makes of a Match. */
export interface Reading {
  window: TextWindow;
  numbers: NumberReader;
  strings: ByteStrings;
}

/**
 * Makes a function that reads an event's text in one pass: every string ends where what follows it first stands.
 * Fields and literals are known only at run time, so this writes JavaScript: literals become comparisons with
 * constants, the fields one object literal. That is five times as fast as following the steps and storing the fields
 * name by name. Names are checked to be identifiers; all other text goes in as numbers.
 * @returns null where code cannot be made from strings (`--disallow-code-generation-from-strings`)
 */
export function compileMatch(layout: PrintedLayout, { window, numbers, strings }: Reading): Match | null {
  const names = layout.fields.map(({ name }) => name);
  if (!names.every((name) => /^[A-Za-z_]\w*$/.test(name) && name !== '__proto__')) return null;
  const steps = stepsOf(layout);
  const members = names.map((name, field) => `${name}: ${memberSource(layout, steps, field)}`);
  const source = `const { view, bytes } = window;
return (at) => {
let p = at | 0, s = 0, b = 0;
${steps.map((step, index) => stepSource(step, index, steps[index - 1])).join('\n')}
window.position = p;
return { ${members.join(', ')} };
};`;
  const words = (index: number, text: string) => wordsToNumber(steps[index]?.value ?? null, text);
  try {
    const make = new Function('window', 'numbers', 'strings', 'words', 'isFault', source);
    return make(window, numbers, strings, words, isFault) as Match;
  } catch {
    return null;
  }
}

function memberSource(layout: PrintedLayout, steps: readonly Step[], field: number): string {
  const length = layout.fields[field]?.length ?? null;
  if (length === null) return `x${steps.findIndex((step) => step.field === field)}`;
  const elements = Array.from({ length }, (_, element) => {
    const index = steps.findIndex((step) => step.field === field && step.element === element);
    return index < 0 ? '0' : `x${index}`;
  });
  return `[${elements.join(', ')}]`;
}

/** The literal before a value and the value; a string has compared the literal behind it already. */
function stepSource(step: Step, index: number, previous: Step | undefined): string {
  const compared = previous !== undefined && COMPARES_AFTER.has(previous.value?.kind ?? '');
  const literal = compared || step.before === '' ? '' : `if (!(${stands(step.before, 'p')})) return null;\n`;
  return `${literal}p += ${step.before.length};\n${valueSource(step, index)}`;
}

const COMPARES_AFTER = new Set(['text', 'quoted', 'choice', 'flags', 'syscall-argument']);

/** Reads a value at `p` into `x<index>` and leaves `p` behind it. */
function valueSource(step: Step, index: number): string {
  const { value } = step;
  const x = step.field < 0 ? '' : `x${index}`;
  switch (value?.kind) {
    case undefined:
      return '';
    case 'decimal':
      return decimalSource(value, x);
    case 'hex':
      return hexSource(value, x);
    case 'char':
      return `if (bytes[p] < 32) return null;\n${x && `const ${x} = bytes[p];\n`}p++;`;
    case 'text':
      return `${upTo(step, 'p', 0)}
if (p - s > ${step.most}) return null;
${x && `const ${x} = strings.get(window, s, p);`}`;
    case 'choice':
    case 'flags':
      return `${upTo(step, 'p', 0)}
const x${index} = words(${index}, strings.get(window, s, p));
if (x${index} === undefined) return null;`;
    case 'quoted':
      return `let x${index} = null;
if (bytes[p] === 34) {
${upTo(step, 'p + 1', 1)}
${x && `${x} = strings.get(window, s, p);`}
p++;
} else if (isFault(window, p) && ${stands(step.after, `p + ${FAULT.length}`)}) {
p += ${FAULT.length};
} else return null;`;
    case 'syscall-argument':
      return `${hexSource({ wrap: 0, prefix: true, padded: false }, x)}
if (!(${stands(step.after, 'p')})) {
if (!(${stands(USER_MEMORY, 'p')})) return null;
${upTo(step, `p + ${USER_MEMORY.length}`, 1)}
p++;
}`;
  }
}

/** Negative numbers of unsigned fields and what 53 bits do not hold are left to the slow way. */
function decimalSource({ wrap, padded }: { wrap: Wrap; padded: boolean }, x: string): string {
  const most = wrap === 0 ? Number.MAX_SAFE_INTEGER : Math.abs(wrap) < 32 ? 127 : 2 ** 31 - 1;
  return `${padded ? SKIP_BLANKS : ''}${x && `const ${x} = `}numbers.decimal(p, ${wrap === 0}, ${most});
if ((p = window.position) < 0) return null;`;
}

function hexSource(value: { wrap: Wrap; prefix: boolean; padded: boolean }, x: string): string {
  const prefix = value.prefix ? 'if (bytes[p] === 48 && bytes[p + 1] === 120) p += 2;\n' : '';
  return `${value.padded ? SKIP_BLANKS : ''}${prefix}${x && `const ${x} = `}numbers.hex(p, ${value.wrap});
if ((p = window.position) < 0) return null;`;
}

const SKIP_BLANKS = 'while (bytes[p] === 32) p++;\n';

/** Moves `s` to `from` and `p` to where the literal behind the string (and `quotes` quotes before it) first stands. */
function upTo({ after }: Step, from: string, quotes: 0 | 1): string {
  if (after === '' && quotes === 0) return `s = p = ${from};`;
  const stop = quotes === 1 ? 34 : after.charCodeAt(0);
  return `s = p = ${from};
for (;; p++) {
b = bytes[p];
if (b === ${stop} && ${stands(after, quotes === 1 ? 'p + 1' : 'p')}) break;
if (b === 10 || b === 0) return null;
}`;
}

/** An expression: does the text stand at the position? Four bytes are compared at a time. */
function stands(text: string, at: string): string {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length === 0) return 'true';
  if (bytes.length < 4)
    return [...bytes].map((byte, index) => `bytes[${at} + ${index}] === ${byte}`).join(' && ');
  const words: string[] = [];
  for (let from = 0; from < bytes.length; from += 4) {
    const word = Math.min(from, bytes.length - 4);
    words.push(`view.getInt32(${at} + ${word}, true) === ${bytes.readInt32LE(word)}`);
  }
  return words.join(' && ');
}
