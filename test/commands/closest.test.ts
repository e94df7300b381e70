import fc from 'fast-check';
import { expect, it } from 'vitest';
import { closest } from '../../src/commands/closest.js';

const KNOWN = [
  '--action',
  '--all',
  '--buffer',
  '--comm',
  '--door',
  '--dry-run',
  '--json',
  '--max-events',
  '-a',
  '-j',
];

it.each<[string, string | null]>([
  ['--jsno', '--json'],
  ['--jsn', '--json'],
  ['--jsonn', '--json'],
  ['--dor', '--door'],
  ['--dryrun', '--dry-run'],
  ['--max-event', '--max-events'],
  ['--maxevents', '--max-events'],
  // The beginning of a word is near enough.
  ['--max', '--max-events'],
  ['--buf', '--buffer'],
  ['--frobnicate', null],
  ['-x', null],
  ['', null],
])('%s: %s', (word, expected) => {
  expect(closest(word, KNOWN)).toBe(expected);
});

it('nothing is known', () => {
  expect(closest('--json', [])).toBeNull();
});

it('answers with a known word or not at all, and a known word with itself', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (word, known) => {
      const found = closest(word, known);
      if (found !== null) expect(known).toContain(found);
    }),
  );
  for (const word of KNOWN.filter((each) => each.length > 2)) expect(closest(word, KNOWN)).toBe(word);
});
