import { describe, expect, it } from 'vitest';
import type { TraceRecord } from '../../src/decode/trace-record.js';
import { completeFrom, type Process, type ProcessSnapshot } from '../../src/model/process.js';
import { ProcessTable } from '../../src/model/process-table.js';
import { KERNELS, recordsOf } from './captures.js';
import { event, execDone, execve, exit, newtask, rename } from './task-events.js';

const EVERYTHING = { credentials: true, loginuid: true, cgroups: true };
const NOTHING = { credentials: false, loginuid: false, cgroups: false };
const NEVER_SET = 0xffff_ffff;

describe('birth', () => {
  it('a child is what its parent was', () => {
    const table = tableOf([snapshot(1, 0)], newtask(1, 2, { comm: 'sh', time: 77 }));
    expect(table.find(2)).toMatchObject({
      pid: 2,
      comm: 'sh',
      exe: '/sbin/init',
      cmdline: ['init'],
      uid: 0,
      loginuid: 1000,
      cgroup: '/init.scope',
      alive: true,
      born: 77,
      startTicks: null,
    });
    expect(table.find(2)?.parent).toBe(table.find(1));
  });

  it('what no event would tell of is not inherited', () => {
    const table = tableOf([snapshot(1, 0)], NOTHING, newtask(1, 2));
    expect(table.find(2)).toMatchObject({
      uid: null,
      loginuid: null,
      cgroup: null,
      stale: true,
    });
  });

  it('CLONE_INTO_CGROUP: the control group is not known', () => {
    const table = tableOf([snapshot(1, 0)], newtask(1, 2, { flags: 0x2_0000_0000 }));
    expect(table.find(2)).toMatchObject({ cgroup: null, uid: 0 });
  });

  it('CLONE_PARENT: a sibling', () => {
    const table = tableOf([snapshot(1, 0)], newtask(1, 2), newtask(2, 3, { flags: 0x8000 }));
    expect(table.find(3)?.parent).toBe(table.find(1));
  });

  it('CLONE_THREAD: the same process under another id and name', () => {
    const table = tableOf([snapshot(10, 1)], newtask(10, 11, { flags: 0x1_0000, comm: 'worker' }));
    expect(table.find(11)).toBe(table.find(10));
    expect(table.nameOf(11)).toBe('worker');
    expect(table.find(11)?.comm).toBe('init');
  });

  it('a child of any thread is a child of the process', () => {
    const table = tableOf([snapshot(10, 1)], newtask(10, 11, { flags: 0x1_0000 }), newtask(11, 12));
    expect(table.find(12)?.parent).toBe(table.find(10));
  });

  it('clone flags may come as 64 bits', () => {
    const table = tableOf([snapshot(10, 1)]);
    table.apply(event(10, 'task_newtask', { pid: 11, comm: 'x', clone_flags: 0x1_0000n }));
    expect(table.find(11)).toBe(table.find(10));
  });
});

describe('names', () => {
  it("a thread's name, and the first thread's is the process's", () => {
    const table = tableOf(
      [snapshot(10, 1)],
      newtask(10, 11, { flags: 0x1_0000 }),
      rename(11, 'net'),
      rename(10, 'main'),
    );
    expect(table.nameOf(11)).toBe('net');
    expect(table.nameOf(10)).toBe('main');
    expect(table.find(10)?.comm).toBe('main');
  });

  it('the layout without a pid: it is the thread that was running', () => {
    const table = tableOf([snapshot(10, 1)]);
    table.apply(
      event(10, 'task_rename', {
        oldcomm: 'init',
        newcomm: 'main',
        oom_score_adj: 0,
      }),
    );
    expect(table.find(10)?.comm).toBe('main');
  });
});

