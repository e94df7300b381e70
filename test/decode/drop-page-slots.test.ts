import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dropPageSlots } from '../../src/decode/drop-page-slots.js';

it('counts every key, whichever share a slot', () => {
  // Few values, in words that the hash adds up: many keys, and many of them in the same slots.
  const word = fc.constantFrom(0, 1, -1, 0x1000, 0x100000, -0x80000000, 0x7fffffff);
  const key = fc.tuple(word, word, fc.nat({ max: 300 }), fc.nat({ max: 0xffff }));
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 300 }), (events) => {
      const slots = dropPageSlots();
      const expected = new Map<string, number>();
      const counted = new Map<string, number>();
      const take = () => {
        for (const [number, count] of slots.take().entries()) {
          if (count === 0) continue;
          const text = slots.keys.words.subarray(number * 4, number * 4 + 4).join(' ');
          counted.set(text, (counted.get(text) ?? 0) + count);
        }
      };
      for (const [words, takeNow] of events) {
        slots.hits[slots.find(...words)]! += 1;
        slots.counted(1);
        expected.set(words.join(' '), (expected.get(words.join(' ')) ?? 0) + 1);
        if (takeNow) take();
      }
      take();
      expect(counted).toEqual(expected);
    }),
  );
});

it('moves hits to the counts before 31 bits overflow', () => {
  const slots = dropPageSlots();
  const slot = slots.find(1, 2, 3, 2048);
  for (let times = 0; times < 8; times++) {
    slots.hits[slot]! += 2 ** 29;
    slots.counted(2 ** 29);
  }
  expect(slots.take()[0]).toBe(2 ** 32);
});
