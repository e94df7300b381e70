import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Identities } from '../../src/commands/identity.js';
import { LogInvestigation, type LogInvestigationOptions } from '../../src/commands/log-investigation.js';
import { ProcLooks } from '../../src/commands/proc-looks.js';
import type { TraceRecord } from '../../src/decode/trace-record.js';
import type { KwhoEvent, LogAccessEvent, NoticeEvent, SummaryEvent } from '../../src/model/events.js';
import { ProcessTable } from '../../src/model/process-table.js';
import { hooksOf, KERNELS, recordsOf } from '../model/captures.js';
import { event, execve, exit, newtask } from '../model/task-events.js';
import { FakeProc } from './fake-proc.js';

const HOOKS = hooksOf(
  [],
  { in_sys: '__x64_sys_syslog', in_kmsg: 'kmsg_read', in_dev: 'devkmsg_open' },
  { out_sys: '__x64_sys_syslog', out_kmsg: 'kmsg_read', out_dev: 'devkmsg_open' },
);
const SELF = 900;

let proc: FakeProc;
beforeEach(() => {
  proc = new FakeProc();
});
afterEach(() => proc.remove());

function investigate(options: Partial<LogInvestigationOptions> = {}) {
  const table = new ProcessTable({ credentials: true, loginuid: true, cgroups: true });
  const events: KwhoEvent[] = [];
  let ended = 0;
  const investigation = new LogInvestigation({
    hooks: HOOKS,
    table,
    identities: new Identities(table, new ProcLooks(table, proc.path, 0)),
    sink: { event: (each) => events.push(each), tick: () => {}, end: () => ended++ },
    filter: { actions: [], doors: [], comms: [], pids: [] },
    maxEvents: null,
    backends: ['function', 'probe', 'pages'],
    blindSpots: ['the dark side'],
    self: SELF,
    ...options,
  });
  const run = (...records: TraceRecord[]) => {
    for (const record of records) investigation.record(record);
  };
  return {
    investigation,
    events,
    run,
    ends: () => ended,
    accesses: () => events.filter((each): each is LogAccessEvent => each.type === 'log-access'),
    notices: (code: string) =>
      events.filter((each): each is NoticeEvent => each.type === 'notice' && each.code === code),
    summary: () => events.findLast((each): each is SummaryEvent => each.type === 'summary') as SummaryEvent,
  };
}

function syslog(tid: number, type: number, ret: number): TraceRecord[] {
  return [
    event(tid, 'in_sys', { type, len: 0, buf: 0 }, 5_000_000_000),
    event(tid, 'out_sys', { ret }, 5_000_001_000),
  ];
}

function kmsgRead(tid: number, ret: number): TraceRecord[] {
  return [event(tid, 'in_kmsg', { len: 100, comm: `reader${tid}` }), event(tid, 'out_kmsg', { ret })];
}

it('an access with everything that is known of its caller', () => {
  const { run, events } = investigate();
  run(
    newtask(1, 20, { comm: 'sh' }),
    newtask(20, 21, { comm: 'sh' }),
    ...execve(21, '/usr/bin/dmesg', ['dmesg', '-C']),
    event(21, 'task_rename', { pid: 21, newcomm: 'dmesg' }),
    event(21, 'cred', { uid: 33 }),
    ...syslog(21, 5, 0),
  );
  expect(events).toEqual([
    {
      type: 'log-access',
      time: 5.000001,
      backend: 'function',
      cpu: 0,
      pid: 21,
      tid: 21,
      comm: 'dmesg',
      door: 'syslog',
      action: 'CLEAR',
      effect: 'clears',
      length: 0,
      result: 0,
      errno: null,
      via: null,
      process: {
        pid: 21,
        comm: 'dmesg',
        exe: '/usr/bin/dmesg',
        cmdline: ['dmesg', '-C'],
        uid: 33,
        loginuid: null,
        parents: [
          { pid: 20, comm: 'sh', cmdline: null },
          { pid: 1, comm: null, cmdline: null },
        ],
        unit: null,
        container: null,
      },
    },
  ]);
});

