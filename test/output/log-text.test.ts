import { describe, expect, it } from 'vitest';
import type { KwhoEvent } from '../../src/model/events.js';
import { LogTextSink } from '../../src/output/log-text.js';
import { accessEvent, identity } from '../model/events.js';
import { CollectingChannel } from './collecting-channel.js';

/** Noon, wherever the test runs. */
const NOON = new Date(2026, 0, 2, 12, 0, 0).getTime();

function show(events: readonly KwhoEvent[], options: { all?: boolean; color?: boolean } = {}): string {
  const channel = new CollectingChannel();
  const sink = new LogTextSink(channel, {
    all: false,
    color: false,
    wall: (time) => NOON + time * 1000,
    now: () => 0,
    userName: (uid) =>
      new Map([
        [0, 'root'],
        [1000, 'alice'],
      ]).get(uid) ?? null,
    ...options,
  });
  for (const event of events) sink.event(event);
  sink.end();
  return channel.text;
}

const CLEAR = accessEvent({
  time: 1.5,
  process: identity({
    cmdline: ['dmesg', '-C'],
    loginuid: 1000,
    unit: 'session-3.scope',
    parents: [
      { pid: 90, comm: 'clean.sh', cmdline: ['/bin/sh', './clean up.sh'] },
      { pid: 80, comm: 'bash', cmdline: ['-bash'] },
      { pid: 1, comm: 'systemd', cmdline: ['/sbin/init', 'splash'] },
    ],
  }),
});
const OPEN = accessEvent({ time: 2, door: '/dev/kmsg', action: 'open', effect: 'none', via: 'devkmsg_open' });
const READ = accessEvent({ time: 2.1, door: '/dev/kmsg', action: 'read', effect: 'reads', result: 90 });
const AGAIN = accessEvent({
  time: 2.2,
  door: '/dev/kmsg',
  action: 'read',
  effect: 'none',
  result: -11,
  errno: 'EAGAIN',
});
const STEAL = accessEvent({
  time: 3,
  pid: 300,
  tid: 301,
  comm: 'in:imklog',
  door: '/proc/kmsg',
  action: 'read',
  effect: 'steals',
  length: 8192,
  result: 74,
  process: identity({ pid: 300, comm: 'rsyslogd', cmdline: ['rsyslogd', '-n'], unit: 'rsyslog.service' }),
});

it('a run', () => {
  const text = show([
    notice({ code: 'started', text: 'watching the kernel log' }),
    CLEAR,
    OPEN,
    READ,
    READ,
    AGAIN,
    STEAL,
    { ...STEAL, time: 3.5, result: 26 },
    accessEvent({
      time: 4,
      effect: 'none',
      result: -1,
      errno: 'EPERM',
      process: null,
      pid: null,
      tid: 77,
      comm: null,
    }),
    accessEvent({ time: 5, effect: null, action: null, result: null, length: null }),
    accessEvent({
      time: 6,
      door: 'kernel',
      via: 'evil_init',
      action: 'CLEAR',
      process: identity({ cmdline: null, exe: null, comm: 'insmod', uid: 5 }),
    }),
    accessEvent({
      time: 7,
      action: 'CONSOLE_LEVEL',
      effect: 'configures',
      length: 3,
      via: '__ia32_sys_syslog',
    }),
    {
      type: 'lost',
      time: null,
      backend: 'function',
      where: 'ring',
      count: 12,
      cpu: 1,
      what: 'records overwritten before they were read',
    },
    notice({ level: 'warning', text: 'two readers', hint: 'stop one' }),
    {
      type: 'summary',
      time: null,
      backend: 'function',
      seen: 11,
      effects: { clears: 2, none: 3, unknown: 1 },
      lost: 12,
      complete: false,
      backends: ['function', 'probe'],
      blindSpots: ['the dark side'],
    },
  ]);
  expect(text).toMatchInlineSnapshot(`
    "              note       watching the kernel log
    12:00:01.500  CLEARS     dmesg[100]  syslog(2) CLEAR = 0, cpu 0
                          by dmesg -C  (root, login alice, session-3.scope)
                        from /bin/sh './clean up.sh'[90] < -bash[80] < systemd[1]
    12:00:02.000  reads      dmesg[100]  /dev/kmsg: open, read 2 records, EAGAIN
    12:00:03.000  STEALS     in:imklog[300, thread 301]  /proc/kmsg read of 8192 bytes = 74, cpu 0
                          by rsyslogd -n  (root, rsyslog.service)
    12:00:03.500  steals     in:imklog[300, thread 301]  /proc/kmsg: took records in 1 read (26 bytes)
    12:00:04.000  REFUSED    ?[thread 77]  syslog(2) CLEAR = EPERM, cpu 0
                          by a process that nobody saw start and that is gone
    12:00:05.000  unknown    dmesg[100]  syslog(2) some action (result not seen), cpu 0
    12:00:06.000  CLEARS     dmesg[100]  do_syslog() CLEAR = 0, called by evil_init, cpu 0
                          by insmod (no command line)  (uid 5)
    12:00:07.000  configures dmesg[100]  syslog(2) CONSOLE_LEVEL 3 = 0, 32-bit caller, cpu 0
                  LOST       12 records overwritten before they were read (ring, cpu 1)
                  warning    two readers
                        hint stop one
                  summary    11 accesses (2 clears, 3 without effect, 1 of unknown effect); 12 lost or unreadable
                       means function, probe
                      unseen the dark side
    "
  `);
});

