import { mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOrphans, removeOrphan } from '../../src/tracefs/orphans.js';
import { FakeTracefs } from './fake-tracefs.js';

// The instance was made now; this host was booted 1000 s ago.
const NOW = Date.now();
const BOOT_SECONDS = Math.floor(NOW / 1000) - 1000;

let tracefs: FakeTracefs;
beforeEach(() => {
  tracefs = new FakeTracefs(['dynamic_events']);
  tracefs.put('proc/stat', `cpu 1 2 3\nbtime ${BOOT_SECONDS}\nprocesses 9\n`);
});
afterEach(() => tracefs.remove());

/** A process, so many seconds old. */
function alive(pid: number, age: number): void {
  const ticks = Math.round((NOW / 1000 - BOOT_SECONDS - age) * 100);
  const fields = ['S', 1, ...Array(17).fill(0), ticks, 0];
  tracefs.put(`proc/${pid}/stat`, `${pid} (kwho) log) ${fields.join(' ')}\n`);
}

function find() {
  return findOrphans(tracefs.path, join(tracefs.path, 'proc'));
}

function makeInstance(name: string): string {
  const path = join(tracefs.path, 'instances', name);
  mkdirSync(path);
  tracefs.put(`instances/${name}/trace_pipe`);
  return path;
}

describe('orphans', () => {
  it('nothing there', () => {
    expect(find()).toEqual([]);
  });

  it('an instance and events of a process that is gone, together', () => {
    const instance = makeInstance('kwho-77');
    tracefs.put(
      'dynamic_events',
      [
        'p:kwho_77/in_do_syslog do_syslog type=$arg1:s32',
        'r256:kwho_77/out_do_syslog do_syslog ret=$retval:s32',
        'p:theirs/probe vfs_read',
        'e:kwho_78/x syscalls.sys_enter_execve',
        'p:kprobes/kwho_9 vfs_read',
        '',
      ].join('\n'),
    );
    expect(find()).toEqual([
      { pid: 77, instances: [instance], events: ['kwho_77/in_do_syslog', 'kwho_77/out_do_syslog'] },
      { pid: 78, instances: [], events: ['kwho_78/x'] },
    ]);
  });

  it("somebody else's instance is none", () => {
    makeInstance('bpftrace');
    makeInstance('kwho-x');
    expect(find()).toEqual([]);
  });

  it('the owner lives: it was there before its instance', () => {
    makeInstance('kwho-77');
    alive(77, 60);
    expect(find()).toEqual([]);
  });

  it('the owner has just made it', () => {
    makeInstance('kwho-77');
    alive(77, 0);
    expect(find()).toEqual([]);
  });

  it('a later process has the same id', () => {
    const instance = makeInstance('kwho-77');
    alive(77, -10);
    expect(find()).toEqual([{ pid: 77, instances: [instance], events: [] }]);
  });

  it('events without an instance have no owner, even if a process has that id', () => {
    tracefs.put('dynamic_events', 'p:kwho_77/x vfs_read\n');
    alive(77, 60);
    expect(find()).toEqual([{ pid: 77, instances: [], events: ['kwho_77/x'] }]);
  });

  it('a kernel without a list of dynamic events', () => {
    const instance = makeInstance('kwho-77');
    const bare = new FakeTracefs();
    mkdirSync(join(bare.path, 'instances/kwho-5'));
    expect(findOrphans(bare.path, join(tracefs.path, 'proc')).map(({ pid }) => pid)).toEqual([5]);
    bare.remove();
    utimesSync(instance, 0, 0);
  });
});

describe('removing one', () => {
  it("takes away its instance and its events, and nobody else's", () => {
    // A folder of tracefs goes with the files in it; a plain one must be empty.
    mkdirSync(join(tracefs.path, 'instances/kwho-77'));
    tracefs.put('dynamic_events', 'p:theirs/probe vfs_read\np:kwho_77/a vfs_read\np:kwho_77/b vfs_read\n');
    const [orphan] = find();
    expect(removeOrphan(tracefs.path, orphan)).toEqual([]);
    expect(tracefs.has('instances/kwho-77')).toBe(false);
    expect(tracefs.lines('dynamic_events').slice(3)).toEqual(['-:kwho_77/b', '-:kwho_77/a']);
    expect(tracefs.lines('dynamic_events')[0]).toBe('p:theirs/probe vfs_read');
  });

  it('says what stays', () => {
    const instance = makeInstance('kwho-77');
    expect(removeOrphan(tracefs.path, { pid: 77, instances: [instance], events: [] })).toEqual([
      `${instance} (ENOTEMPTY)`,
    ]);
  });

  it('what has gone meanwhile is removed', () => {
    const instance = join(tracefs.path, 'instances/kwho-77');
    expect(removeOrphan(tracefs.path, { pid: 77, instances: [instance], events: [] })).toEqual([]);
  });
});
