import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Horizon } from '../../src/tui/horizon.js';
import { Steps } from '../../src/tui/steps.js';

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

it.each<[string, number, number, number, number[]]>([
  ['a moment', 3.5, 3.5, 4, [0, 0, 0, 4, 0]],
  ['a moment on a border', 3, 3, 4, [0, 0, 0, 4, 0]],
  ['a whole step', 3, 4, 4, [0, 0, 0, 4, 0]],
  ['half of two', 2.5, 3.5, 10, [0, 0, 5, 5, 0]],
  ['several', 1, 4, 10, [0, 3, 4, 3, 0]],
  ['what began before', -5, 5, 10, [1, 1, 1, 1, 1]],
])('%s', (_, from, to, count, expected) => {
  const steps = new Steps(1, 8);
  steps.add(from, to, count);
  expect(steps.before(5, 5)).toEqual(expected);
  expect(steps.sum(5, 5)).toBe(total(expected));
});

it('steps of other lengths', () => {
  const steps = new Steps(5, 4);
  steps.add(0, 20, 8);
  expect(steps.before(4, 4)).toEqual([2, 2, 2, 2]);
});

it('forgets what is older than it keeps', () => {
  const steps = new Steps(1, 3);
  for (let at = 0; at < 10; at++) steps.add(at, at, at + 1);
  expect(steps.before(10, 5)).toEqual([0, 0, 8, 9, 10]);
  steps.add(2, 2, 99);
  expect(steps.before(10, 5)).toEqual([0, 0, 8, 9, 10]);
  steps.add(100, 100, 1);
  expect(steps.before(101, 3)).toEqual([0, 0, 1]);
});

it('every count is in some step, whatever the times', () => {
  const time = fc.oneof(
    fc.integer({ min: -50, max: 50 }).map((n) => n / 4),
    fc.double({ min: 0, max: 20 }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(time, fc.double({ min: 0, max: 30, noNaN: true }), fc.nat(1e6))),
      (counts) => {
        const steps = new Steps(1, 400);
        for (const [from, span, count] of counts)
          if (!Number.isNaN(from)) steps.add(from, from + span, count);
        const expected = counts
          .filter(([from]) => !Number.isNaN(from))
          .reduce((sum, [, , count]) => sum + count, 0);
        expect(steps.sum(200, 400)).toBe(expected);
      },
    ),
  );
});

it('ends with any numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.double(), fc.double(), fc.double())), (counts) => {
      const steps = new Steps(1, 8);
      for (const [from, to, count] of counts) steps.add(from, to, count);
      expect(steps.before(5, 5)).toHaveLength(5);
    }),
  );
});

it('is told up to the last interval, or as long ago as one takes', () => {
  const horizon = new Horizon(1);
  expect(horizon.end).toBe(0);
  horizon.tick(100.2);
  expect([horizon.end, horizon.begin]).toEqual([100, 100.2]);
  horizon.interval({ from: 100.2, to: 102.2 });
  expect(horizon.end).toBe(102);
  expect(horizon.tick(104.9)).toBe(false);
  expect(horizon.tick(105.1)).toBe(true);
  expect(horizon.end).toBe(103);
  expect(horizon.tick(50)).toBe(false);
  expect(horizon.tick(Number.NaN)).toBe(false);
  expect(horizon.now).toBe(105.1);
});
