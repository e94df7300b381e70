import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LostRecord } from '../../src/decode/trace-record.js';
import { Completeness } from '../../src/model/completeness.js';

function lost(cpu: number, count: number | null): LostRecord {
  return { kind: 'lost', cpu, count };
}

it('nothing lost is complete', () => {
  const account = new Completeness();
  expect(account.settle(new Map([[0, 0]]))).toEqual([]);
  expect(account).toMatchObject({ lost: 0, complete: true });
});

it('a counted loss is in the account and not told again', () => {
  const account = new Completeness();
  account.note(lost(0, 300));
  expect(
    account.settle(
      new Map([
        [0, 300],
        [1, 0],
      ]),
    ),
  ).toEqual([]);
  expect(account).toMatchObject({ lost: 300, complete: false });
});

it('what the kernel lost beyond that is told by CPU, and in the account', () => {
  const account = new Completeness();
  account.note(lost(0, 300));
  account.note(lost(0, 5));
  expect(
    account.settle(
      new Map([
        [0, 310],
        [1, 7],
      ]),
    ),
  ).toEqual([lost(0, 5), lost(1, 7)]);
  expect(account.lost).toBe(317);
});

it('a loss that nobody counted makes the account incomplete until the kernel counts', () => {
  const account = new Completeness();
  account.note(lost(1, null));
  expect(account).toMatchObject({ lost: 0, complete: false });
  expect(account.settle(new Map([[1, 12]]))).toEqual([lost(1, 12)]);
  expect(account).toMatchObject({ lost: 12, complete: false });
});

it('probe hits that were missed count', () => {
  const account = new Completeness();
  account.add(3);
  expect(account).toMatchObject({ lost: 3, complete: false });
});

it("the account is never below the kernel's own total", () => {
  const losses = fc.array(fc.record({ cpu: fc.nat(3), count: fc.option(fc.nat(1000)) }));
  const totals = fc.array(fc.nat(5000), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(losses, totals, (noted, counts) => {
      const account = new Completeness();
      for (const { cpu, count } of noted) account.note(lost(cpu, count));
      const before = account.lost;
      const rest = account.settle(new Map(counts.entries()));
      const total = counts.reduce((sum, count) => sum + count, 0);
      expect(account.lost).toBeGreaterThanOrEqual(Math.max(total, before));
      expect(account.lost - before).toBe(rest.reduce((sum, { count }) => sum + (count ?? 0), 0));
    }),
  );
});
