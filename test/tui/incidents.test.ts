import { expect, it } from 'vitest';
import type { KernelMessageEvent, LostEvent, NoticeEvent } from '../../src/model/events.js';
import { Incidents } from '../../src/tui/incidents.js';
import { ToldIncidents } from '../../src/tui/told-incidents.js';
import { accessEvent, identity } from '../model/events.js';

const WHAT = { time: 1, text: 'x', hint: null };

it('equal ones are one with a count, of different kinds two', () => {
  const incidents = new Incidents();
  incidents.note('clear', 'a', WHAT);
  incidents.note('clear', 'a', { ...WHAT, time: 9 }, 4);
  incidents.note('lost', 'a', WHAT);
  incidents.note('clear', 'b', WHAT);
  expect(incidents.list().map(({ kind, count, time, last }) => [kind, count, time, last])).toEqual([
    ['clear', 5, 1, 9],
    ['lost', 1, 1, 1],
    ['clear', 1, 1, 1],
  ]);
});

it('what comes after its like was acknowledged is told again', () => {
  const incidents = new Incidents();
  const { id } = incidents.note('clear', 'a', WHAT);
  incidents.acknowledge(id);
  incidents.note('clear', 'a', WHAT);
  incidents.note('clear', 'a', WHAT);
  expect(incidents.list().map(({ acknowledged, count }) => [acknowledged, count])).toEqual([
    [true, 1],
    [false, 2],
  ]);
});

it('a flood of one kind pushes out its own, what is acknowledged first', () => {
  const incidents = new Incidents();
  incidents.note('clear', 'culprit', WHAT);
  const { id } = incidents.note('lost', 'known', WHAT);
  incidents.acknowledge(id);
  for (let i = 0; i < 1000; i++) incidents.note('kernel', String(i), WHAT);
  const list = incidents.list();
  expect(list).toHaveLength(200);
  expect(list.map(({ kind }) => kind)).toContain('clear');
  expect(list.map(({ kind }) => kind)).not.toContain('lost');
  incidents.note('kernel', '999', WHAT);
  expect(incidents.list().at(-1)?.count).toBe(2);
  incidents.note('kernel', '0', WHAT);
  expect(incidents.list().at(-1)?.count).toBe(1);
});

it('copies do not change', () => {
  const incidents = new Incidents();
  incidents.note('clear', 'a', WHAT);
  const before = incidents.list();
  const other = new Incidents(before.map((incident) => ({ ...incident })));
  incidents.note('clear', 'a', WHAT);
  other.acknowledge(before[0]!.id);
  expect(before[0]).toMatchObject({ count: 1, acknowledged: false });
  expect(other.list()[0]).toMatchObject({ count: 1, acknowledged: true });
});

function told(tell: (incidents: ToldIncidents) => void): unknown[] {
  const incidents = new Incidents();
  tell(new ToldIncidents(incidents));
  return incidents.list().map(({ kind, count, text, hint }) => [kind, count, text, hint !== null]);
}

const culprit = accessEvent({ process: identity({ unit: 'session-3.scope', loginuid: 1000 }) });

it.each([
  [
    'a clear, again by another run of the same',
    [culprit, { ...culprit, pid: 101, tid: 101 }],
    [
      [
        'clear',
        2,
        'dmesg[100] has cleared the kernel log: syslog(2) CLEAR = 0, uid 0, login uid 1000, session-3.scope',
        true,
      ],
    ],
  ],
  ['who cleared differs', [culprit, { ...culprit, comm: 'sh' }], [expect.anything(), expect.anything()]],
  [
    'a clear of which no result was seen, by nobody knows whom',
    [accessEvent({ effect: null, result: null, process: null, comm: '\x1b[2J' })],
    [['clear', 1, '\\x1b[2J[100] may have cleared the kernel log: syslog(2) CLEAR (result not seen)', true]],
  ],
  ['a clear that was refused', [accessEvent({ effect: 'none', errno: 'EPERM', result: -1 })], []],
  ['a steal', [accessEvent({ effect: 'steals', door: '/proc/kmsg', action: 'read' })], []],
])('%s', (_, events, expected) => {
  expect(
    told((incidents) => {
      for (const event of events) incidents.access(event);
    }),
  ).toEqual(expected);
});

const loss: LostEvent = {
  type: 'lost',
  time: null,
  backend: 'hist',
  where: 'ring',
  count: 7,
  cpu: 1,
  what: 'drops',
};

it('losses of one kind are added up; those that nobody counted are others', () => {
  const losses = [
    loss,
    { ...loss, cpu: 2, count: 3 },
    { ...loss, count: null },
    { ...loss, where: 'table' as const },
  ];
  expect(
    told((incidents) => {
      for (const event of losses) incidents.lost(event);
    }),
  ).toEqual([
    ['lost', 10, 'drops (ring)', true],
    ['lost', 1, 'an unknown number of drops (ring)', true],
    ['lost', 7, 'drops (table)', true],
  ]);
});

const notice: NoticeEvent = {
  type: 'notice',
  time: null,
  backend: 'kwho',
  level: 'warning',
  code: 'malformed',
  text: 'a\x07',
  hint: null,
};

it('warnings are folded by code, rivals by who they are; what is only said is none', () => {
  const rivals = { ...notice, code: 'competing-readers', hint: 'stop one' };
  const notices: NoticeEvent[] = [
    notice,
    { ...notice, text: 'b' },
    { ...notice, level: 'error', code: 'silent' },
    { ...notice, level: 'info', code: 'started' },
    { ...rivals, text: 'a and b' },
    { ...rivals, text: 'a and c' },
  ];
  expect(
    told((incidents) => {
      for (const event of notices) incidents.notice(event);
    }),
  ).toEqual([
    ['warning', 2, 'a\\x07', false],
    ['warning', 1, 'a\\x07', false],
    ['steal', 1, 'a and b', true],
    ['steal', 1, 'a and c', true],
  ]);
});

it('messages of the kernel that matter', () => {
  const message: KernelMessageEvent = {
    type: 'kernel-message',
    time: 3,
    backend: '/dev/kmsg',
    seq: 1,
    level: 4,
    facility: 0,
    flags: '-',
    caller: null,
    text: 'nf_conntrack: nf_conntrack: table full, dropping packet',
    fields: {},
  };
  const answers: boolean[] = [];
  const list = told((incidents) => {
    for (const event of [message, message, { ...message, text: 'usb 1-1: new device' }])
      answers.push(incidents.message(event));
  });
  expect(answers).toEqual([true, true, false]);
  expect(list).toEqual([['kernel', 2, message.text, true]]);
});
