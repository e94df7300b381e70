import { expect, it } from 'vitest';
import { RingWatch } from '../../src/commands/ring-watch.js';

const MINUTE = 60;

it('tells when a ring that has room will wrap, at the rate of the last minutes', () => {
  let now = 0;
  const newest = { seq: 99, time: 0 };
  // 100 records of 80 bytes in a ring of 128 KiB: it has room for 1638.
  const watch = new RingWatch(
    () => ({ oldest: { seq: 0, time: 0 }, newest, bytes: 80 * (newest.seq + 1) }),
    131_072,
    () => now,
  );
  watch.words();
  for (let minute = 1; minute <= 3; minute++) {
    now = minute * MINUTE;
    newest.seq += 60;
    newest.time = now;
    watch.words();
  }
  expect(watch.words()).toBe('wraps in about 23 min at this rate');
});

it('tells how far back a ring reaches that has wrapped, without its size', () => {
  const extent = { oldest: { seq: 500, time: 1000 }, newest: { seq: 1500, time: 11_800 }, bytes: 80_000 };
  expect(
    new RingWatch(
      () => extent,
      null,
      () => 11_800,
    ).words(),
  ).toBe('holds the last 3 h');
});

it('says nothing of a ring that it does not know', () => {
  expect(
    new RingWatch(
      () => null,
      131_072,
      () => 5,
    ).words(),
  ).toBeNull();
});
