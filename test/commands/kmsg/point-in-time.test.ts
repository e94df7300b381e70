import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parsePointInTime } from '../../../src/commands/kmsg/point-in-time.js';

// A Sunday.
const NOW = new Date(2026, 10, 22, 16, 34, 22, 500).getTime();
const at = (text: string) => new Date(parsePointInTime(text, '--since', NOW) / 1000);

it.each([
  ['2026-11-20 10:11:12', new Date(2026, 10, 20, 10, 11, 12)],
  ['2026-11-20T10:11:12', new Date(2026, 10, 20, 10, 11, 12)],
  ['26-11-20 10:11', new Date(2026, 10, 20, 10, 11)],
  ['2026-11-20', new Date(2026, 10, 20)],
  ['Fri 2026-11-20', new Date(2026, 10, 20)],
  ['10:11:12', new Date(2026, 10, 22, 10, 11, 12)],
  ['10:11', new Date(2026, 10, 22, 10, 11)],
  ['now', new Date(2026, 10, 22, 16, 34, 22)],
  ['today', new Date(2026, 10, 22)],
  ['yesterday', new Date(2026, 10, 21)],
  ['tomorrow', new Date(2026, 10, 23)],
  ['+5min', new Date(2026, 10, 22, 16, 39, 22)],
  ['-2days', new Date(2026, 10, 20, 16, 34, 22)],
  ['1h 30min ago', new Date(2026, 10, 22, 15, 4, 22)],
  ['-90', new Date(2026, 10, 22, 16, 32, 52)],
  ['@1234567890.5', new Date(1234567890500)],
])('%s', (text, expected) => {
  expect(at(text)).toEqual(expected);
});

it.each([
  '',
  'soon',
  '2026-13-01',
  '2026-02-30',
  '25:00',
  '10:60',
  'Mon 2026-11-20',
  '+',
  '-5parsecs',
  '@',
  '10',
  '1 2',
])('%j is no time', (text) => {
  expect(() => at(text)).toThrow(/--since wants a time/);
});

it('is total', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('1', '0', '-', ':', ' ', '@', '.', 'a', 'g', 'o', '+', 's') }),
      (text) => {
        try {
          at(text);
        } catch (error) {
          expect(String(error)).toContain('wants a time');
        }
      },
    ),
  );
});