it('--all: every access on a line of its own', () => {
  expect(show([OPEN, READ, AGAIN, STEAL, { ...STEAL, time: 4 }], { all: true })).toMatchInlineSnapshot(`
    "12:00:02.000  uses       dmesg[100]  /dev/kmsg open = 0, cpu 0
    12:00:02.100  reads      dmesg[100]  /dev/kmsg read = 90, cpu 0
    12:00:02.200  waits      dmesg[100]  /dev/kmsg read = EAGAIN, cpu 0
    12:00:03.000  STEALS     in:imklog[300, thread 301]  /proc/kmsg read of 8192 bytes = 74, cpu 0
                          by rsyslogd -n  (root, rsyslog.service)
    12:00:04.000  STEALS     in:imklog[300, thread 301]  /proc/kmsg read of 8192 bytes = 74, cpu 0
                          by rsyslogd -n  (root, rsyslog.service)
    "
  `);
});

it('nothing lost is said, too', () => {
  const text = show([
    {
      type: 'summary',
      time: null,
      backend: 'probe',
      seen: 0,
      effects: {},
      lost: 0,
      complete: true,
      backends: [],
      blindSpots: [],
    },
  ]);
  expect(text.trim()).toBe('summary    0 accesses; nothing was lost');
});

it('what was held back comes before what happened after it', () => {
  const lines = show([OPEN, READ, CLEAR]).split('\n');
  expect(lines[0]).toContain('open, read 1 record');
  expect(lines[1]).toContain('CLEARS');
});

it('a kernel path', () => {
  const text = show([{ ...READ, stack: ['devkmsg_read', 'vfs_read+0x9b'] }], { all: true });
  expect(text).toContain('path devkmsg_read < vfs_read+0x9b\n');
});

describe('whatever a process calls itself', () => {
  const HOSTILE = [
    'a\nb',
    '\x1b[2J\x1b[H',
    'x\r12:00:00.000  CLEARS',
    '\x9b31m',
    '\x00',
    '\x7f',
    '\xe2\x80\xae drawkcab',
    '\xff\xfe',
    '\\x1b',
    "it's; rm -rf /",
  ];

  it.each(HOSTILE)('%j: no byte of it reaches the terminal as a control, no line is forged', (name) => {
    const events = [
      {
        ...STEAL,
        comm: name,
        via: name,
        door: 'kernel' as const,
        stack: [name],
        process: identity({
          comm: name,
          exe: name,
          cmdline: [name, name],
          unit: name,
          container: name,
          parents: [
            { pid: 2, comm: name, cmdline: [name] },
            { pid: 3, comm: name, cmdline: null },
          ],
        }),
      },
      { ...READ, comm: name },
      notice({ text: name, hint: null }),
      { ...STEAL, comm: name, process: identity({ comm: name, cmdline: null, exe: null }) },
    ];
    const text = show(events);
    const calm = show(JSON.parse(JSON.stringify(events).replaceAll(JSON.stringify(name), '"calm"')));
    expect(text).toMatch(/^[\n\x20-\x7e\u2026]*$/);
    expect(text.split('\n')).toHaveLength(calm.split('\n').length);
  });
});

it('colours surround words and carry no meaning', () => {
  const events = [CLEAR, STEAL, notice({ level: 'warning', text: 'w', hint: 'h' })];
  const coloured = show(events, { color: true });
  expect(coloured).toContain('\x1b[');
  expect(coloured.replace(/\x1b\[[\d;]*m/g, '')).toBe(show(events));
});

function notice(more: Partial<Extract<KwhoEvent, { type: 'notice' }>>): KwhoEvent {
  return {
    type: 'notice',
    time: null,
    backend: 'kwho',
    level: 'info',
    code: 'x',
    text: 'text',
    hint: null,
    ...more,
  };
}
