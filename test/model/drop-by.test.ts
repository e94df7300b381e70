import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collapse, DROP_FIELDS, type DropField } from '../../src/model/drop-by.js';
import type { DropRow } from '../../src/model/drop-table.js';
import { seenDrop } from './drops.js';

const { location, reason, dev, ifindex, netns, netnsName } = seenDrop();
const KEY = { location, reason, dev, ifindex, netns, netnsName };
const row = (key: DropRow['key'], count: number, verdict: DropRow['verdict'] = 'suspect'): DropRow => ({
  key: { ...KEY, ...key },
  count,
  verdict,
});

it('rows that are the same without what is left out are one, largest first', () => {
  const rows = [row({}, 3), row({ dev: 's1', ifindex: 3 }, 4), row({ reason: 'UDP_CSUM' }, 5)];
  expect(collapse(rows, ['reason'])).toEqual([
    { key: { reason: 'NO_SOCKET' }, count: 7, verdict: 'suspect' },
    { key: { reason: 'UDP_CSUM' }, count: 5, verdict: 'suspect' },
  ]);
  expect(collapse(rows, ['dev'])).toEqual([
    { key: { dev: 's0', ifindex: 2 }, count: 8, verdict: 'suspect' },
    { key: { dev: 's1', ifindex: 3 }, count: 4, verdict: 'suspect' },
  ]);
  expect(collapse(rows, ['netns'])).toEqual([
    { key: { netns: 4026532208, netnsName: 'server' }, count: 12, verdict: 'suspect' },
  ]);
});

it('rows that stay apart are left as they are', () => {
  const rows = [row({}, 3), row({ dev: null, ifindex: null }, 4)];
  expect(collapse(rows, ['location', 'reason', 'dev', 'netns'])).toEqual([rows[1], rows[0]]);
  expect(rows[0]?.count).toBe(3);
});

describe('the verdict of several is the gravest', () => {
  it.each([
    [['noise', 'noise'], 'noise'],
    [['noise', 'policy'], 'policy'],
    [['policy', 'suspect', 'noise'], 'suspect'],
  ] as const)('%j', (verdicts, expected) => {
    const rows = verdicts.map((verdict, i) => row({ dev: `s${i}` }, 1, verdict));
    expect(collapse(rows, ['reason']).map(({ verdict }) => verdict)).toEqual([expected]);
    expect(collapse([...rows].reverse(), ['reason'])[0]?.verdict).toBe(expected);
  });
});

it('a field that a row does not have is not known', () => {
  expect(collapse([row({}, 1)], ['proto', 'comm'])[0]?.key).toEqual({ protocol: null, comm: null });
});

it('no drop is lost, none counted twice', () => {
  const rows = fc.array(
    fc
      .record({
        dev: fc.constantFrom('a', 'b', null),
        reason: fc.constantFrom('X', 'Y'),
        count: fc.nat(1000),
      })
      .map(({ count, ...key }) => row(key, count)),
  );
  const by = fc.subarray<DropField>([...DROP_FIELDS], { minLength: 1 });
  fc.assert(
    fc.property(rows, by, (some, fields) => {
      const total = (all: readonly DropRow[]) => all.reduce((sum, { count }) => sum + count, 0);
      expect(total(collapse(some, fields))).toBe(total(some));
    }),
  );
});
