import { expect, it } from 'vitest';
import { errnoName } from '../../src/explain/errno.js';
import type { LogAccessEvent } from '../../src/model/events.js';
import { LogRows } from '../../src/tui/log-rows.js';
import { accessesOf, hooksOf, KERNELS, recordsOf } from '../model/captures.js';
import { accessEvent } from '../model/events.js';

function rowsOf(...events: LogAccessEvent[]): [string | null, number, boolean][] {
  const rows = new LogRows();
  for (const event of events) rows.add(event, 0);
  return rows
    .rows()
    .sort((a, b) => a.id - b.id)
    .map(({ event, count, loud }) => [event.action, count, loud]);
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
const steal = accessEvent({ door: '/proc/kmsg', action: 'read', effect: 'steals', result: 100, time: 1 });
const refused = accessEvent({ action: 'READ_ALL', effect: 'none', result: -1, errno: 'EPERM' });
const level = accessEvent({ action: 'CONSOLE_LEVEL', effect: 'configures', length: 3 });

it.each<[string, LogAccessEvent[], [string | null, number, boolean][]]>([
  ['a reader of /dev/kmsg goes by its reads', [open, read, read, again], [['read', 4, false]]],
  [
    'two readers',
    [read, { ...read, pid: 7 }],
    [
      ['read', 1, false],
      ['read', 1, false],
    ],
  ],
  [
    'two doors',
    [read, { ...read, door: 'syslog' }],
    [
      ['read', 1, false],
      ['read', 1, false],
    ],
  ],
  [
    'every clear',
    [accessEvent(), accessEvent()],
    [
      ['CLEAR', 1, true],
      ['CLEAR', 1, true],
    ],
  ],
  [
    'a clear of which no result was seen',
    [accessEvent({ action: 'READ_CLEAR', effect: null, result: null })],
    [['READ_CLEAR', 1, true]],
  ],
  [
    'a clear that cleared nothing',
    [accessEvent({ action: 'READ_CLEAR', effect: 'none' })],
    [['READ_CLEAR', 1, false]],
  ],
  [
    'every setting',
    [level, level],
    [
      ['CONSOLE_LEVEL', 1, true],
      ['CONSOLE_LEVEL', 1, true],
    ],
  ],
  [
    "a daemon's steals: the first loud, the others folded",
    [steal, steal, steal],
    [
      ['read', 1, true],
      ['read', 2, false],
    ],
  ],
  [
    'another thief',
    [steal, { ...steal, pid: 7 }],
    [
      ['read', 1, true],
      ['read', 1, true],
    ],
  ],
  ['what one process was refused again and again', [refused, refused], [['READ_ALL', 2, true]]],
  [
    'what it was refused besides',
    [refused, { ...refused, action: 'CLEAR' }],
    [
      ['READ_ALL', 1, true],
      ['CLEAR', 1, true],
    ],
  ],
  ['what failed', [accessEvent({ action: '77', effect: 'none', errno: 'EINVAL' })], [['77', 1, false]]],
  ['a run that goes on', [read, { ...read, time: 11 }, { ...read, time: 20 }], [['read', 3, false]]],
  [
    'a run after a long pause',
    [read, { ...read, time: 12.5 }],
    [
      ['read', 1, false],
      ['read', 1, false],
    ],
  ],
])('%s', (_, events, expected) => {
  expect(rowsOf(...events)).toEqual(expected);
});

it('a run ends after a minute, however busy it is', () => {
  const events = Array.from({ length: 150 }, (_, i) => ({ ...read, time: i }));
  expect(rowsOf(...events).map(([, count]) => count)).toEqual([61, 61, 28]);
});

it('keeps the id of a row while it grows, and its moments', () => {
  const rows = new LogRows();
  rows.add(open, 0);
  const [before] = rows.rows();
  rows.add(again, 0);
  expect(rows.rows()).toEqual([{ ...before, count: 2, last: 3 }]);
});

it('a time that is not known is now', () => {
  const rows = new LogRows();
  rows.add({ ...read, time: null }, 42);
  expect(rows.rows()[0]?.time).toBe(42);
});

it('two thousand rows are kept; reads do not push out what is loud', () => {
  const rows = new LogRows();
  rows.add(accessEvent({ comm: 'culprit' }), 0);
  for (let pid = 1; pid <= 6000; pid++) rows.add({ ...read, pid }, 0);
  expect(rows.rows()).toHaveLength(2000);
  expect(rows.rows().filter(({ loud }) => loud)).toHaveLength(1);
  for (let pid = 1; pid <= 6000; pid++) rows.add({ ...refused, pid }, 0);
  expect(rows.rows()).toHaveLength(2000);
  expect(rows.rows().filter(({ loud }) => loud)).toHaveLength(1000);
});

it('a row that had to go is begun anew', () => {
  const rows = new LogRows();
  rows.add(read, 0);
  for (let pid = 1000; pid <= 4000; pid++) rows.add({ ...read, pid }, 0);
  rows.add(read, 0);
  const [last] = rows.rows().slice(-1);
  expect(last?.event.pid).toBe(read.pid);
  expect(last?.count).toBe(1);
});

it.each(KERNELS)('%s: dmesg -C is one loud row, dmesg -S -c one too', (kernel) => {
  for (const name of ['A-all-dmesg-C', 'A-all-dmesg-S-c']) {
    const hooks = hooksOf(
      ['__x64_sys_syslog', 'do_syslog'],
      { sys_enter_syslog: '__x64_sys_syslog' },
      { sys_exit_syslog: '__x64_sys_syslog' },
    );
    const rows = new LogRows();
    for (const access of accessesOf(hooks, recordsOf(kernel, name))) rows.add(eventOf(access), 0);
    expect(
      rows
        .rows()
        .filter(({ loud }) => loud)
        .map(({ event }) => event.effect),
    ).toEqual(['clears']);
  }
});

function eventOf(access: ReturnType<typeof accessesOf>[number]): LogAccessEvent {
  const { time, stack: _, ...rest } = access;
  const errno = access.result !== null && access.result < 0 ? errnoName(-access.result) : null;
  return { ...accessEvent(), ...rest, time: time / 1e9, pid: access.tid, errno };
}