describe('programs', () => {
  it('execve replaces file and command line', () => {
    const table = tableOf([snapshot(1, 0)], newtask(1, 2), ...execve(2, '/usr/bin/dmesg', ['dmesg', '-C']));
    expect(table.find(2)).toMatchObject({
      exe: '/usr/bin/dmesg',
      cmdline: ['dmesg', '-C'],
      cmdlineCut: false,
      uid: 0,
      stale: true,
    });
  });

  it("execvp's search: what failed before leaves nothing behind", () => {
    const table = tableOf(
      [snapshot(1, 0)],
      newtask(1, 2),
      ...execve(2, '/usr/local/bin/dmesg', ['wrong'], false),
      ...execve(2, '/usr/bin/dmesg', ['dmesg', '-c']),
    );
    expect(table.find(2)).toMatchObject({
      exe: '/usr/bin/dmesg',
      cmdline: ['dmesg', '-c'],
    });
  });

  it('an attempt that failed changes nothing', () => {
    const table = tableOf([snapshot(1, 0)], newtask(1, 2), ...execve(2, '/nowhere', ['x'], false));
    expect(table.find(2)).toMatchObject({
      exe: '/sbin/init',
      cmdline: ['init'],
    });
  });

  it("an attempt is the thread's own: a child does not have it", () => {
    const table = tableOf(
      [snapshot(1, 0)],
      newtask(1, 2),
      ...execve(2, '/nowhere', ['x'], false),
      newtask(2, 3),
      execDone(3, '/bin/true'),
    );
    expect(table.find(3)).toMatchObject({ exe: '/bin/true', cmdline: null });
  });

  it('more words than are fetched: the command line is cut', () => {
    const words = Array.from({ length: 30 }, (_, i) => `w${i}`);
    const table = tableOf([snapshot(1, 0)], newtask(1, 2), ...execve(2, '/bin/x', words));
    expect(table.find(2)).toMatchObject({
      cmdline: words.slice(0, 24),
      cmdlineCut: true,
    });
  });

  it('without fetched strings the old command line is no longer true', () => {
    const done = (ret: number) => event(2, 'exec_done___x64_sys_execve', { ret });
    const table = tableOf([snapshot(1, 0)], newtask(1, 2), done(-2));
    expect(table.find(2)?.cmdline).toEqual(['init']);
    table.apply(done(0));
    expect(table.find(2)).toMatchObject({
      exe: null,
      cmdline: null,
      stale: true,
    });
  });

  it('a set-user-ID program may change the user where nobody follows it', () => {
    const table = tableOf([snapshot(2, 1)], NOTHING, ...execve(2, '/usr/bin/sudo', ['sudo']));
    expect(table.find(2)?.uid).toBeNull();
  });

  // fs/exec.c de_thread(): every other thread, the first one too, has exited before the caller takes over its id.
  it('execve by another thread than the first: the process goes on under its id', () => {
    const table = tableOf(
      [
        snapshot(1, 0),
        snapshot(10, 1, {
          comm: 'java',
          uid: 7,
          loginuid: 8,
          cgroup: '/x.service',
        }),
      ],
      newtask(10, 11, { flags: 0x1_0000, comm: 'worker' }),
      ...execve(11, '/usr/bin/dmesg', ['dmesg', '-C'], false),
      exit(10),
      rename(10, 'dmesg'),
      execDone(10, '/usr/bin/dmesg', 11),
    );
    expect(table.find(10)).toMatchObject({
      pid: 10,
      comm: 'dmesg',
      cmdline: ['dmesg', '-C'],
      exe: '/usr/bin/dmesg',
      uid: 7,
      loginuid: 8,
      cgroup: '/x.service',
      alive: true,
    });
    expect(table.find(10)?.parent).toBe(table.find(1));
    expect(table.find(11)).toBeNull();
  });

  it('after execve a process has one thread, whatever was lost', () => {
    const table = tableOf(
      [snapshot(10, 1)],
      newtask(10, 11, { flags: 0x1_0000 }),
      execDone(10, '/bin/x'),
      newtask(10, 20),
    );
    const parent = table.find(20)?.parent;
    table.apply(exit(10));
    expect(parent?.alive).toBe(false);
  });

  it('without fetched strings, execve by another thread: still the same process', () => {
    const table = tableOf(
      [snapshot(1, 0), snapshot(10, 1)],
      newtask(10, 11, { flags: 0x1_0000 }),
      exit(10),
      rename(10, 'dmesg'),
      event(10, 'exec_done___x64_sys_execve', { ret: 0 }),
    );
    expect(table.find(10)?.parent).toBe(table.find(1));
    expect(table.find(10)).toMatchObject({ loginuid: 1000, comm: 'dmesg', alive: true });
  });

  it('the first thread may end before the others: the process lives on', () => {
    const table = tableOf([snapshot(10, 1)], newtask(10, 11, { flags: 0x1_0000 }), exit(10));
    expect(table.find(11)?.alive).toBe(true);
    table.apply(exit(11));
    expect(table.find(11)).toBeNull();
  });
});

