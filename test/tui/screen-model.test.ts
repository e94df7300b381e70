import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KwhoEvent } from '../../src/model/events.js';
import { parseRowFilter, type RowFilter } from '../../src/tui/row-filter.js';
import { ScreenModel } from '../../src/tui/screen-model.js';
import {
  DROP_GROUPINGS,
  DROP_SORTS,
  type DropGrouping,
  type DropView,
  isExact,
  LOG_SORTS,
  type LogView,
} from '../../src/tui/view.js';
import { dropEvent } from '../model/drops.js';
import { accessEvent, identity } from '../model/events.js';
import { anyCount, anyEvent } from './any-event.js';
import { countEvent, placed } from './counts.js';

const LOG: LogView = { filter: null, sort: 'time', invert: false };
const DROPS: DropView = { filter: null, sort: 'count', invert: false, by: 'place' };

function modelOf(...events: KwhoEvent[]): ScreenModel {
  const model = new ScreenModel({ host: 4026531840 });
  for (const event of events) model.event(event);
  return model;
}

function filterOf(text: string): RowFilter {
  const filter = parseRowFilter(text);
  if ('problem' in filter) throw new Error(filter.problem);
  return filter;
}

/** Everything that it answers, as text. */
function everything(model: ScreenModel): string {
  return JSON.stringify([
    ...LOG_SORTS.map((sort) => model.logRows({ ...LOG, sort })),
    ...DROP_GROUPINGS.flatMap((by) => DROP_SORTS.map((sort) => model.dropRows({ ...DROPS, by, sort }))),
    ...DROP_GROUPINGS.flatMap((by) => model.dropRows({ ...DROPS, by }).map((row) => model.samples(row))),
    model.health(),
    model.incidents(),
    model.series(),
    model.messages(),
  ]);
}

describe('whatever the events say', () => {
  it('answers, and stays bounded', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyEvent, fc.double()), { maxLength: 300 }), (steps) => {
        const model = new ScreenModel();
        for (const step of steps) {
          if (typeof step === 'number') model.tick(step);
          else model.event(step);
        }
        expect(everything(model)).not.toContain('undefined');
        expect(model.series().drops.suspect).toHaveLength(60);
      }),
    );
  });

  it('what is counted adds up under every exact grouping', () => {
    fc.assert(
      fc.property(
        fc.array(anyCount),
        fc.constantFrom(...DROP_SORTS),
        fc.boolean(),
        (events, sort, invert) => {
          const model = modelOf(...events);
          const total = events.reduce(
            (sum, event) => sum + (event.type === 'drop-count' ? event.count : 0),
            0,
          );
          for (const by of DROP_GROUPINGS.filter(isExact)) {
            const rows = model.dropRows({ filter: null, sort, invert, by });
            expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(total);
            expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
          }
          expect(model.health().counted).toBe(total);
        },
      ),
    );
  });

  it('a frozen view answers what it did, and afterwards what it had missed', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), fc.array(anyEvent), fc.nat(5000), (before, after, clock) => {
        const model = modelOf(...before);
        model.pause(true);
        const frozen = everything(model);
        for (const event of after) model.event(event);
        model.tick(clock);
        expect(everything(model)).toBe(frozen);
        expect(model.missed).toBe(after.length);
        model.pause(false);
        const straight = modelOf(...before, ...after);
        straight.tick(clock);
        expect(everything(model)).toBe(everything(straight));
        expect(model.missed).toBe(0);
      }),
    );
  });

  it('inverting a sort turns it round', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        const model = modelOf(...events);
        for (const sort of LOG_SORTS)
          expect(model.logRows({ ...LOG, sort, invert: true })).toEqual(
            [...model.logRows({ ...LOG, sort })].reverse(),
          );
        for (const sort of DROP_SORTS) {
          const rows = model.dropRows({ ...DROPS, sort });
          expect(model.dropRows({ ...DROPS, sort, invert: true })).toEqual([...rows].reverse());
        }
      }),
    );
  });
});

