import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rsyslogTargets } from '../../../src/decode/log-config/rsyslog-conf.js';
import { findDaemons } from '../../../src/host/log/daemons.js';
import { findCanaryEntry, journaldFragments, readJournald } from '../../../src/host/log/journald.js';
import { findLogFiles, searchFiles } from '../../../src/host/log/log-files.js';
import { findLogReaders } from '../../../src/host/log/log-readers.js';
import { checkStore } from '../../../src/host/log/log-store.js';
import type { LogWorld } from '../../../src/host/log/log-world.js';
import { readRsyslogConfig } from '../../../src/host/log/rsyslog.js';

let world: LogWorld;
beforeEach(() => {
  world = {
    root: mkdtempSync(join(tmpdir(), 'kwho-log-')),
    command: async () => ({ outcome: 'missing' }),
  };
});
afterEach(() => rmSync(world.root, { recursive: true }));

function put(path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(world.root, path)), { recursive: true });
  writeFileSync(join(world.root, path), text);
}

function putProcess(pid: number, comm: string, cmdline: string[], state = 'S', startTicks = 500): void {
  const fields = [state, 1, ...Array(17).fill(0), startTicks, 0];
  put(`/proc/${pid}/stat`, `${pid} (${comm}) ${fields.join(' ')}\n`);
  put(`/proc/${pid}/comm`, `${comm}\n`);
  put(`/proc/${pid}/cmdline`, cmdline.map((word) => `${word}\0`).join(''));
  mkdirSync(join(world.root, `/proc/${pid}/fd`));
}

describe('rsyslog', () => {
  it('includes are read where they stand, by name, and one that includes itself once', () => {
    put('/etc/rsyslog.conf', 'module(load="imklog")\n$IncludeConfig /etc/rsyslog.d/*.conf\n*.* /last\n');
    put('/etc/rsyslog.d/20-b.conf', 'include(file="/etc/rsyslog.conf")\nkern.* /second\n');
    put('/etc/rsyslog.d/10-a.conf', 'kern.* /first\n');
    put('/etc/rsyslog.d/30-c.conf.bak', 'kern.* /never\n');
    const config = readRsyslogConfig(world, null);
    expect(config === null ? [] : rsyslogTargets(config, 0, 6).targets).toEqual(
      ['/first', '/second', '/last'].map((path) => ({ kind: 'file', path })),
    );
  });

  it('the file that the daemon was told of', () => {
    put('/other.conf', 'kern.* /x\n');
    const daemon = { pid: 1, cmdline: ['rsyslogd', '-n', '-f', '/other.conf'], started: 0, halted: false };
    expect(readRsyslogConfig(world, daemon)?.rules).toHaveLength(1);
    expect(readRsyslogConfig(world, null)).toBeNull();
  });
});

describe('journald', () => {
  it('drop-ins by name, those of /etc before those of the same name elsewhere', () => {
    put('/etc/systemd/journald.conf', 'main');
    put('/usr/lib/systemd/journald.conf.d/20-x.conf', 'hidden');
    put('/etc/systemd/journald.conf.d/20-x.conf', 'etc');
    put('/run/systemd/journald.conf.d/10-y.conf', 'run');
    expect(journaldFragments(world).map(({ text }) => text)).toEqual(['main', 'run', 'etc']);
  });

  it('the kernel command line goes over the files', async () => {
    put('/etc/systemd/journald.conf', '[Journal]\nMaxLevelStore=debug\n');
    put('/proc/cmdline', 'quiet systemd.journald.max_level_store=err\n');
    expect((await readJournald(world, null, null)).config).toMatchObject({
      maxLevelStore: 3,
      from: { maxLevelStore: '/proc/cmdline' },
    });
  });

  it('what journalctl of Debian 12 prints', async () => {
    const kernel =
      '{"SYSLOG_IDENTIFIER":"kernel","MESSAGE":"9p: Installing v9fs 9p2000 file system support","_SOURCE_MONOTONIC_TIMESTAMP":"5692560","__MONOTONIC_TIMESTAMP":"9007034","PRIORITY":"6"}\n{"MESSAGE":[107,119,104,111,255],"_SOURCE_MONOTONIC_TIMESTAMP":"18376649","__MONOTONIC_TIMESTAMP":"18406793"}\n';
    const missed =
      '{"__MONOTONIC_TIMESTAMP":"26488211","MESSAGE":"Missed 3966 kernel messages","_TRANSPORT":"driver"}\n';
    world.command = async (_, args) => ({
      outcome: 'done',
      stdout: args.includes('-k') ? kernel : missed,
      stderr: '',
      status: 0,
    });
    put('/run/systemd/journal/kernel-seqnum', Buffer.from([0x93, 1, 0, 0, 0, 0, 0, 0]));
    put('/run/log/journal/3d12/system.journal', '');
    const facts = await readJournald(world, null, 'kwho\xff');
    expect(facts).toMatchObject({
      next: 403,
      hasJournal: true,
      stored: { oldest: 5.69256, newest: 18.376649, count: 2 },
      missed: [{ time: 26.488211, count: 3966 }],
      matches: 1,
    });
    expect((await findCanaryEntry(world, 'kwho'))?.delay).toBeCloseTo(30.144, 3);
    expect(await findCanaryEntry(world, 'nothing of it')).toBeNull();
  });

  it('journalctl is not there, or has no right', async () => {
    put('/run/log/journal/3d12/system.journal', '');
    expect((await readJournald(world, null, null)).refused).toBe('journalctl is not installed');
    world.command = async () => ({
      outcome: 'done',
      stdout: '',
      stderr: 'No journal files were opened due to insufficient permissions.\n',
      status: 1,
    });
    expect((await readJournald(world, null, null)).refused).toContain('insufficient permissions');
  });
});

