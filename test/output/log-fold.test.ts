import { expect, it } from 'vitest';
import type { LogAccessEvent } from '../../src/model/events.js';
import { LogFold } from '../../src/output/log-fold.js';
import { accessEvent } from '../model/events.js';

function fold(...events: LogAccessEvent[]): [LogAccessEvent, string][] {
  const told: [LogAccessEvent, string][] = [];
  const group = new LogFold(
    (first, what) => told.push([first, what]),
    () => performance.now(),
  );
  for (const event of events) group.add(event);
  group.flushAll();
  group.flushAll();
  return told;
}

const open = accessEvent({ door: '/dev/kmsg', action: 'open', effect: 'none', time: 1 });
const read = accessEvent({ door: '/dev/kmsg', action: 'read', effect: 'reads', result: 90, time: 2 });
const again = accessEvent({
  door: '/dev/kmsg',
  action: 'read',
  effect: 'none',
  result: -11,
  errno: 'EAGAIN',
  time: 3,
});
const steal = accessEvent({ door: '/proc/kmsg', action: 'read', effect: 'steals', result: 100 });
const write = accessEvent({ door: '/dev/kmsg', action: 'write', effect: 'writes', result: 5 });

it.each<[string, LogAccessEvent[], string[]]>([
  ['nothing', [], []],
  ['one read', [read], ['read 1 record']],
  ['dmesg', [open, read, read, read, again], ['open, read 3 records, EAGAIN']],
  ['several errors', [again, again], ['2 EAGAIN']],
  ['a taker', [steal, steal], ['took records in 2 reads (200 bytes)']],
  ['a writer', [open, write], ['open, wrote 1 record']],
  ['an action not known', [accessEvent({ action: null, effect: 'none' })], ['?']],
  ['two doors', [read, steal], ['read 1 record', 'took records in 1 read (100 bytes)']],
  ['two processes', [read, { ...read, pid: 101 }], ['read 1 record', 'read 1 record']],
  ['two threads of one process', [read, { ...read, tid: 101 }], ['read 2 records']],
  [
    'threads of nobody knows what',
    [
      { ...read, pid: null, tid: 7 },
      { ...read, pid: null, tid: 8 },
    ],
    ['read 1 record', 'read 1 record'],
  ],
])('%s', (_, events, expected) => {
  expect(fold(...events).map(([, what]) => what)).toEqual(expected);
});

it('goes by its most telling access, at the time of the first', () => {
  const [[first]] = fold(open, read, again);
  expect(first).toMatchObject({ effect: 'reads', time: 1 });
});

it('waits as long as it was told', () => {
  const told: string[] = [];
  const group = new LogFold(
    (_, what) => told.push(what),
    () => performance.now(),
  );
  group.add(read);
  group.flushOlder(60_000);
  expect(told).toEqual([]);
  group.flushOlder(0);
  expect(told).toEqual(['read 1 record']);
});

it('holds back a bounded number of processes, and loses none', () => {
  let told = 0;
  let held = 0;
  let most = 0;
  const group = new LogFold(
    () => {
      told++;
      held--;
    },
    () => 0,
  );
  for (let pid = 1; pid <= 5000; pid++) {
    group.add({ ...read, pid });
    most = Math.max(most, ++held);
  }
  expect(most).toBeLessThanOrEqual(1000);
  group.flushAll();
  expect(told).toBe(5000);
});
