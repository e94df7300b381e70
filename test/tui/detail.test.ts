import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DropEvent } from '../../src/model/events.js';
import { type DropDetailOptions, dropDetail } from '../../src/tui/detail-drop.js';
import { type LogDetailOptions, logDetail } from '../../src/tui/detail-log.js';
import { ScreenModel } from '../../src/tui/screen-model.js';
import type { DropRow, LogRow } from '../../src/tui/shown.js';
import { dropEvent } from '../model/drops.js';
import { accessEvent, identity } from '../model/events.js';
import { anyEvent } from './any-event.js';
import { CATALOGUE } from './catalogue.js';
import { countEvent } from './counts.js';

/** Noon in whatever zone the test runs in. */
const NOON = new Date(2026, 2, 1, 12).getTime();
const wall = (time: number) => NOON + time * 1000;

const LOG: LogDetailOptions = {
  wall,
  userName: (uid) => (uid === 0 ? 'root' : null),
  hidden: 40,
  recoverKey: 'h',
};

function logText(row: Partial<LogRow>, options: Partial<LogDetailOptions> = {}): string {
  const whole = { id: 1, time: 12.5, last: 12.5, count: 1, loud: true, event: accessEvent(), ...row };
  return logDetail(whole, { ...LOG, ...options })
    .map(({ text }) => text)
    .join('\n');
}

it('a clear: who, from where, what it hides and how to get it back', () => {
  const event = accessEvent({
    cpu: 3,
    process: identity({
      uid: 0,
      loginuid: 1000,
      unit: 'session-3.scope',
      container: 'docker:0123456789ab',
      parents: [
        { pid: 99, comm: 'clean.sh', cmdline: ['/bin/sh', './clean it.sh'] },
        { pid: 1, comm: 'systemd', cmdline: null },
      ],
    }),
    stack: ['do_syslog+0x1', '__x64_sys_syslog+0x2'],
  });
  expect(logText({ event })).toBe(
    `
dmesg[100]: syslog(2) CLEAR = 0
It cleared the log: dmesg and syslog(2) show nothing logged before it any more. Readers of /dev/kmsg still see it.
Hidden now: 40 records.
Nothing is erased until the ring overwrites it: h shows what is hidden, kwho log --recover prints it.

when
2026-03-01 12:00:12.500 (12.500000 s)

who
command   dmesg -C
name      dmesg
process   100
exe       /usr/bin/dmesg
user      root (uid 0)
login     uid 1000
unit      session-3.scope
container docker:0123456789ab

started by
clean.sh[99]  /bin/sh './clean it.sh'
systemd[1]

how
entry     __x64_sys_syslog
cpu       3
seen by   function

kernel path
do_syslog+0x1
__x64_sys_syslog+0x2`.trimStart(),
  );
});

it('what is loud is marked as such, what helps too', () => {
  const lines = logDetail({ id: 1, time: 1, last: 1, count: 1, loud: true, event: accessEvent() }, LOG);
  const styles = lines.slice(0, 4).map(({ style }) => style);
  expect(styles).toEqual(['title', 'loud', 'loud', 'good']);
});

it('nothing hidden, and nobody knows', () => {
  expect(logText({}, { hidden: null, recoverKey: null })).toContain(
    'How many records are hidden is not known.\nNothing is erased until the ring overwrites it: on that host, kwho log --recover prints it.',
  );
  expect(logText({}, { hidden: 1 })).toContain('Hidden now: 1 record.');
});

it.each<[string, Parameters<typeof accessEvent>[0], string]>([
  [
    'a steal',
    { effect: 'steals', door: '/proc/kmsg', action: 'read', result: 1200 },
    'The 1,200 bytes it took no other reader of /proc/kmsg',
  ],
  ['a refusal', { effect: 'none', errno: 'EPERM', result: -1 }, 'CAP_SYSLOG'],
  [
    'records missed',
    { effect: 'none', errno: 'EPIPE', door: '/dev/kmsg', action: 'read' },
    'has missed some',
  ],
  ['nothing new', { effect: 'none', errno: 'EAGAIN' }, 'nothing new to read'],
  ['a failure', { effect: 'none', errno: 'EINVAL', action: '77' }, 'failed and changed nothing'],
  [
    'a clear that failed to copy',
    { action: 'READ_CLEAR', errno: 'EFAULT', result: -14 },
    'It cleared the log',
  ],
  ['a setting', { effect: 'configures', action: 'CONSOLE_OFF' }, 'printing to the console off'],
  ['a read', { effect: 'reads', action: 'READ_ALL' }, 'nothing was taken'],
  ['a write', { effect: 'writes', door: '/dev/kmsg', action: 'write' }, 'wrote a record'],
  ['a question', { effect: 'none', action: 'SIZE_BUFFER' }, 'how large'],
  ['nobody knows', { effect: null, action: null }, 'not known'],
  ['perhaps a clear', { effect: null, result: null }, 'may have been cleared'],
])('says what it means: %s', (_, event, words) => {
  expect(logText({ event: accessEvent(event) }).split('\n')[1]).toContain(words);
});

