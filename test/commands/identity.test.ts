import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Identities } from '../../src/commands/identity.js';
import { ProcLooks } from '../../src/commands/proc-looks.js';
import { threadGroupOf } from '../../src/host/process-facts.js';
import { ProcessTable } from '../../src/model/process-table.js';
import { event, execve, exit, newtask } from '../model/task-events.js';
import { FakeProc } from './fake-proc.js';

// The host has been up for 1000 s, and the trace clock reads 900 s: 100 s of it were before the clock's zero.
const CLOCK_NS = 900e9;
/** Clock ticks since boot of a moment on the trace clock. */
const ticksAt = (clockNs: number) => (clockNs / 1e9 + 100) * 100;

let proc: FakeProc;
let table: ProcessTable;
let looks: ProcLooks;
let identities: Identities;
beforeEach(() => {
  proc = new FakeProc(1000);
  table = new ProcessTable({ credentials: true, loginuid: true, cgroups: true }, (tid) =>
    threadGroupOf(proc.path, tid),
  );
  looks = new ProcLooks(table, proc.path, CLOCK_NS);
  identities = new Identities(table, looks);
});
afterEach(() => proc.remove());

function scan(): void {
  for (const _ of looks.scan((facts) => table.seed(facts)));
}

function described(tid: number) {
  const process = identities.processOf(tid);
  return process === null ? null : identities.describe(process);
}

describe('a process that was there before', () => {
  beforeEach(() => {
    proc.put({ pid: 1, ppid: 0, comm: 'systemd', cmdline: ['/sbin/init'] });
    proc.put({
      pid: 10,
      ppid: 1,
      comm: 'bash',
      exe: '/usr/bin/bash',
      cmdline: ['-bash'],
      uid: 1000,
      loginuid: 1000,
      cgroup: '/user.slice/session-3.scope',
    });
  });

  it('is described from /proc after the scan', () => {
    scan();
    proc.gone(10);
    expect(described(10)).toEqual({
      pid: 10,
      comm: 'bash',
      exe: '/usr/bin/bash',
      cmdline: ['-bash'],
      uid: 1000,
      loginuid: 1000,
      parents: [{ pid: 1, comm: 'systemd', cmdline: ['/sbin/init'] }],
      unit: 'session-3.scope',
      container: null,
    });
  });

  it('and without the scan, when it matters', () => {
    expect(described(10)).toMatchObject({ comm: 'bash', parents: [{ pid: 1, comm: 'systemd' }] });
  });

  it('its children inherit what it was', () => {
    scan();
    table.apply(newtask(10, 20, { comm: 'bash', time: CLOCK_NS }));
    for (const each of execve(20, '/usr/bin/dmesg', ['dmesg', '-C'])) table.apply(each);
    expect(described(20)).toMatchObject({
      cmdline: ['dmesg', '-C'],
      uid: 1000,
      loginuid: 1000,
      unit: 'session-3.scope',
      parents: [
        { pid: 10, comm: 'bash', cmdline: ['-bash'] },
        { pid: 1, comm: 'systemd' },
      ],
    });
  });

  it('a thread of it is told of as the process', () => {
    proc.put({ pid: 11, tgid: 10, ppid: 1, comm: 'worker' });
    expect(identities.processOf(11)).toBe(identities.processOf(10));
    expect(described(11)?.pid).toBe(10);
  });

  it('a thread of it that an event names first, too', () => {
    scan();
    proc.put({ pid: 11, tgid: 10, ppid: 1, comm: 'worker' });
    table.apply(newtask(11, 20, { comm: 'child', time: CLOCK_NS }));
    expect(described(11)?.pid).toBe(10);
    expect(described(20)?.parents[0]).toMatchObject({ pid: 10, comm: 'bash' });
  });
});

it('where /proc numbers processes differently, it is not asked', () => {
  const none = new ProcLooks(table, null, CLOCK_NS);
  const alone = new Identities(table, none);
  proc.put({ pid: 10 });
  for (const _ of none.scan((facts) => table.seed(facts)));
  expect(alone.processOf(10)).toBeNull();
  table.apply(newtask(1, 10, { comm: 'sh' }));
  expect(alone.processOf(10)).toMatchObject({ pid: 10, comm: 'sh' });
});

it('the scan takes nothing back that events have told', () => {
  proc.put({ pid: 1, ppid: 0, comm: 'systemd' });
  proc.put({ pid: 20, ppid: 1, comm: 'later', cmdline: ['later'] });
  table.apply(newtask(10, 20, { comm: 'sh', time: CLOCK_NS }));
  scan();
  expect(table.find(20)).toMatchObject({ comm: 'sh', parent: { pid: 10 } });
});

describe('a process that has gone', () => {
  it('and that nobody saw', () => {
    expect(described(77)).toBeNull();
  });

  it('is known by its events alone', () => {
    proc.put({ pid: 1, ppid: 0, comm: 'systemd' });
    scan();
    table.apply(newtask(1, 20, { comm: 'sh', time: CLOCK_NS }));
    for (const each of execve(20, '/bin/x', ['x', '1'])) table.apply(each);
    expect(described(20)).toMatchObject({ cmdline: ['x', '1'], exe: '/bin/x', parents: [{ pid: 1 }] });
  });

  it('the idle thread is no process', () => {
    expect(described(0)).toBeNull();
  });
});

describe('a pid that is used again', () => {
  it('by a process younger than the one in question: /proc is not believed', () => {
    proc.put({ pid: 1, ppid: 0 });
    scan();
    table.apply(newtask(1, 20, { comm: 'first', time: CLOCK_NS }));
    proc.put({ pid: 20, comm: 'second', cmdline: ['second'], startTicks: ticksAt(CLOCK_NS) + 500 });
    expect(described(20)).toMatchObject({ comm: 'first', cmdline: ['proc'] });
  });

  it('the same process is recognised by its start', () => {
    proc.put({ pid: 1, ppid: 0 });
    scan();
    table.apply(newtask(1, 20, { comm: 'first', time: CLOCK_NS }));
    table.apply(event(20, 'exec_done_x', { ret: 0 }));
    proc.put({
      pid: 20,
      comm: 'later',
      cmdline: ['its', 'own'],
      exe: '/bin/own',
      startTicks: ticksAt(CLOCK_NS) + 3,
    });
    expect(described(20)).toMatchObject({ comm: 'first', cmdline: ['its', 'own'], exe: '/bin/own' });
  });

  it('after it was seen to die, nobody asks /proc', () => {
    proc.put({ pid: 20, comm: 'new owner' });
    table.apply(newtask(1, 20, { comm: 'old' }));
    const process = table.find(20);
    table.apply(exit(20));
    expect(process === null ? null : identities.describe(process).comm).toBe('old');
  });
});

describe('our own', () => {
  it('process, its threads and its children', () => {
    proc.put({ pid: 1, ppid: 0 });
    proc.put({ pid: 50, ppid: 1 });
    scan();
    table.apply(newtask(50, 51, { flags: 0x1_0000 }));
    table.apply(newtask(50, 60));
    table.apply(newtask(60, 61));
    table.apply(newtask(1, 70));
    const own = (tid: number) => {
      const process = identities.processOf(tid);
      return process !== null && identities.isOwn(process, 50);
    };
    expect([50, 51, 60, 61, 70, 1].map(own)).toEqual([true, true, true, true, false, false]);
  });
});

it('a chain of parents without an end is cut', () => {
  for (let pid = 2; pid < 60; pid++) table.apply(newtask(pid - 1, pid));
  expect(described(59)?.parents).toHaveLength(16);
});