describe('users and control groups', () => {
  const loginuid = (tid: number, value: number, ret: number): TraceRecord[] => [
    event(tid, 'loginuid', { loginuid: value }),
    event(tid, 'loginuid_ret', { ret }),
  ];

  it.each<[string, TraceRecord[], Partial<Process>]>([
    ['setuid', [event(2, 'cred', { uid: 33, euid: 33 })], { uid: 33 }],
    ['a login', loginuid(2, 1001, 0), { loginuid: 1001 }],
    ['a login that was refused', loginuid(2, 1001, -1), { loginuid: 1000 }],
    ['a login taken back', loginuid(2, NEVER_SET, 0), { loginuid: null }],
    ['a result without its call', [event(2, 'loginuid_ret', { ret: 0 })], { loginuid: 1000 }],
    [
      'another control group',
      [attach(2, 0, '/system.slice/x.service')],
      { cgroup: '/system.slice/x.service' },
    ],
    ['in a hierarchy that is not followed', [attach(2, 4, '/memory')], { cgroup: '/init.scope' }],
  ])('%s', (_, records, expected) => {
    expect(tableOf([snapshot(1, 0)], newtask(1, 2), ...records).find(2)).toMatchObject(expected);
  });

  it('version 1: the hierarchy is the one that was named', () => {
    const table = new ProcessTable(EVERYTHING, () => null, 4);
    table.apply(attach(2, 0, '/other'));
    table.apply(attach(2, 4, '/named'));
    expect(table.find(2)?.cgroup).toBe('/named');
  });

  it('the attached process, not the one that attaches', () => {
    const table = tableOf([snapshot(1, 0)], newtask(1, 2));
    table.apply({ ...attach(2, 0, '/moved'), tid: 1 } as TraceRecord);
    expect(table.find(1)?.cgroup).toBe('/init.scope');
    expect(table.find(2)?.cgroup).toBe('/moved');
  });
});

describe('death', () => {
  it('children keep their parents', () => {
    const table = tableOf([snapshot(1, 0)], newtask(1, 2, { comm: 'sh' }), newtask(2, 3), exit(2));
    expect(table.find(2)).toBeNull();
    expect(chainOf(table, 3)).toEqual([2, 1]);
    expect(table.find(3)?.parent).toMatchObject({ comm: 'sh', alive: false });
  });

  it('a pid that is used again is another process; children of the first one keep theirs', () => {
    const table = tableOf(
      [snapshot(1, 0)],
      newtask(1, 2, { comm: 'first' }),
      newtask(2, 3),
      exit(2),
      newtask(1, 2, { comm: 'second' }),
    );
    expect(table.find(3)?.parent?.comm).toBe('first');
    expect(table.find(2)?.comm).toBe('second');
  });

  it('also where the death was lost', () => {
    const table = tableOf([snapshot(1, 0)], newtask(1, 2), newtask(2, 3), newtask(1, 2, { comm: 'second' }));
    expect(table.find(2)).toMatchObject({ comm: 'second', alive: true });
    expect(table.find(3)?.parent).not.toBe(table.find(2));
  });

  it('a chain of processes that each start the next and die is bounded', () => {
    const table = tableOf([snapshot(1, 0)]);
    for (let pid = 2; pid <= 500; pid++) {
      table.apply(newtask(pid - 1, pid));
      if (pid > 2) table.apply(exit(pid - 1));
    }
    const chain = chainOf(table, 500);
    expect(chain.length).toBeGreaterThanOrEqual(32);
    expect(chain.length).toBeLessThanOrEqual(40);
    expect(chain.slice(0, 3)).toEqual([499, 498, 497]);
    expect(table.size).toBe(2);
  });
});

