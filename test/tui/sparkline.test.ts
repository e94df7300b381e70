import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sparkline } from '../../src/tui/sparkline.js';

it.each<[number[], string, string]>([
  [[], '', ''],
  [[0, 0], '  ', '  '],
  [[0, 1, 2, 3, 4, 5, 6, 7, 8], ' ▁▂▃▄▅▆▇█', ' .:-==+*#'],
  [[1, 1000], '▁█', '.#'],
  [[5], '█', '#'],
  [[-1, Number.NaN, 2], '  █', '  #'],
  [[1, Number.POSITIVE_INFINITY], '██', '##'],
])('%j', (numbers, blocks, ascii) => {
  expect(sparkline(numbers, false)).toBe(blocks);
  expect(sparkline(numbers, true)).toBe(ascii);
});

it('a character a number, the higher the larger, none only for nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.boolean(), (numbers, ascii) => {
      const levels = ascii ? ' .:-=+*#' : ' ▁▂▃▄▅▆▇█';
      const heights = [...sparkline(numbers, ascii)].map((character) => levels.indexOf(character));
      expect(heights).toHaveLength(numbers.length);
      for (const [i, number] of numbers.entries()) {
        expect(heights[i] === 0).toBe(number === 0);
        for (const [j, other] of numbers.entries())
          if (number <= other) expect(heights[i]).toBeLessThanOrEqual(heights[j]!);
      }
    }),
  );
});
