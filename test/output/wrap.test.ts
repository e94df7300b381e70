import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wrap } from '../../src/output/wrap.js';

it('breaks at blanks, and a long word stands alone', () => {
  expect(wrap('nobody has a socket on this port', 20)).toEqual(['nobody has a socket', 'on this port']);
  expect(wrap('a b'.padEnd(30, 'x'), 20)).toEqual(['a', 'b'.padEnd(28, 'x')]);
  expect(wrap('exactly twenty chars', 20)).toEqual(['exactly twenty chars']);
  expect(wrap('', 20)).toEqual([]);
});

it('leaves a line whole where there is no width to speak of', () => {
  const text = 'x '.repeat(100);
  for (const columns of [null, -5, 0, 19]) expect(wrap(text, columns)).toEqual([text]);
});

it('keeps every word, in lines that fit', () => {
  const word = fc.stringMatching(/^\S{1,30}$/);
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), fc.integer({ min: 20, max: 100 }), (words, columns) => {
      const lines = wrap(words.join(' '), columns);
      expect(lines.flatMap((line) => line.split(' '))).toEqual(words);
      for (const line of lines) if (line.includes(' ')) expect(line.length).toBeLessThanOrEqual(columns);
    }),
  );
});
