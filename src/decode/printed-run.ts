import { COMPARES_AFTER } from './printed-source.js';
import type { Step } from './printed-step.js';

/**
 * Values of an event that keep coming back together and cost much to read: words for numbers and symbols, with the
 * small numbers and a string beside them. Their text is looked up as a whole, with what stands behind them, before any
 * of it is taken apart.
 */
export interface Run {
  /** Indexes of the first step and of the one behind the last. */
  from: number;
  to: number;
  /** Bytes of the literal before the first value where that belongs to the run. */
  skip: number;
  /** Least bytes of what comes then: the values with the literal behind each. */
  least: number;
}

export function runsOf(steps: readonly Step[]): readonly Run[] {
  const runs: Run[] = [];
  let index = 0;
  while (index < steps.length) {
    const run = runAt(steps, index, runs.at(-1)?.to === index);
    if (run !== null) runs.push(run);
    index = run === null ? index + 1 : run.to;
  }
  return runs;
}

/** @param consumed the literal before the step belongs to the run before it */
function runAt(steps: readonly Step[], from: number, consumed: boolean): Run | null {
  let to = from;
  let worth = false;
  let strings = 0;
  let least = 0;
  for (; to < steps.length; to++) {
    const { value, after } = steps[to] as Step;
    const part = partOf(value);
    if (part === 'other' || (part === 'string' && strings === 1)) break;
    if (part === 'string') strings = 1;
    worth ||= part === 'word' || (value?.kind === 'text' && value.symbol === true);
    least += after.length + (part === 'number' ? 1 : 0);
  }
  if (!worth) return null;
  const { length } = (steps[from] as Step).before;
  const apart =
    consumed || length > LONGEST_LITERAL || COMPARES_AFTER.has(steps[from - 1]?.value?.kind ?? '');
  return { from, to, skip: apart ? 0 : length, least };
}

function partOf(value: Step['value']): 'string' | 'word' | 'number' | 'other' {
  switch (value?.kind) {
    case 'text':
      return 'string';
    case 'choice':
    case 'flags':
      return 'word';
    case 'char':
      return 'number';
    case 'decimal':
      return value.small === true ? 'number' : 'other';
    default:
      return 'other';
  }
}

/** Bytes of the longest literal that is compared with a run: what a comparison reads stays near the text. */
const LONGEST_LITERAL = 64;
