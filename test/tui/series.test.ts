import { expect, it } from 'vitest';
import { Horizon } from '../../src/tui/horizon.js';
import { SeriesSteps } from '../../src/tui/series.js';
import { topReasons } from '../../src/tui/top-reasons.js';
import { accessEvent } from '../model/events.js';
import { countEvent, placed } from './counts.js';

it('drops by verdict and the log by effect, a step a second, up to where all is told', () => {
  const horizon = new Horizon(1);
  const series = new SeriesSteps(horizon);
  for (const event of [
    countEvent({ from: 100 }),
    countEvent({ from: 101, count: 4, verdict: 'policy' }),
    countEvent({ from: 101, count: 2, verdict: 'noise' }),
  ]) {
    horizon.interval(event);
    series.drops(event);
  }
  series.access(accessEvent({ time: 100.5 }));
  series.access(accessEvent({ time: 101.5, effect: 'steals', door: '/proc/kmsg' }));
  series.access(accessEvent({ time: 101.6, effect: 'reads', action: 'READ_ALL' }));
  series.access(accessEvent({ time: 101.7, effect: 'none', action: 'CLEAR', errno: 'EPERM' }));
  series.access(accessEvent({ time: 102.5 }));
  const { step, end, drops, log } = series.picture();
  const last = ([...counts]: readonly number[]) => counts.slice(-2);
  expect([step, end]).toEqual([1, 102]);
  expect(Object.values(drops).map(last)).toEqual([
    [10, 0],
    [0, 4],
    [0, 2],
  ]);
  expect(Object.entries(log).map(([name, counts]) => [name, ...last(counts)])).toEqual([
    ['clears', 1, 0],
    ['steals', 0, 1],
    ['reads', 0, 1],
    ['others', 0, 1],
  ]);
  expect([...Object.values(drops), ...Object.values(log)].map(({ length }) => length)).toEqual(
    Array(7).fill(60),
  );
});

it('names the reasons of all but noise, largest first; a kernel without reasons has functions', () => {
  const rows = [
    countEvent({ key: placed({ reason: 'A' }), count: 3 }),
    countEvent({ key: placed({ reason: 'B', dev: 'x' }), count: 2, verdict: 'policy' }),
    countEvent({ key: placed({ reason: 'B' }), count: 2 }),
    countEvent({ key: placed({ reason: 'C' }), count: 9, verdict: 'noise' }),
    countEvent({ key: placed({ reason: null }), count: 1 }),
    countEvent({ key: {}, count: 1 }),
  ];
  expect(topReasons(rows)).toEqual([
    { name: 'B', count: 4 },
    { name: 'A', count: 3 },
    { name: '__udp4_lib_rcv', count: 1 },
    { name: '-', count: 1 },
  ]);
});