it('a refusal has the name of its error', () => {
  const { run, accesses } = investigate();
  run(...syslog(20, 5, -1), ...syslog(20, 77, -22), ...syslog(20, 2, -512), ...syslog(20, 5, -9999));
  expect(accesses().map(({ errno, effect }) => [errno, effect])).toEqual([
    ['EPERM', 'none'],
    ['EINVAL', 'none'],
    ['ERESTARTSYS', 'none'],
    ['9999', 'none'],
  ]);
});

it('a caller that nobody knows is told without a process', () => {
  const { run, accesses } = investigate();
  run(...syslog(77, 5, 0));
  expect(accesses()).toEqual([expect.objectContaining({ pid: null, tid: 77, comm: null, process: null })]);
});

it('a caller that dies inside the call is still known', () => {
  const { run, accesses } = investigate();
  run(newtask(1, 20, { comm: 'tail' }), event(20, 'in_kmsg', { len: 5 }), exit(20));
  expect(accesses()).toEqual([
    expect.objectContaining({ pid: 20, comm: 'tail', effect: null, action: 'read' }),
  ]);
});

it('what kwho itself and its children do is not told', () => {
  const { run, accesses } = investigate();
  proc.put({ pid: SELF, ppid: 1 });
  run(newtask(SELF, 901), newtask(1, 902), ...syslog(SELF, 5, 0), ...syslog(901, 5, 0), ...syslog(902, 5, 0));
  expect(accesses().map(({ tid }) => tid)).toEqual([902]);
});

describe('the bound on accesses', () => {
  it('ends the run with exactly so many', () => {
    const { investigation, run, accesses, summary } = investigate({ maxEvents: 2 });
    run(...syslog(1, 5, 0));
    expect(investigation.done).toBe(false);
    run(...syslog(2, 5, 0), ...syslog(3, 5, 0), event(4, 'in_sys', { type: 5 }));
    expect(investigation.done).toBe(true);
    investigation.finish(new Map());
    expect(accesses()).toHaveLength(2);
    expect(summary().seen).toBe(2);
  });

  it('counts only what passes the filter', () => {
    const filter = { actions: ['CLEAR'], doors: [], comms: [], pids: [] };
    const { investigation, run, accesses } = investigate({ maxEvents: 1, filter });
    run(...syslog(1, 3, 0), ...syslog(1, 10, 0));
    expect(investigation.done).toBe(false);
    run(...syslog(1, 5, 0));
    expect(investigation.done).toBe(true);
    expect(accesses().map(({ action }) => action)).toEqual(['CLEAR']);
  });
});

describe('two takers of the shared cursor', () => {
  it('are told once', () => {
    const { run, notices } = investigate();
    run(
      ...kmsgRead(20, 10),
      ...kmsgRead(20, 10),
      ...kmsgRead(21, 10),
      ...kmsgRead(20, 10),
      ...kmsgRead(21, 5),
    );
    expect(notices('competing-readers').map(({ text }) => text.slice(0, 50))).toEqual([
      'reader20[20] and reader21[21] both take records fr',
    ]);
  });

  it('one may have been there before', () => {
    const { investigation, run, notices } = investigate();
    investigation.holder(300, 'rsyslogd');
    run(...kmsgRead(20, 10));
    expect(notices('competing-readers')).toEqual([
      expect.objectContaining({
        level: 'warning',
        details: {
          readers: [
            { pid: 300, comm: 'rsyslogd' },
            { pid: 20, comm: 'reader20' },
          ],
        },
      }),
    ]);
  });

  it('also where a filter does not show them; reads that got nothing do not count', () => {
    const filter = { actions: ['CLEAR'], doors: [], comms: [], pids: [] };
    const { investigation, run, accesses, notices } = investigate({ filter });
    run(...kmsgRead(20, 10), ...kmsgRead(21, 0));
    expect(notices('competing-readers')).toHaveLength(0);
    run(...kmsgRead(21, 10));
    investigation.finish(new Map());
    expect(accesses()).toHaveLength(0);
    expect(notices('competing-readers')).toHaveLength(1);
  });
});