describe('log files', () => {
  it('finds a text across the pieces it reads, and counts', () => {
    put('/var/log/kern.log', `${'x'.repeat((1 << 20) - 4)}needle\nneedle needle of kernels\n`);
    put('/var/log/apt/history.log', 'nothing\n');
    put('/var/log/old.gz', 'needle');
    put('/var/log/journal/1/system.journal', 'needle');
    const files = findLogFiles(world);
    expect(files).toEqual(['/var/log/apt/history.log', '/var/log/kern.log']);
    expect(searchFiles(world, [...files, '/var/log/gone'], 'needle')).toEqual({
      found: [{ path: '/var/log/kern.log', count: 3, last: 'needle needle of kernels' }],
      searched: 2,
      partly: ['/var/log/gone'],
    });
  });

  const record = { seq: 7, time: 33.757435, level: 6, facility: 0, text: 'evm: overlay not supported' };
  const LINE = '2026-11-22T09:42:23.836617+00:00 lab kernel: [   33.757435] evm: overlay not supported\n';

  it('a record by stamp and text, after the last boot', () => {
    put(
      '/var/log/kern.log',
      `Nov 21 lab kernel: [ 9999.000000] before\nNov 22 lab kernel: [    0.000000] Linux version\n${LINE}`,
    );
    const check = checkStore(
      world,
      '/var/log/kern.log',
      [record, { ...record, seq: 8, time: 34 }],
      Date.now() - 90_000,
    );
    expect(check).toMatchObject({ exists: true, fresh: true, oldest: 0 });
    expect([...check.has]).toEqual([7]);
  });

  it('imkmsg writes no stamps: by text', () => {
    put('/var/log/kern.log', LINE.replace('[   33.757435] ', ''));
    const check = checkStore(world, '/var/log/kern.log', [record], Date.now() - 90_000);
    expect([...check.has]).toEqual([7]);
    expect(check.oldest).toBeNull();
    // It was made just now, and what is older may be in the file before it.
    expect(check.begins).toBeGreaterThan(89);
  });

  it('a file that was not written since this boot, and one that is not there', () => {
    put('/var/log/kern.log', LINE);
    const yesterday = new Date(Date.now() - 86_400_000);
    utimesSync(join(world.root, '/var/log/kern.log'), yesterday, yesterday);
    expect(checkStore(world, '/var/log/kern.log', [record], Date.now() - 90_000)).toMatchObject({
      exists: true,
      fresh: false,
      has: new Set(),
    });
    expect(checkStore(world, '/var/log/none', [record], 0)).toMatchObject({ exists: false });
  });
});

describe('processes', () => {
  it('daemons by their names, BusyBox by what it was called as, and whether they are stopped', () => {
    putProcess(10, 'rsyslogd', ['/usr/sbin/rsyslogd', '-n'], 'T', 1200);
    putProcess(11, 'busybox', ['busybox', 'klogd', '-n']);
    putProcess(12, 'syslogd', ['syslogd', '-l', '5']);
    putProcess(13, 'systemd-journal', ['/lib/systemd/systemd-journald']);
    putProcess(14, 'vim', ['vim', 'rsyslogd']);
    const daemons = findDaemons(world);
    expect(daemons.get('rsyslogd')).toEqual({
      pid: 10,
      cmdline: ['/usr/sbin/rsyslogd', '-n'],
      started: 12,
      halted: true,
    });
    expect(daemons.get('klogd')).toMatchObject({ pid: 11, cmdline: ['klogd', '-n'], halted: false });
    expect([...daemons.keys()].sort()).toEqual(['klogd', 'rsyslogd', 'syslogd', 'systemd-journald']);
  });

  it.runIf(process.arch === 'x64')('a thread that waits in syslog(2) READ, as 6.12 shows it', () => {
    putProcess(11, 'busybox', ['busybox', 'klogd', '-n']);
    put('/proc/11/task/11/syscall', '103 0x2 0x5eb300 0x3ff 0x4000 0x0 0x0 0x7ffd4c228de8 0x481507\n');
    putProcess(12, 'dmesg', ['dmesg']);
    put('/proc/12/task/12/syscall', '103 0x3 0x5eb300 0x3ff 0x4000 0x0 0x0 0x7ffd4c228de8 0x481507\n');
    expect(findLogReaders(world, 1)).toEqual({
      readers: [{ pid: 11, comm: 'busybox', cmdline: ['busybox', 'klogd', '-n'], door: 'syslog' }],
      unseen: 0,
    });
  });
});
