import { expect, it } from 'vitest';
import { eventFilter } from '../../src/tracefs/drop-event-filter.js';

it('no condition is no filter', () => {
  expect(eventFilter([], 'plain')).toBeNull();
  expect(eventFilter([], 'probe')).toBeNull();
});

it('alternatives of one field, all fields together', () => {
  const conditions = [
    { field: 'reason', values: [3, 6], not: false },
    { field: 'protocol', values: [2048], not: false },
  ] as const;
  expect(eventFilter(conditions, 'plain')).toBe('(reason == 3 || reason == 6) && protocol == 2048');
});

it('the opposite excludes each', () => {
  const conditions = [{ field: 'reason', values: [3, 6], not: true }] as const;
  expect(eventFilter(conditions, 'plain')).toBe('(reason != 3 && reason != 6)');
});

it('a probe reads the type in network order', () => {
  const conditions = [{ field: 'protocol', values: [0x0800, 0x86dd], not: false }] as const;
  expect(eventFilter(conditions, 'probe')).toBe('(proto == 8 || proto == 56710)');
});

it('the plain event knows no interface', () => {
  const conditions = [{ field: 'dev', values: ['eth0'], not: false }] as const;
  expect(eventFilter(conditions, 'plain')).toBeUndefined();
  expect(eventFilter(conditions, 'probe')).toBe('(devp >= 0xff00000000000000 && dev == "eth0")');
  expect(eventFilter([{ field: 'netns', values: [5], not: true }], 'probe')).toBe(
    '(devp < 0xff00000000000000 || netns != 5)',
  );
});

it('the namespace of a packet without a device is its socket’s', () => {
  const conditions = [{ field: 'netns', values: [5, 6], not: false }] as const;
  expect(eventFilter(conditions, 'probe')).toBe(
    '((devp >= 0xff00000000000000 && (netns == 5 || netns == 6)) || ' +
      '(devp < 0xff00000000000000 && sk >= 0xff00000000000000 && (sknet == 5 || sknet == 6)))',
  );
});

it('a name that would end the quotes is refused', () => {
  const conditions = [{ field: 'dev', values: ['a" || 1'], not: false }] as const;
  expect(() => eventFilter(conditions, 'probe')).toThrow(RangeError);
});
