import { expect, it } from 'vitest';
import { parseSince } from '../../src/commands/why/since.js';

const NOON = new Date(2026, 0, 31, 12, 0, 0).getTime();

it.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['2h', 7_200_000],
  ['11:30', 1_800_000],
  ['11:59:50', 10_000],
  ['13:00', 23 * 3_600_000],
  ['2026-01-31T11:00:00', 3_600_000],
])('%s', (text, milliseconds) => {
  expect(parseSince(text, '--since', NOON)).toBe(milliseconds);
});

it.each(['yesterdayish', '25:00', '2030-01-01T00:00:00', '', '-5m'])('%s is refused', (text) => {
  expect(() => parseSince(text, '--since', NOON)).toThrow(/--since wants .* and '.*' came/);
});
