import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipboardSequence } from '../../src/tui/clipboard.js';
import { shortNumber } from '../../src/tui/short-number.js';
import { TIME_FORMATS, TIME_WIDTH, timeText } from '../../src/tui/time-words.js';

const NOON = new Date(2026, 0, 2, 12, 0, 0).getTime();
const clocks = { clock: () => 1000, wall: (time: number) => NOON + (time - 1000) * 1000 };

describe('times', () => {
  it.each([
    [999.5, 'clock', '11:59:59.500'],
    [999.5, 'boot', '999.500000'],
    [123456.789012, 'boot', '123456.78901'],
    [999.5, 'ago', '0.5 s ago'],
    [940, 'ago', '60 s ago'],
    [0, 'ago', '16 min ago'],
    [-90_000, 'ago', '25 h ago'],
    [1001, 'ago', 'now'],
    [null, 'clock', '-'],
  ] as const)('%s as %s: %s', (time, format, text) => {
    expect(timeText(time, format, clocks)).toBe(text.padStart(TIME_WIDTH));
  });

  it('always take the same columns', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.constantFrom(...TIME_FORMATS),
        (time, format) => {
          expect(timeText(time, format, clocks)).toHaveLength(TIME_WIDTH);
        },
      ),
    );
  });
});

describe('short numbers', () => {
  it.each([
    [0, '0'],
    [0.25, '0.3'],
    [9.96, '10'],
    [1234, '1,234'],
    [9999.6, '10.0k'],
    [123_456, '123k'],
    [2_500_000, '2.5M'],
    [999_600_000, '1.0G'],
  ])('%d is %s', (value, text) => expect(shortNumber(value)).toBe(text));

  it('have at most five characters', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e14, noNaN: true }), (value) => {
        expect(shortNumber(value).length).toBeLessThanOrEqual(5);
      }),
    );
  });
});

describe('the clipboard', () => {
  it('gets text as base64, so that nothing in it is a control', () => {
    const { sequence, whole } = clipboardSequence('x\x07\x1b[2J漢');
    expect(sequence).toMatch(/^\x1b\]52;c;[A-Za-z0-9+/=]+\x07$/);
    expect(Buffer.from(sequence.slice(7, -1), 'base64').toString()).toBe('x\x07\x1b[2J漢');
    expect(whole).toBe(true);
  });

  it('gets no more than it can take', () => {
    const { sequence, whole } = clipboardSequence('x'.repeat(1e6));
    expect(sequence.length).toBeLessThan(11_000);
    expect(whole).toBe(false);
  });
});
