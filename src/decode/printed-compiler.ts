import type { ByteStrings } from './byte-strings.js';
import { HEX_PAIRS, type NumberReader } from './number-reader.js';
import type { PrintedLayout } from './print-format.js';
import { wordsToNumber } from './printed-number.js';
import { type Run, runsOf } from './printed-run.js';
import { COMPARES_AFTER, stands, valueSource } from './printed-source.js';
import { isFault, type Step, stepsOf } from './printed-step.js';
import { textMemory } from './text-memory.js';
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
  const runs = runsOf(steps);
  const members = names.map((name, field) => `${name}: ${memberSource(layout, steps, runs, field)}`);
  const source = `const { view, bytes } = window;
${runs.map((_, run) => `const { find: find${run}, put: put${run} } = memories[${run}];`).join('\n')}
return (at) => {
let p = at | 0, s = 0, b = 0;
${partsSource(steps, runs)}
window.position = p;
return { ${members.join(', ')} };
};`;
  const words = (index: number, text: string) => wordsToNumber(steps[index]?.value ?? null, text);
  const memories = runs.map(({ skip, least }) => textMemory(window, { skip, least, long: LONG(least) }));
  try {
    const make = new Function(
      'window',
      'numbers',
      'strings',
      'words',
      'isFault',
      'memories',
      'pairs',
      source,
    );
    return make(window, numbers, strings, words, isFault, memories, HEX_PAIRS) as Match;
  } catch {
    return null;
  }
}

function memberSource(
  layout: PrintedLayout,
  steps: readonly Step[],
  runs: readonly Run[],
  field: number,
): string {
  const value = (index: number) => {
    const run = runs.findIndex(({ from, to }) => index >= from && index < to);
    return run < 0 ? `x${index}` : `m${run}.x${index}`;
  };
  const length = layout.fields[field]?.length ?? null;
  if (length === null) return value(steps.findIndex((step) => step.field === field));
  const elements = Array.from({ length }, (_, element) => {
    const index = steps.findIndex((step) => step.field === field && step.element === element);
    return index < 0 ? '0' : value(index);
  });
  return `[${elements.join(', ')}]`;
}

/** Every literal with the value behind it; a run goes up to and with the literal behind it. */
function partsSource(steps: readonly Step[], runs: readonly Run[]): string {
  const parts: string[] = [];
  let consumed = false;
  for (let index = 0; index < steps.length; ) {
    const run = runs.findIndex(({ from }) => from === index);
    const literal = consumed ? '' : literalSource(steps, index);
    if (run >= 0) {
      parts.push(runSource(steps, runs[run] as Run, run, literal));
      index = (runs[run] as Run).to;
    } else {
      parts.push(literal, valueSource(steps[index] as Step, index));
      index += 1;
    }
    consumed = run >= 0;
  }
  return parts.join('\n');
}

/** Looks the run up before any of it is read. */
function runSource(steps: readonly Step[], { from, to, skip }: Run, run: number, literal: string): string {
  const indexes = Array.from({ length: to - from }, (_, index) => from + index);
  const values = indexes.filter((index) => (steps[index] as Step).field >= 0).map((index) => `x${index}`);
  const reading = indexes.map((index) => {
    const before = index === from ? (skip > 0 ? literal : '') : literalSource(steps, index);
    return `${before}\n${valueSource(steps[index] as Step, index)}`;
  });
  return `${skip > 0 ? '' : literal}
let m${run} = find${run}(p);
if (m${run} === null) {
const from = p;
${reading.join('\n')}
${literalSource(steps, to)}
m${run} = { ${['length: p - from', ...values].join(', ')} };
put${run}(from, p, m${run});
} else p = (p + m${run}.length) | 0;`;
}

/** Goes over the literal before a step; what is before it may have compared that. */
function literalSource(steps: readonly Step[], index: number): string {
  const { before } = steps[index] as Step;
  if (before === '') return '';
  const compared = COMPARES_AFTER.has(steps[index - 1]?.value?.kind ?? '');
  return `${compared ? '' : `if (!(${stands(before, 'p')})) return null;\n`}p += ${before.length};`;
}

/** Bytes by which a run is looked up: a place and what is said about it is longer than a name. */
const LONG = (least: number) => (least < 16 ? 16 : 40);
