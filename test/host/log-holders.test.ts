import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findLogHolders, type LogHolder } from '../../src/host/log-holders.js';

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'kwho-holders-'));
});
afterEach(() => rmSync(proc, { recursive: true }));

/** A process with these open files; flags as fdinfo has them, in octal. */
function put(pid: number, files: readonly [target: string, flags: string | null][]): void {
  for (const folder of ['fd', 'fdinfo']) mkdirSync(join(proc, String(pid), folder), { recursive: true });
  files.forEach(([target, flags], fd) => {
    symlinkSync(target, join(proc, String(pid), 'fd', String(fd)));
    if (flags !== null)
      writeFileSync(join(proc, String(pid), 'fdinfo', String(fd)), `pos:\t0\nflags:\t${flags}\nmnt_id:\t5\n`);
  });
}

function holders(): LogHolder[] {
  return [...findLogHolders(proc)].flatMap((each) => each ?? []);
}

it('nobody', () => {
  put(1, [
    ['/dev/null', '0100002'],
    ['pipe:[12]', '01'],
    ['/home/x/kmsg', '0100000'],
    ['socket:[3]', '02'],
  ]);
  expect(holders()).toEqual([]);
});

it.each<[string, string | null, string]>([
  // O_LARGEFILE, O_NONBLOCK and O_CLOEXEC stand before the last digit.
  ['/dev/kmsg', '0100000', 'read'],
  ['/dev/kmsg', '02104000', 'read'],
  ['/dev/kmsg', '0100001', 'write'],
  ['/dev/kmsg', '02102001', 'write'],
  ['/dev/kmsg', '0100002', 'read-write'],
  ['/proc/kmsg', '0100000', 'read'],
  // Gone between the two looks.
  ['/proc/kmsg', null, 'read'],
])('%s with flags %s: %s', (door, flags, mode) => {
  put(7, [[door, flags]]);
  expect(holders()).toEqual([{ pid: 7, door, mode }]);
});

it('a process that holds it several times is told once a door and mode', () => {
  put(7, [
    ['/dev/kmsg', '0100000'],
    ['/dev/kmsg', '0100000'],
    ['/dev/kmsg', '0100001'],
    ['/proc/kmsg', '0100000'],
  ]);
  put(9, [['/dev/kmsg', '0100001']]);
  expect(holders()).toEqual([
    { pid: 7, door: '/dev/kmsg', mode: 'read' },
    { pid: 7, door: '/dev/kmsg', mode: 'write' },
    { pid: 7, door: '/proc/kmsg', mode: 'read' },
    { pid: 9, door: '/dev/kmsg', mode: 'write' },
  ]);
});

it('another mount namespace has its own path in front', () => {
  put(7, [['/var/lib/container/rootfs/dev/kmsg', '0100000']]);
  expect(holders()).toEqual([{ pid: 7, door: '/dev/kmsg', mode: 'read' }]);
});

it('who does not let us look', () => {
  put(7, [['/dev/kmsg', '0100000']]);
  mkdirSync(join(proc, '8'));
  // Root is refused nothing in a plain folder: a file in its place is as little a list.
  writeFileSync(join(proc, '8/fd'), '');
  put(9, []);
  expect([...findLogHolders(proc)]).toEqual([[{ pid: 7, door: '/dev/kmsg', mode: 'read' }], null, []]);
});

it('one process a step: the caller may stop in between', () => {
  put(7, [['/dev/kmsg', '0100000']]);
  put(8, [['/proc/kmsg', '0100000']]);
  const steps = findLogHolders(proc);
  expect(steps.next().value).toMatchObject([{ pid: 7 }]);
  // What has gone since the list was made holds nothing.
  rmSync(join(proc, '8'), { recursive: true });
  expect(steps.next().value).toEqual([]);
  expect(steps.next().done).toBe(true);
});

it('the processes of this host can be looked through', () => {
  const seen = [...findLogHolders('/proc')];
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.flatMap((holders) => holders ?? []).filter(({ pid }) => pid === process.pid)).toEqual([]);
});