it('a place seen in several intervals is one row that stays the same', () => {
  const model = modelOf(countEvent());
  const [before] = model.dropRows(DROPS);
  model.event(countEvent({ from: 101, count: 5, verdict: 'policy' }));
  expect(model.dropRows(DROPS)).toEqual([
    expect.objectContaining({
      id: before?.id,
      count: 15,
      verdict: 'policy',
      first: 100,
      last: 102,
      exact: true,
    }),
  ]);
});

const THREE = [
  countEvent({ key: placed({ dev: 'b', reason: 'X' }), count: 7, verdict: 'noise' }),
  countEvent({ key: placed({ dev: 'a', reason: 'Z' }), count: 3, verdict: 'policy' }),
  countEvent({ key: placed({ dev: 'c', reason: 'Y', netns: 4026531840, netnsName: null }), count: 5 }),
];

it.each([
  ['count', 'b c a'],
  ['dev', 'a b c'],
  ['reason', 'b c a'],
  ['kind', 'c a b'],
  ['netns', 'c b a'],
] as const)('drops by %s: %s', (sort, order) => {
  const rows = modelOf(...THREE).dropRows({ ...DROPS, sort });
  expect(rows.map(({ key }) => key.dev).join(' ')).toBe(order);
});

it('drops of the last moment first', () => {
  const model = modelOf(
    ...THREE,
    countEvent({ key: placed({ dev: 'a', reason: 'Z' }), from: 130, verdict: 'policy' }),
  );
  expect(model.dropRows({ ...DROPS, sort: 'last' })[0]?.key.dev).toBe('a');
  expect(model.dropRows({ ...DROPS, sort: 'rate' })[0]?.key.dev).toBe('a');
});

it.each([
  ['dev=c', 'c'],
  ['!dev=c', 'b a'],
  ['noise', 'b'],
  ['netns=host', 'c'],
  ['kind=policy z', 'a'],
  ['! a', 'b c'],
])('drops that pass %s', (text, devs) => {
  const rows = modelOf(...THREE).dropRows({ ...DROPS, filter: filterOf(text) });
  expect(rows.map(({ key }) => key.dev).join(' ')).toBe(devs);
});

it('groups have the gravest verdict and what their rows have together', () => {
  const by: DropGrouping = 'location';
  const model = modelOf(...THREE);
  model.tick(103);
  const [row, ...others] = model.dropRows({ ...DROPS, by });
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    count: 15,
    verdict: 'suspect',
    key: { location: { symbol: '__udp4_lib_rcv' } },
  });
  expect(row?.recent.at(-2)).toBe(15);
  expect(row?.rate).toBeGreaterThan(0);
});

it('a rate counts what is told of the last seconds, and ends when nothing comes', () => {
  const model = new ScreenModel();
  model.tick(90);
  for (let from = 90; from < 100; from++) model.event(countEvent({ from, count: 50 }));
  model.tick(100.1);
  expect(model.dropRows(DROPS)[0]?.rate).toBeCloseTo(50);
  expect(model.dropRows(DROPS)[0]?.recent).toEqual([...Array(6).fill(0), ...Array(10).fill(50)]);
  model.tick(110);
  expect(model.dropRows(DROPS)[0]?.rate).toBe(0);
});

it('drops seen one by one are samples of every row that they belong to, newest first', () => {
  const drops = Array.from({ length: 40 }, (_, i) => dropEvent({ time: i, comm: i % 2 === 0 ? 'a' : 'b' }));
  const other = dropEvent({ time: 99, reason: 'OTHER', flow: null });
  const model = modelOf(countEvent(), ...drops, other);
  const [row] = model.dropRows(DROPS);
  expect(model.samples(row!).map(({ time }) => time)).toEqual(Array.from({ length: 16 }, (_, i) => 39 - i));
  const [location] = model.dropRows({ ...DROPS, by: 'location' });
  expect(model.samples(location!)[0]?.time).toBe(99);
  const names = model.dropRows({ ...DROPS, by: 'comm' });
  const b = names.find(({ key }) => key.comm === 'b')!;
  expect(model.samples(b).map(({ time }) => time)).toEqual([39, 37, 35, 33, 31, 29, 27, 25]);
});