describe('/proc', () => {
  it('parents may come in any order', () => {
    const table = tableOf([snapshot(3, 2), snapshot(2, 1), snapshot(1, 0)]);
    expect(chainOf(table, 3)).toEqual([2, 1]);
  });

  it('completes what events left open', () => {
    const table = tableOf([snapshot(1, 0)], NOTHING, newtask(1, 2, { comm: 'sh' }));
    const process = table.find(2) as Process;
    completeFrom(process, snapshot(2, 1, { uid: 5, loginuid: 6, cgroup: '/c', comm: 'later' }));
    expect(process).toMatchObject({
      uid: 5,
      loginuid: 6,
      cgroup: '/c',
      comm: 'sh',
      stale: false,
      startTicks: 200,
    });
  });

  it('overrides nothing that events told', () => {
    const table = tableOf(
      [snapshot(1, 0)],
      newtask(1, 2),
      ...execve(2, '/usr/bin/dmesg', ['dmesg', '-C']),
      event(2, 'cred', { uid: 33 }),
      rename(2, 'dmesg'),
    );
    const process = table.find(2) as Process;
    completeFrom(
      process,
      snapshot(2, 1, {
        comm: 'next',
        exe: '/bin/next',
        cmdline: ['next'],
        uid: 1,
        loginuid: 2,
        cgroup: '/z',
      }),
    );
    expect(process).toMatchObject({
      comm: 'dmesg',
      exe: '/usr/bin/dmesg',
      cmdline: ['dmesg', '-C'],
      uid: 33,
      loginuid: 1000,
      cgroup: '/init.scope',
    });
  });

  it('knows the words that could not be read at execve', () => {
    const table = tableOf([snapshot(1, 0)], newtask(1, 2), ...execve(2, '/bin/x', ['x', '', '-C']));
    const process = table.find(2) as Process;
    completeFrom(process, snapshot(2, 1, { exe: '/bin/x', cmdline: ['x', '--all', '-C'] }));
    expect(process.cmdline).toEqual(['x', '--all', '-C']);
  });

  it('knows the rest of a command line that was cut, and the file behind a link', () => {
    const words = Array.from({ length: 30 }, (_, i) => `w${i}`);
    const table = tableOf([snapshot(1, 0)], newtask(1, 2), ...execve(2, '/bin/x', words));
    const process = table.find(2) as Process;
    completeFrom(process, snapshot(2, 1, { exe: '/usr/bin/x-1.2', cmdline: words }));
    expect(process).toMatchObject({
      cmdline: words,
      cmdlineCut: false,
      exe: '/usr/bin/x-1.2',
    });
  });

  it('tells the process of a thread that an event names first', () => {
    const table = new ProcessTable(EVERYTHING, (tid) => (tid === 11 ? 10 : null));
    table.seed(snapshot(10, 1));
    table.apply(newtask(11, 20));
    expect(table.find(11)).toBe(table.find(10));
    expect(table.find(20)?.parent).toBe(table.find(10));
  });

  it('adopts a thread that lived before: it belongs to its process', () => {
    const table = tableOf([snapshot(10, 1)]);
    expect(table.adopt(11, 10)).toBe(table.find(10));
    expect(table.find(11)).toBe(table.find(10));
  });
});

it('records that are no events change nothing', () => {
  const table = tableOf([snapshot(1, 0)]);
  table.apply({ kind: 'lost', cpu: 0, count: 3 });
  table.apply({ kind: 'malformed', why: 'x', sample: 'y' });
  table.apply(event(5, 'sched_switch', {}));
  table.apply(event(5, 'task_newtask', { pid: null }));
  expect(table.size).toBe(1);
});