it('a run of reads by a process that nobody saw start', () => {
  const event = accessEvent({
    process: null,
    pid: null,
    comm: 'a\x1b[2J',
    effect: 'reads',
    via: '__ia32_sys_syslog',
  });
  const text = logText({ event, count: 389, last: 20 });
  expect(text).toContain('389 accesses by this process at this door\nfirst     2026-03-01 12:00:12.500');
  expect(text).toContain('name      a\\x1b[2J\nprocess   thread 100\nNobody saw this process start');
  expect(text).toContain('entry     __ia32_sys_syslog, a 32-bit caller');
});

const { key } = countEvent();
const ROW: DropRow = {
  id: 'place\0x',
  key,
  count: 1234,
  rate: 12.4,
  recent: [],
  verdict: 'suspect',
  first: 0,
  last: 12.5,
  exact: true,
};
const DROP: DropDetailOptions = {
  explanation: CATALOGUE.explain('NO_SOCKET', '__udp4_lib_rcv'),
  evidence: ['nobody listens on udp 10.1.1.2:9', 'bytes \x1b[31m'],
  samples: [dropEvent(), dropEvent({ time: 11, stack: ['__udp4_lib_rcv+0x235', 'ip_rcv+0x1'] })],
  wall,
  host: null,
};

const dropText = (row: Partial<DropRow>, options: Partial<DropDetailOptions> = {}) =>
  dropDetail({ ...ROW, ...row }, { ...DROP, ...options })
    .map(({ text }) => text)
    .join('\n');

it('a drop: what happened, what is known of it here, what to do', () => {
  const { what, next, kernels, verdict } = DROP.explanation!;
  expect(verdict).toBe('suspect');
  expect(dropText({})).toBe(
    `
__udp4_lib_rcv+0x235  NO_SOCKET  s0  server
${what}
SUSPECT: worth looking into. The catalogue says so of NO_SOCKET.

how many
1,234 drops, 12/s over the last seconds
first     2026-03-01 12:00:00.000 (0.000000 s)
last      2026-03-01 12:00:12.500 (12.500000 s)

on this host
nobody listens on udp 10.1.1.2:9
bytes \\x1b[31m

what to do
${next}

seen one by one, newest first
12:00:12.500  udp 10.1.1.1:40000 → 10.1.1.2:9  9 bytes  NO_SOCKET  at __udp4_lib_rcv+0x235  on s0  in server  while python3[226] ran
12:00:11.000  udp 10.1.1.1:40000 → 10.1.1.2:9  9 bytes  NO_SOCKET  at __udp4_lib_rcv+0x235  on s0  in server  while python3[226] ran

kernel path of one of them
__udp4_lib_rcv+0x235
ip_rcv+0x1

Kernels: ${kernels}`.trimStart(),
  );
});

describe('a drop', () => {
  it('of which this host is still asked, or has nothing to say', () => {
    expect(dropText({}, { evidence: null })).toContain('on this host\nlooking…');
    expect(dropText({}, { evidence: [] })).toContain('on this host\nNothing was found');
  });

  it('that is less than its place is known for', () => {
    expect(dropText({ verdict: 'noise' })).toContain(
      'Noise: a healthy host has it too. In general NO_SOCKET is suspect',
    );
  });

  it('counted from samples, and of which nothing is known', () => {
    const text = dropText(
      { exact: false, key: { comm: 'x' }, rate: 0.25 },
      { explanation: null, samples: [], evidence: [] },
    );
    expect(text).toContain('1,234 drops, 0.3/s');
    expect(text).toContain('these are samples');
    expect(text).not.toContain('what to do');
    expect(text).not.toContain('kernel path');
  });
});

it('shows no byte that could do harm, whatever the events say', () => {
  const view = { filter: null, invert: false } as const;
  fc.assert(
    fc.property(fc.array(anyEvent), (events) => {
      const model = new ScreenModel();
      for (const event of events) model.event(event);
      const lines = [
        ...model.logRows({ ...view, sort: 'time' }).flatMap((row) => logDetail(row, LOG)),
        ...(['place', 'flow', 'comm'] as const).flatMap((by) =>
          model
            .dropRows({ ...view, sort: 'count', by })
            .flatMap((row) => dropDetail(row, { ...DROP, samples: model.samples(row) as DropEvent[] })),
        ),
      ];
      for (const { text } of lines) expect(text).toMatch(/^[^\x00-\x1f\x7f-\x9f]*$/);
    }),
  );
});
