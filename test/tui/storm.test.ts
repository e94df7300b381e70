import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Incidents } from '../../src/tui/incidents.js';
import { StormWatch } from '../../src/tui/storm.js';
import { anyCount } from './any-event.js';
import { countEvent } from './counts.js';

/** What is told of drops, so many in each second from 100 on. */
function stormsOf(perSecond: readonly number[], verdict: 'suspect' | 'policy' | 'noise' = 'suspect') {
  const incidents = new Incidents();
  const watch = new StormWatch(incidents, null);
  watch.tick(100);
  perSecond.forEach((count, i) => {
    if (count > 0) watch.count(countEvent({ from: 100 + i, count, verdict }));
    for (let tenth = 0; tenth < 10; tenth++) watch.tick(101 + i + tenth / 10);
  });
  return incidents.list();
}

const second = (count: number, times: number) => Array<number>(times).fill(count);

it.each<[string, number[], number[]]>([
  ['nothing', second(0, 60), []],
  ['a little all the time', second(99, 60), []],
  ['much all of a sudden', [...second(0, 10), 100], [100]],
  ['what is usual has grown slowly', Array.from({ length: 100 }, (_, i) => 2 * i), []],
  ['four times the usual', [...second(90, 60), ...second(360, 3)], []],
  ['six times the usual', [...second(90, 60), ...second(540, 3)], [1620]],
  ['a second of it is one storm', [0, 500, 0, 0, 0, 0, 0, 0, 0, 0], [500]],
  ['one that pauses is one storm', [0, ...second(500, 3), 0, 0, 0, ...second(500, 3)], [3000]],
  ['one that comes back soon is the same', [0, 500, ...second(0, 20), 500], [1000]],
  ['one that comes back later is another', [0, 500, ...second(0, 60), 500], [500, 500]],
  ['one that lasts', [0, ...second(500, 200)], [100_000]],
])('%s', (_, perSecond, expected) => {
  expect(stormsOf(perSecond).map(({ count }) => count)).toEqual(expected);
  expect(stormsOf(perSecond, 'policy').map(({ count }) => count)).toEqual(expected);
  expect(stormsOf(perSecond, 'noise')).toEqual([]);
});

it('says how bad it was, what most of it was, and when it is over', () => {
  const under = stormsOf([...second(3, 60), 500, 1234]);
  expect(under).toMatchObject([{ kind: 'storm', time: 160, last: 162, count: 1734 }]);
  expect(under[0]?.text).toBe(
    'drop storm: 1,234/s at its peak, 3/s before, most of them __udp4_lib_rcv+0x235 NO_SOCKET s0 server',
  );
  expect(stormsOf([...second(3, 60), 500, 1234, ...second(0, 10)])[0]?.text).toMatch(/; over after 2 s$/);
});

it('names the place that most of it comes from', () => {
  const incidents = new Incidents();
  const watch = new StormWatch(incidents, null);
  for (const [dev, count] of [
    ['a', 70],
    ['b', 90],
    ['c', 20],
  ] as const)
    watch.count(countEvent({ key: { dev }, count }));
  watch.tick(101);
  expect(incidents.list()[0]?.text).toMatch(/most of them b$/);
  expect(incidents.list()[0]?.count).toBe(180);
});

it('is told at the end of the interval in which it begins, also of a short one', () => {
  const incidents = new Incidents();
  const watch = new StormWatch(incidents, null);
  watch.tick(100);
  watch.count(countEvent({ from: 100, to: 100.25, count: 60 }));
  watch.tick(100.3);
  expect(incidents.list()).toEqual([]);
  watch.count(countEvent({ from: 100.25, to: 100.5, count: 60 }));
  expect(watch.tick(100.5)).toBe(true);
  expect(incidents.list()).toMatchObject([{ count: 120, time: 100 }]);
});

it('is found by a replay that ticks rarely', () => {
  const incidents = new Incidents();
  const watch = new StormWatch(incidents, null);
  for (let i = 0; i < 100; i++) watch.count(countEvent({ from: i, count: i === 50 ? 5000 : 1 }));
  watch.tick(100);
  expect(incidents.list()).toMatchObject([{ time: 50, count: 5005 }]);
  expect(incidents.list()[0]?.text).toMatch(/5,000\/s at its peak, 1\/s before.*over/);
});

it('goes on where it was acknowledged, and is told again when it comes back', () => {
  const incidents = new Incidents();
  const watch = new StormWatch(incidents, null);
  const storm = (from: number) => {
    watch.count(countEvent({ from, count: 500 }));
    watch.tick(from + 1);
  };
  storm(100);
  incidents.acknowledge(incidents.list()[0]!.id);
  storm(101);
  expect(incidents.list()).toMatchObject([{ acknowledged: true, count: 1000 }]);
  for (let at = 102; at < 110; at++) watch.tick(at);
  storm(110);
  expect(incidents.list()).toMatchObject([{ acknowledged: true }, { acknowledged: false, count: 500 }]);
});

it('whatever is counted and whenever it is looked', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyCount, fc.double())), (steps) => {
      const incidents = new Incidents();
      const watch = new StormWatch(incidents, null);
      for (const step of steps) {
        if (typeof step === 'number') watch.tick(step);
        else if (step.type === 'drop-count') watch.count(step);
      }
      for (const { text } of incidents.list()) expect(text).toMatch(/^drop storm: [\d,]+\/s at its peak/);
    }),
  );
});