// `dmesg -S -c` by a shell: fork and exec as the kernel prints them, without probes.
it.each(KERNELS)('programs of a capture of %s', (kernel) => {
  const table = new ProcessTable(EVERYTHING);
  const programs: (string | null)[] = [];
  for (const record of recordsOf(kernel, 'A-all-dmesg-S-c')) {
    table.apply(record);
    if (record.kind === 'event' && record.name === 'sched_process_exec')
      programs.push(table.find(record.tid)?.exe ?? null);
  }
  expect(programs).toEqual(['/bin/bash', '/usr/bin/dmesg']);
});

function tableOf(
  snapshots: readonly ProcessSnapshot[],
  ...rest: (TraceRecord | typeof EVERYTHING)[]
): ProcessTable {
  const coverage = rest.find((each) => 'cgroups' in each) ?? EVERYTHING;
  const table = new ProcessTable(coverage as typeof EVERYTHING);
  for (const each of snapshots) table.seed(each);
  for (const each of rest) if (!('cgroups' in each)) table.apply(each);
  return table;
}

function snapshot(pid: number, ppid: number, more: Partial<ProcessSnapshot> = {}): ProcessSnapshot {
  return {
    pid,
    ppid,
    comm: 'init',
    startTicks: pid * 100,
    exe: '/sbin/init',
    cmdline: ['init'],
    uid: 0,
    loginuid: 1000,
    cgroup: '/init.scope',
    ...more,
  };
}

function attach(pid: number, dst_root: number, dst_path: string): TraceRecord {
  return event(pid, 'cgroup_attach_task', {
    dst_root,
    dst_level: 1,
    dst_id: 5,
    pid,
    dst_path,
    comm: 'x',
  });
}

function chainOf(table: ProcessTable, pid: number): number[] {
  const chain: number[] = [];
  for (let p = table.find(pid)?.parent ?? null; p !== null; p = p.parent) chain.push(p.pid);
  return chain;
}

describe('what a SystemTap script tells at a call', () => {
  const call = (
    tid: number,
    argv: readonly string[],
    parents: readonly (readonly [number, string])[],
    pid = tid,
  ) => ({
    ...event(tid, 'in_do_syslog', { pid, uid: 1000, argv, parents }),
    comm: argv[0]!,
  });

  it('is how it was, whoever had the number before', () => {
    const seeded = snapshot(7, 1);
    const table = tableOf(
      [snapshot(1, 0), seeded],
      NOTHING,
      call(
        7,
        ['dmesg', '-C'],
        [
          [5, 'sh'],
          [1, 'init'],
        ],
      ),
    );
    expect(table.find(7)).toMatchObject({
      pid: 7,
      comm: 'dmesg',
      cmdline: ['dmesg', '-C'],
      uid: 1000,
      exe: null,
    });
    expect(table.find(7)?.parent).toMatchObject({ pid: 5, comm: 'sh', parent: { pid: 1 } });
  });

  it('the same program keeps what /proc had said of it', () => {
    const table = tableOf([snapshot(1, 0)], NOTHING, call(7, ['dmesg', '-w'], [[1, 'init']]));
    table.find(7)!.exe = '/usr/bin/dmesg';
    table.apply(call(7, ['dmesg', '-w'], [[1, 'init']]));
    expect(table.find(7)?.exe).toBe('/usr/bin/dmesg');
    table.apply(call(7, ['cat'], [[1, 'init']]));
    expect(table.find(7)?.exe).toBeNull();
  });

  it('a thread speaks for its process', () => {
    const table = tableOf([], NOTHING, call(9, ['reader'], [[1, 'init']], 8));
    expect(table.find(9)).toBe(table.find(8));
    expect(table.find(8)).toMatchObject({ pid: 8, comm: null, cmdline: ['reader'] });
  });

  it('callers without end do not fill the memory', () => {
    const table = tableOf([], NOTHING);
    for (let tid = 2; tid < 100_000; tid++) table.apply(call(tid, ['x'], [[1, 'init']]));
    expect(table.size).toBeLessThan(70_000);
    expect(table.find(99_999)).not.toBeNull();
  });
});
