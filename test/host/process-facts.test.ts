import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listProcesses, readProcess, threadGroupOf } from '../../src/host/process-facts.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kwho-proc-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('readProcess', () => {
  it('reads everything that /proc tells', () => {
    fake(4711, {
      stat: stat(4711, 'dmesg', { ppid: 4700, startTicks: 98765 }),
      comm: 'dmesg\n',
      status: status('dmesg', 4711, [1000, 0]),
      cmdline: 'dmesg\0-C\0\0',
      loginuid: '1000',
      cgroup: '0::/user.slice/user-1000.slice/session-3.scope\n',
    });
    symlinkSync('/usr/bin/dmesg', join(root, '4711', 'exe'));
    expect(readProcess(root, 4711)).toEqual({
      pid: 4711,
      ppid: 4700,
      comm: 'dmesg',
      startTicks: 98765,
      exe: '/usr/bin/dmesg',
      cmdline: ['dmesg', '-C', ''],
      uid: 1000,
      euid: 0,
      loginuid: 1000,
      cgroup: '/user.slice/user-1000.slice/session-3.scope',
      kernelThread: false,
      containerHint: null,
    });
  });

  it('is null for a process that is gone', () => {
    expect(readProcess(root, 1)).toBeNull();
  });

  it('knows a stat file and nothing else', () => {
    fake(7, { stat: stat(7, 'x') });
    expect(readProcess(root, 7)).toEqual({
      pid: 7,
      ppid: 1,
      comm: 'x',
      startTicks: 500,
      exe: null,
      cmdline: null,
      uid: null,
      euid: null,
      loginuid: null,
      cgroup: null,
      kernelThread: false,
      containerHint: null,
    });
  });

  it('says the process for a thread', () => {
    fake(12, { stat: stat(12, 'worker'), status: status('worker', 10, [0, 0]) });
    expect(readProcess(root, 12)?.pid).toBe(10);
    expect(threadGroupOf(root, 12)).toBe(10);
    expect(threadGroupOf(root, 13)).toBeNull();
  });

  it('takes any name that a process gives itself', () => {
    const name = fc.uint8Array({ minLength: 1, maxLength: 15 }).filter((bytes) => !bytes.includes(0));
    const nasty = fc.constantFrom(') S 1 (', ') (', '(((', ')))', 'a\nPid:\t1\n', '\\n', 'Uid:\t0\t0');
    const names = fc.oneof(
      name.map((bytes) => Buffer.from(bytes).toString('latin1')),
      nasty,
    );
    fc.assert(
      fc.property(names, fc.boolean(), (comm, hasComm) => {
        fake(9, {
          stat: stat(9, comm),
          status: status(comm, 9, [33, 33]),
          ...(hasComm ? { comm: `${comm}\n` } : {}),
        });
        expect(readProcess(root, 9)).toMatchObject({ comm, ppid: 1, startTicks: 500, uid: 33 });
        rmSync(join(root, '9'), { recursive: true });
      }),
    );
  });

  it('knows kernel threads by their flag', () => {
    fake(2, { stat: stat(2, 'kthreadd', { ppid: 0, flags: 2129984 }), cmdline: '' });
    expect(readProcess(root, 2)).toMatchObject({ kernelThread: true, cmdline: null, exe: null });
  });

  it.each([
    ['', null],
    ['a\0', ['a']],
    ['a\0\0', ['a', '']],
    ['a\0b', ['a', 'b']],
    ['\0', ['']],
    ['nginx: worker process', ['nginx: worker process']],
    ['postgres: checkpointer \0\0\0\0\0\0', ['postgres: checkpointer ']],
    ['prog\0arg\xff\n\0', ['prog', 'arg\xff\n']],
  ])('command line %j', (cmdline, expected) => {
    fake(5, { stat: stat(5, 'x'), cmdline });
    expect(readProcess(root, 5)?.cmdline).toEqual(expected);
  });

  it.each([
    ['4294967295', null],
    ['0', 0],
    ['1000\n', 1000],
    ['', null],
    ['x', null],
  ])('loginuid %j', (loginuid, expected) => {
    fake(5, { stat: stat(5, 'x'), loginuid });
    expect(readProcess(root, 5)?.loginuid).toBe(expected);
  });

  it.each([
    ['0::/system.slice/a.service\n', '/system.slice/a.service'],
    ['4:memory:/m\n1:name=systemd:/s\n0::/v2\n', '/v2'],
    ['4:memory:/m\n1:name=systemd:/s\n', '/s'],
    ['12:pids:/p\n4:memory:/m\n', '/p'],
    ['1:name=systemd:/docker/x\n0::/\n', '/docker/x'],
    ['0::/\n', '/'],
    ['0::/with:colon\n', '/with:colon'],
    ['', null],
  ])('cgroup %j', (cgroup, expected) => {
    fake(5, { stat: stat(5, 'x'), cgroup });
    expect(readProcess(root, 5)?.cgroup).toBe(expected);
  });

  it('names the container', () => {
    fake(5, { stat: stat(5, 'x'), cgroup: `0::/docker/${'c0ffee00'.repeat(8)}\n` });
    expect(readProcess(root, 5)?.containerHint).toBe('docker:c0ffee00c0ff');
  });

  it.each(['', '5', '5 (x', '5 (x) S', '5 (x) S a b c', ')('])('is null for the stat %j', (text) => {
    fake(5, { stat: text });
    expect(readProcess(root, 5)).toBeNull();
  });
});

describe('listProcesses', () => {
  it('lists numbers only, ascending', () => {
    for (const name of ['10', '9', '1', 'self', '07', '1a', 'net']) mkdirSync(join(root, name));
    expect(listProcesses(root)).toEqual([1, 9, 10]);
  });
});

describe('the real /proc', () => {
  it('knows this process', () => {
    expect(listProcesses('/proc')).toContain(process.pid);
    const facts = readProcess('/proc', process.pid);
    expect(facts).toMatchObject({
      pid: process.pid,
      ppid: process.ppid,
      uid: process.getuid?.(),
      euid: process.geteuid?.(),
      exe: process.execPath,
      kernelThread: false,
    });
    expect(facts?.cmdline?.length).toBeGreaterThan(0);
    expect(facts?.startTicks).toBeGreaterThan(0);
    expect(threadGroupOf('/proc', process.pid)).toBe(process.pid);
  });
});

function fake(pid: number, files: Record<string, string>): void {
  mkdirSync(join(root, String(pid)), { recursive: true });
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(root, String(pid), name), text, 'latin1');
}

/** As fs/proc/array.c do_task_stat() writes it, name escaped. */
function stat(
  pid: number,
  comm: string,
  options: { ppid?: number; flags?: number; startTicks?: number } = {},
): string {
  const { ppid = 1, flags = 4194304, startTicks = 500 } = options;
  const rest = '120 0 0 0 1 2 0 0 20 0 1 0';
  return `${pid} (${escapedName(comm)}) S ${ppid} ${pid} ${pid} 0 -1 ${flags} ${rest} ${startTicks} 2953216 256 0\n`;
}

function status(comm: string, tgid: number, [uid, euid]: [number, number]): string {
  const uids = `Uid:\t${uid}\t${euid}\t${euid}\t${euid}`;
  return `Name:\t${escapedName(comm)}\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t${tgid}\nNgid:\t0\n${uids}\nGid:\t0\t0\t0\t0\n`;
}

function escapedName(comm: string): string {
  return comm.replace(/[\n\\]/g, (character) => (character === '\n' ? '\\n' : '\\\\'));
}