describe('the end', () => {
  it('tells what is under way, then the summary, then nothing more', () => {
    const { investigation, run, events, ends } = investigate();
    run(...syslog(1, 5, 0), ...syslog(1, 3, 9), event(20, 'in_kmsg', { len: 5 }));
    investigation.finish(new Map([[0, 0]]));
    expect(events.map(({ type }) => type)).toEqual(['log-access', 'log-access', 'log-access', 'summary']);
    expect(events.at(-1)).toEqual({
      type: 'summary',
      time: null,
      backend: 'function',
      seen: 3,
      effects: { clears: 1, reads: 1, unknown: 1 },
      lost: 0,
      complete: true,
      backends: ['function', 'probe', 'pages'],
      blindSpots: ['the dark side'],
    });
    expect(ends()).toBe(1);
  });

  it('losses are told as they come, the rest of them at the end, each once', () => {
    const { investigation, run, events, summary } = investigate();
    run({ kind: 'lost', cpu: 1, count: 300 }, { kind: 'lost', cpu: -1, count: 2 });
    investigation.missed(0);
    investigation.missed(4);
    investigation.finish(
      new Map([
        [0, 10],
        [1, 350],
      ]),
    );
    const losses = events.flatMap((each) => (each.type === 'lost' ? [[each.cpu, each.count]] : []));
    expect(losses).toEqual([
      [1, 300],
      [null, 2],
      [null, 4],
      [0, 10],
      [1, 50],
    ]);
    expect(summary()).toMatchObject({ lost: 366, complete: false });
  });

  it('unreadable records are shown, but not all of a flood', () => {
    const { investigation, run, notices, summary } = investigate();
    for (let i = 0; i < 25; i++) run({ kind: 'malformed', why: 'expected a header', sample: `line ${i}` });
    investigation.finish(new Map());
    expect(notices('malformed')).toHaveLength(10);
    expect(notices('malformed')[0].text).toBe(
      'a record of the ring buffer is unreadable: expected a header: line 0',
    );
    expect(notices('malformed')[9].text).toContain('only counted');
    expect(summary()).toMatchObject({ lost: 25, complete: false });
  });
});

describe('hooks that do not fire', () => {
  const open = (tid: number) => [event(tid, 'in_dev', {}), event(tid, 'out_dev', { ret: 0 })];

  it('are noticed by our own open of /dev/kmsg', () => {
    const { investigation, notices, summary } = investigate();
    investigation.expectOwn();
    investigation.finish(new Map());
    expect(notices('silent')).toHaveLength(1);
    expect(summary().complete).toBe(false);
  });

  it('that open seen: they do', () => {
    proc.put({ pid: SELF });
    const { investigation, run, notices, accesses, summary } = investigate();
    investigation.expectOwn();
    run(...open(SELF));
    investigation.finish(new Map());
    expect(notices('silent')).toHaveLength(0);
    expect(accesses()).toHaveLength(0);
    expect(summary().complete).toBe(true);
  });

  it('not claimed where nothing is hooked there', () => {
    const { investigation, notices } = investigate({ hooks: hooksOf(['__x64_sys_syslog']) });
    investigation.expectOwn();
    investigation.finish(new Map());
    expect(notices('silent')).toHaveLength(0);
  });

  it('not claimed where the record of it was lost', () => {
    const { investigation, run, notices } = investigate();
    investigation.expectOwn();
    run({ kind: 'lost', cpu: 0, count: 5000 });
    investigation.finish(new Map([[0, 5000]]));
    expect(notices('silent')).toHaveLength(0);
  });
});

// The same command on four kernels, from the trace text of each: a shell starts dmesg, which asks, reads and clears.
it.each(KERNELS)('dmesg -S -c on %s', (kernel) => {
  const { run, accesses, investigation, summary } = investigate({
    hooks: hooksOf(
      ['__x64_sys_syslog', 'do_syslog'],
      { sys_enter_syslog: '__x64_sys_syslog' },
      { sys_exit_syslog: '__x64_sys_syslog' },
    ),
  });
  run(...recordsOf(kernel, 'A-all-dmesg-S-c'));
  investigation.finish(new Map());
  expect(accesses().map(({ action, effect, comm }) => `${comm} ${action} ${effect}`)).toEqual([
    'dmesg SIZE_BUFFER none',
    'dmesg READ_ALL reads',
    'dmesg CLEAR clears',
  ]);
  expect(accesses()[2].process?.exe).toBe('/usr/bin/dmesg');
  expect(summary()).toMatchObject({ seen: 3, complete: true, effects: { none: 1, reads: 1, clears: 1 } });
});
