import { describe, expect, it } from 'vitest';
import { Thinning } from '../../src/commands/drops-thinning.js';

/** A stream that gives so many details a millisecond while it is open, and loses what is beyond the ring's room. */
function run(
  perSecond: number | null,
  arriving: number,
  capacity: number,
  milliseconds: number,
  { refuses = false, spentMs = 0 } = {},
) {
  let [now, open, detailed, lost, openFor, spentFor] = [0, true, 0, 0, 0, 0];
  const tap = {
    open: () => {
      open = true;
    },
    close: () => {
      open = false;
    },
  };
  const thinning = new Thinning(tap, perSecond, () => now);
  for (; now < milliseconds; now += 5) {
    if (open) {
      openFor += 5;
      detailed += Math.min(arriving * 5, capacity);
      if (!refuses) lost += Math.max(0, arriving * 5 - capacity);
    }
    thinning.step(detailed, lost, openFor === spentFor ? 0 : spentMs);
    spentFor = openFor;
  }
  return { detailed, lost, openFor, thinned: thinning.thinned };
}

describe('the detail stream', () => {
  it('stays open while it can be read and is within its budget', () => {
    expect(run(2000, 1, 100, 2000)).toMatchObject({ detailed: 2000, lost: 0, openFor: 2000, thinned: false });
  });

  it('is thinned to its budget', () => {
    const { detailed, thinned, lost } = run(2000, 20, 1000, 5000);
    expect(thinned).toBe(true);
    expect(lost).toBe(0);
    expect(detailed).toBeGreaterThan(9000);
    expect(detailed).toBeLessThan(17_000);
  });

  it('is shut for as long as one slice of time made up for in advance', () => {
    const { detailed, openFor, lost } = run(2000, 1000, 4000, 20_000, { refuses: true });
    expect(lost).toBe(0);
    expect(detailed).toBeGreaterThan(30_000);
    expect(detailed).toBeLessThanOrEqual(44_000);
    expect(openFor).toBeLessThanOrEqual(60);
  });

  it('takes a tenth of the time where single drops are slow to read', () => {
    const { detailed, openFor, thinned } = run(2000, 1000, 200, 20_000, { refuses: true, spentMs: 100 });
    expect(thinned).toBe(true);
    // Each round of 200 takes 100 ms.
    expect(detailed).toBeGreaterThan(2000);
    expect(detailed).toBeLessThanOrEqual(5000);
    expect(openFor).toBeLessThan(200);
    expect(run(2000, 1, 200, 2000, { spentMs: 4 }).thinned).toBe(false);
  });

  it('is shut for longer and longer where it overflows', () => {
    const short = run(null, 100, 50, 1000);
    const long = run(null, 100, 50, 20_000);
    expect(short.thinned).toBe(true);
    expect(long.openFor / 20_000).toBeLessThan(short.openFor / 1000);
    expect(long.openFor).toBeGreaterThan(0);
  });

  it('opens again when the storm is over', () => {
    let [now, open] = [0, true];
    const tap = {
      open: () => {
        open = true;
      },
      close: () => {
        open = false;
      },
    };
    const thinning = new Thinning(tap, null, () => now);
    thinning.step(0, 0, 0);
    thinning.step(10, 5, 0);
    expect(open).toBe(false);
    for (; now < 1000; now += 5) thinning.step(10, 5, 0);
    expect(open).toBe(true);
  });
});
