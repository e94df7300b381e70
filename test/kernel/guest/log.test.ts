import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogAccessEvent } from '../../../src/model/events.js';
import { call, klogctl, writeInt80Program, writeScript } from './callers.js';
import { KwhoRun, leftovers, NOTHING } from './kwho-run.js';
import { kernelMessage } from './log-collectors.js';

/** What an access looked like, in one line. */
function shape({ door, action, effect, result, errno }: LogAccessEvent): string {
  return `${door} ${action} ${effect} ${errno ?? (result === null ? '?' : result > 0 ? '+' : result)}`;
}

describe.each(['pages', 'text'])('every door and action, read as %s', (reader) => {
  let run: KwhoRun;
  const pids = new Map<string, number>();
  let script = 0;

  beforeAll(async () => {
    // More than the one read that follows takes: others may have emptied the log before.
    for (let i = 0; i < 20; i++) kernelMessage();
    run = await KwhoRun.start('log', '--json', '--reader', reader);
    const note = (name: string, { pid }: { pid: number }) => pids.set(name, pid);
    note('dmesg -C', call('dmesg', '-C'));
    note('dmesg -c', call('dmesg', '-c'));
    note('dmesg -n 3', call('dmesg', '-n', '3'));
    note('dmesg -D', call('dmesg', '-D'));
    note('dmesg -E', call('dmesg', '-E'));
    note('dmesg -S', call('dmesg', '-S'));
    note('refill', call('sh', '-c', 'echo for busybox > /dev/kmsg'));
    note('busybox dmesg -c', call('busybox', 'dmesg', '-c'));
    note('echo', call('sh', '-c', 'echo refill > /dev/kmsg'));
    for (const action of [3, 4, 2]) note(`klogctl ${action}`, klogctl(action, 4096));
    for (const action of [5, 9, 10, 77]) note(`klogctl ${action}`, klogctl(action));
    note('refused', call('setpriv', '--reuid', '65534', '--clear-groups', 'dmesg', '-C'));
    writeInt80Program('/tmp/int80', 5);
    note('int80', call('/tmp/int80'));
    note('refill', call('sh', '-c', 'echo for head > /dev/kmsg'));
    note('head /proc/kmsg', call('head', '-c', '10', '/proc/kmsg'));
    const follower = spawn('cat', ['/dev/kmsg'], { stdio: 'ignore' });
    pids.set('follower', follower.pid ?? 0);
    await sleep(1500);
    follower.kill();
    await once(follower, 'close');
    note('empty argument', call('perl', '-e', 'syscall(103, 10, 0, 0)', '', 'last'));
    note(
      'long',
      call('perl', '-e', 'syscall(103, 10, 0, 0)', ...Array.from({ length: 40 }, (_, i) => `argument-${i}`)),
    );
    note('forger', call('sh', '-c', `dmesg -C\n: '${FORGED}'`, FORGED));
    for (const [i, name] of HOSTILE_NAMES.entries())
      note(`name ${i}`, call('perl', '-e', `$0 = ${name}; syscall(103, 5, 0, 0)`));
    writeScript('/tmp/clear-often', 'i=0', 'while [ $i -lt 200 ]; do dmesg -C; i=$((i+1)); done');
    script = call('/tmp/clear-often').pid;
    await run.stop();
  });

  const accessesOf = (name: string) => run.accesses.filter(({ pid }) => pid === pids.get(name));

  it.each([
    ['dmesg -C', ['syslog CLEAR clears 0']],
    ['dmesg -n 3', ['syslog CONSOLE_LEVEL configures 0']],
    ['dmesg -D', ['syslog CONSOLE_OFF configures 0']],
    ['dmesg -E', ['syslog CONSOLE_ON configures 0']],
    ['busybox dmesg -c', ['syslog SIZE_BUFFER none +', 'syslog READ_CLEAR clears +']],
    ['echo', ['/dev/kmsg open none 0', '/dev/kmsg write writes +']],
    ['klogctl 2', ['syslog READ steals +']],
    ['klogctl 3', ['syslog READ_ALL reads +']],
    ['klogctl 4', ['syslog READ_CLEAR clears +']],
    ['klogctl 5', ['syslog CLEAR clears 0']],
    ['klogctl 9', ['syslog SIZE_UNREAD none +']],
    ['klogctl 10', ['syslog SIZE_BUFFER none +']],
    ['klogctl 77', ['syslog 77 none EINVAL']],
    ['refused', ['syslog CLEAR none EPERM']],
    ['int80', ['syslog CLEAR clears 0']],
    ['head /proc/kmsg', ['/proc/kmsg open none 0', '/proc/kmsg read steals +', '/proc/kmsg close none 0']],
  ])('%s', (name, expected) => {
    expect(accessesOf(name).map(shape)).toEqual(expected);
  });

  it('dmesg -c clears once, after reading', () => {
    const shapes = accessesOf('dmesg -c').map(shape);
    expect(shapes.filter((text) => text.includes('clears'))).toEqual(['syslog CLEAR clears 0']);
    expect(shapes[0]).toBe('/dev/kmsg open none 0');
    expect(shapes.at(-1)).toBe('syslog CLEAR clears 0');
  });

  it('dmesg -S reads all through syslog(2)', () => {
    expect(accessesOf('dmesg -S').map(({ action }) => action)).toEqual(
      expect.arrayContaining(['SIZE_BUFFER', 'READ_ALL']),
    );
  });

  it('a follower of /dev/kmsg reads', () => {
    const shapes = accessesOf('follower').map(shape);
    expect(shapes[0]).toBe('/dev/kmsg open none 0');
    expect(shapes.filter((text) => text === '/dev/kmsg read reads +').length).toBeGreaterThan(100);
  });

  it('arguments come from the kernel: lengths, levels, the 32-bit gate', () => {
    expect(accessesOf('dmesg -n 3')[0]?.length).toBe(3);
    expect(accessesOf('klogctl 2')[0]?.length).toBe(4096);
    expect(accessesOf('int80')[0]).toMatchObject({
      via: '__ia32_sys_syslog',
      comm: 'int80',
    });
  });

  it('callers that lived for milliseconds have command line, user, program and parent', () => {
    const [access] = accessesOf('dmesg -C');
    expect(access?.process).toMatchObject({
      comm: 'dmesg',
      cmdline: ['dmesg', '-C'],
      uid: 0,
    });
    // A path is a string: trace text is not asked for one.
    if (reader === 'pages') expect(access?.process?.exe).toBe('/usr/bin/dmesg');
    expect(access?.process?.parents[0]?.pid).toBe(process.pid);
    expect(accessesOf('refused')[0]?.process).toMatchObject({
      cmdline: ['dmesg', '-C'],
      uid: 65534,
    });
    expect(accessesOf('int80')[0]?.process).toMatchObject({
      cmdline: ['/tmp/int80'],
    });
    expect(accessesOf('empty argument')[0]?.process?.cmdline).toEqual([
      'perl',
      '-e',
      'syscall(103, 10, 0, 0)',
      '',
      'last',
    ]);
    const long = accessesOf('long')[0]?.process;
    expect(long?.cmdline?.slice(0, 4)).toEqual(['perl', '-e', 'syscall(103, 10, 0, 0)', 'argument-0']);
    expect(long?.cmdline).toHaveLength(43);
    expect(long?.cmdlineCut).toBeUndefined();
  });

  it('text in an argument that looks like an event is no event', () => {
    const clears = run.accesses.filter(({ process, comm }) => comm === 'forged' || process?.pid === 4242);
    expect(clears).toEqual([]);
    const own = run.accesses.filter(({ process }) =>
      process?.parents.some(({ pid }) => pid === pids.get('forger')),
    );
    expect(own.map(shape)).toEqual(['syslog CLEAR clears 0']);
  });

  it.each(HOSTILE_NAMES.map((name, i) => [name, i] as const))('process name %s', (_, i) => {
    const found = accessesOf(`name ${i}`);
    expect(found.map(shape)).toEqual(['syslog CLEAR clears 0']);
    expect(found[0]?.comm).toBe(HOSTILE_SHOWN[i]);
  });

  it('200 clears in a row: each seen, with its command line and its script', () => {
    const clears = run.accesses.filter(
      ({ action, process }) => action === 'CLEAR' && process?.parents[0]?.pid === script,
    );
    expect(clears.length + run.summary.lost).toBe(200);
    expect(clears.filter(({ process }) => process?.cmdline?.join(' ') !== 'dmesg -C')).toEqual([]);
    expect(new Set(clears.map(({ process }) => process?.parents[0]?.cmdline?.join(' ')))).toEqual(
      new Set(['/bin/sh /tmp/clear-often']),
    );
  });

  it('the account is closed, and nothing is left in the kernel', () => {
    expect(run.summary).toMatchObject({ lost: 0, complete: true });
    expect(run.summary.backends).toEqual(['function', 'probe', reader]);
    expect(leftovers()).toEqual(NOTHING);
  });

  afterAll(() => {
    if (process.env.KWHO_LAB_DEBUG !== undefined) process.stdout.write(run.stdout);
  });
});

/** A whole line of trace text, with newlines around it. */
const FORGED = '\n          forged-4242    [000] .....    99.000001: __x64_sys_syslog <-do_syscall_64\n';

/** As Perl source; a name has 15 bytes. */
const HOSTILE_NAMES = [
  '"two words"',
  '"x-12"',
  '"[001] a: b"',
  '"{red-fg}bad"',
  '"new\\nline\\nname"',
  '"\\x1b[31mred\\x07"',
  '"\\xff\\xfebin"',
  '" do_syslog: x"',
];

const HOSTILE_SHOWN = [
  'two words',
  'x-12',
  '[001] a: b',
  '{red-fg}bad',
  'new\nline\nname',
  '\x1b[31mred\x07',
  '\\xff\\xfebin',
  ' do_syslog: x',
];
