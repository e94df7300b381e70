import fc from 'fast-check';
import { expect, it } from 'vitest';
import { grouped } from '../src/grouped.js';

it('any whole number, as Intl has it', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(grouped(value)).toBe(value.toLocaleString('en-US'));
    }),
  );
});