it('flows and names are counted from the drops seen one by one', () => {
  const { flow } = dropEvent();
  const model = modelOf(
    countEvent({ count: 1000 }),
    dropEvent({ comm: 'a' }),
    dropEvent({ comm: 'a', flow: { ...flow!, ttl: 3 } }),
    dropEvent({ comm: 'b', flow: { ...flow!, sport: 1 }, verdict: 'noise' }),
  );
  const flows = model.dropRows({ ...DROPS, by: 'flow' });
  expect(flows.map(({ count, exact, key }) => [count, exact, key.flow?.sport])).toEqual([
    [2, false, 40000],
    [1, false, 1],
  ]);
  const names = model.dropRows({ ...DROPS, by: 'comm' });
  expect(names.map(({ key, count, verdict }) => [key.comm, count, verdict])).toEqual([
    ['a', 2, 'suspect'],
    ['b', 1, 'noise'],
  ]);
  expect(model.samples(names[1]!)).toHaveLength(1);
  expect(model.health()).toMatchObject({ counted: 1000, detailed: 3 });
});

it('the log by each of its columns, and what passes a filter', () => {
  const model = modelOf(
    accessEvent({ time: 3, pid: 1, tid: 1, comm: 'zsh' }),
    accessEvent({
      time: 1,
      pid: 2,
      tid: 2,
      comm: 'bash',
      door: '/dev/kmsg',
      action: 'read',
      effect: 'reads',
    }),
    accessEvent({ time: 2, pid: 3, tid: 3, comm: 'cat', process: identity({ unit: 'x.service' }) }),
  );
  const order = (view: Partial<LogView>) => model.logRows({ ...LOG, ...view }).map(({ event }) => event.comm);
  expect(order({})).toEqual(['bash', 'cat', 'zsh']);
  expect(order({ invert: true })).toEqual(['zsh', 'cat', 'bash']);
  expect(order({ sort: 'who' })).toEqual(['bash', 'cat', 'zsh']);
  expect(order({ sort: 'door' })).toEqual(['bash', 'cat', 'zsh']);
  expect(order({ sort: 'effect', invert: true })[0]).toBe('bash');
  expect(order({ filter: filterOf('effect=clears unit=x.serv') })).toEqual(['cat']);
  expect(order({ filter: filterOf('! clears') })).toEqual(['bash']);
  expect(order({ filter: filterOf('pid=3') })).toEqual(['cat']);
});

it('grows its version with what is shown, and only then', () => {
  const model = new ScreenModel();
  const versions = [model.version];
  const changed = () => versions.push(model.version) > 1 && versions.at(-1)! > versions.at(-2)!;
  model.event(countEvent({ count: 1 }));
  expect(changed()).toBe(true);
  model.tick(101.5);
  changed();
  model.tick(101.6);
  expect(changed()).toBe(false);
  model.tick(103);
  expect(changed()).toBe(true);
  model.pause(true);
  expect(changed()).toBe(true);
  model.tick(109);
  expect(changed()).toBe(false);
});

it('acknowledges while the view is frozen, what is shown there and nothing else', () => {
  const model = modelOf(accessEvent());
  model.pause(true);
  model.event(accessEvent({ comm: 'other' }));
  model.acknowledge(null);
  expect(model.incidents().map(({ acknowledged }) => acknowledged)).toEqual([true]);
  model.pause(false);
  expect(model.incidents().map(({ acknowledged }) => acknowledged)).toEqual([true, false]);
  model.acknowledge(model.incidents()[1]!.id);
  expect(model.incidents().every(({ acknowledged }) => acknowledged)).toBe(true);
});

it('the same rows, as long as nothing has changed', () => {
  const model = modelOf(countEvent(), accessEvent());
  expect(model.logRows({ ...LOG })).toBe(model.logRows({ ...LOG }));
  expect(model.dropRows({ ...DROPS })).toBe(model.dropRows({ ...DROPS }));
  expect(model.dropRows({ ...DROPS, by: 'dev' })).not.toBe(model.dropRows(DROPS));
});
