import { expect, it } from 'vitest';
import { DropSamples } from '../../src/tui/drop-samples.js';
import { DropTally } from '../../src/tui/drop-tally.js';
import { Horizon } from '../../src/tui/horizon.js';
import { dropEvent } from '../model/drops.js';

const REST = { id: 'rest', key: { dev: null } };

function tallyOf(most: number) {
  const tally = new DropTally(new Horizon(1), REST, most);
  const add = (dev: string, count: number, from = 100) =>
    tally.add(
      dev,
      () => ({ dev }),
      { from, to: from + 1, count },
      () => (dev.startsWith('n') ? 'noise' : 'suspect'),
    );
  return { tally, add };
}

it('keeps so many rows, and every drop', () => {
  const { tally, add } = tallyOf(64);
  for (let i = 0; i < 10_000; i++) add(`n${i}`, 3, i);
  const rows = tally.rows();
  expect(rows.length).toBeLessThanOrEqual(64);
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(30_000);
  const rest = rows.find(({ id }) => id === REST.id);
  expect(rest).toMatchObject({ key: REST.key, verdict: 'noise', first: 0 });
  expect(rest?.count).toBeGreaterThan(29_000);
});

it('what goes on stays, what is quiet goes', () => {
  const { tally, add } = tallyOf(64);
  for (let i = 0; i < 1000; i++) {
    add('busy', 1, i);
    add(`n${i}`, 1, i);
  }
  expect(tally.rows().find(({ id }) => id === 'busy')?.count).toBe(1000);
});

it('the rest is as grave as the gravest in it', () => {
  const { tally, add } = tallyOf(8);
  for (let i = 0; i < 20; i++) add(i === 3 ? 'suspect' : `n${i}`, 1);
  expect(tally.rows().find(({ id }) => id === REST.id)?.verdict).toBe('suspect');
});

it('samples: so many places, so many of each', () => {
  const samples = new DropSamples();
  for (let i = 0; i < 3000; i++) {
    samples.add(dropEvent({ netns: i, time: i }));
    samples.add(dropEvent({ reason: 'SAME', time: i }));
  }
  expect(samples.ofRow('reason\0\0SAME\0\0\0\0\0\0').map(({ time }) => time)).toEqual(
    Array.from({ length: 16 }, (_, i) => 2999 - i),
  );
  const copy = new DropSamples(samples);
  samples.add(dropEvent({ reason: 'SAME', time: 9999 }));
  expect(copy.ofRow('reason\0\0SAME\0\0\0\0\0\0')[0]?.time).toBe(2999);
  expect(copy.ofRow('comm\0/python3')).toHaveLength(16);
});
