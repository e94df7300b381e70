import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type RingObservation, ringFillWords } from '../../src/tui/ring-fill.js';

const RING: RingObservation = {
  oldest: { seq: 0, time: 0 },
  newest: { seq: 999, time: 3000 },
  wrapped: false,
  now: 3000,
};
const WRAPPED = {
  ...RING,
  oldest: { seq: 500, time: 1000 },
  newest: { seq: 2499, time: 11_000 },
  wrapped: true,
  now: 11_800,
};

it.each<[string, Partial<RingObservation>, string | null]>([
  ['room, but nobody knows how much', {}, null],
  ['room at the rate of what it holds', { capacity: 2000 }, 'wraps in about 50 min at this rate'],
  [
    'room at the rate of the last minute',
    { capacity: 2000, before: { seq: 899, now: 2940 } },
    'wraps in about 10 min at this rate',
  ],
  ['nothing comes', { capacity: 2000, before: { seq: 999, now: 2940 } }, null],
  ['years', { capacity: 2000, before: { seq: 998, now: 2940 - 900_000 } }, null],
  ['about to wrap', { capacity: 1000 }, 'wraps in about 1 s at this rate'],
  ['wrapped', WRAPPED, 'holds the last 3 h'],
  ['wrapped, a little faster now', { ...WRAPPED, before: { seq: 2479, now: 11_740 } }, 'holds the last 3 h'],
  [
    'wrapped, much faster now',
    { ...WRAPPED, before: { seq: 2439, now: 11_740 } },
    'holds the last 3 h; all of it overwritten in about 33 min at this rate',
  ],
  ['wrapped, nothing comes', { ...WRAPPED, before: { seq: 2499, now: 0 } }, 'holds the last 3 h'],
  ['wrapped, days', { ...WRAPPED, now: 1000 + 86_400 * 5, before: null }, 'holds the last 5 days'],
  ['a clock that stands before the records', { ...WRAPPED, now: 0 }, null],
  ['no record', { newest: { seq: -1, time: 0 } }, null],
])('%s', (_, ring, expected) => {
  expect(ringFillWords({ ...RING, ...ring })).toBe(expected);
});

it('says something or nothing, whatever is observed', () => {
  const place = fc.record({ seq: fc.double(), time: fc.double() });
  const ring = fc.record({
    oldest: place,
    newest: place,
    wrapped: fc.boolean(),
    now: fc.double(),
    before: fc.option(fc.record({ seq: fc.double(), now: fc.double() })),
    capacity: fc.option(fc.double()),
  });
  fc.assert(
    fc.property(ring, (ring) => {
      expect(ringFillWords(ring) ?? 'in 1 s').toMatch(/^(?!.*(NaN|Infinity)).*\d+ (s|min|h|days)/);
    }),
  );
});
