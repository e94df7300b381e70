import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOptions } from '../../../src/commands/command.js';
import { runAction } from '../../../src/commands/kmsg/actions.js';
import { openSource } from '../../../src/commands/kmsg/open-source.js';
import { kmsgOptions } from '../../../src/commands/kmsg/options.js';
import { openWriter } from '../../../src/commands/kmsg/run.js';
import { noticesBefore } from '../../../src/commands/kmsg/telling.js';
import { kmsg as kmsgCommand } from '../../../src/commands/kmsg.js';
import { KmsgDevice } from '../../../src/klog/kmsg-device.js';
import { KmsgSource } from '../../../src/klog/kmsg-source.js';
import { call } from './callers.js';
import { type AnyEvent, KwhoRun, kwho } from './kwho-run.js';

const modules = '/run/kwho-under-test/node_modules';
const PRINTK_DEVKMSG = '/proc/sys/kernel/printk_devkmsg';
let devkmsg = '';

beforeAll(() => {
  kwho();
  symlinkSync(new URL('../../../node_modules', import.meta.url).pathname, modules);
  devkmsg = readFileSync(PRINTK_DEVKMSG, 'latin1').trim();
  writeFileSync(PRINTK_DEVKMSG, 'on\n');
  log('<3>kwho err: first line\nsecond line\n\tthird');
  log('<28>kwho daemon: \\ backslash \x01 control \xc3\xa9 utf-8 "quoted"');
  log('<14>kwho info');
});

afterAll(() => {
  if (existsSync(modules)) unlinkSync(modules);
  writeFileSync(PRINTK_DEVKMSG, `${devkmsg}\n`);
});

describe('what dmesg prints', () => {
  // The number of a priority is wrong in dmesg of util-linux 2.38 where the facility is not the kernel's: `<3>` for `<11>`.
  it.each([
    '',
    '-x',
    '-r -k',
    '-l err,warn -x',
    '-r -k -l err,warn',
    '-f user,daemon',
    '-k',
    '-u',
    '-d',
    '-t',
    '-p',
    '-J -k',
    '-J -x -l err',
    '--time-format delta',
    '-S -x',
  ])('dmesg %s, byte for byte', (line) => {
    const args = line.split(' ').filter((word) => word !== '');
    expectAsDmesg(args, () => printed(...args));
  });

  it('the priority of a program is that of its record', () => {
    expect(printed('-r', '-f', 'daemon')).toMatch(/^<28>\[ *\d+\.\d{6}\] kwho daemon: /);
    expect(printed('-J', '-f', 'daemon')).toContain('"pri": 28,');
  });

  it('by way of the command line', () => {
    expectAsDmesg(['-x'], () => kmsg('-x').stdout);
  });

  // Boot time is what the clocks say at the moment: two runs of dmesg itself differ by microseconds, and dmesg of
  // util-linux 2.38 cuts them off.
  it.each(['-T', '-x -T', '--time-format iso'])('dmesg %s, to the second', (line) => {
    const args = line.split(' ');
    const ours = stamped(printed(...args));
    const theirs = stamped(call('dmesg', ...args).stdout);
    expect(ours.map(({ text }) => text)).toEqual(theirs.map(({ text }) => text));
    expect(ours.length).toBeGreaterThan(3);
    for (const [i, { time }] of ours.entries()) {
      expect(Math.abs(time - (theirs[i]?.time ?? 0))).toBeLessThanOrEqual(1500);
    }
  });

  // The time of day stands where the minute changes, which is some milliseconds earlier or later by the same token.
  it.each(['-e', '-x -e', '-H', '-l err -H'])('dmesg %s, to the line at which the minute changes', (line) => {
    const args = line.split(' ');
    const ours = relative(printed(...args));
    const theirs = relative(call('dmesg', ...args).stdout);
    expect(ours.map(({ text }) => text)).toEqual(theirs.map(({ text }) => text));
    const minutes = (lines: typeof ours) =>
      lines.flatMap(({ stamp }) => (stamp.startsWith(' ') ? [] : [stamp]));
    expect(minutes(ours)).toEqual(minutes(theirs));
    expect(minutes(ours)[0]).toMatch(/^\w{3}\d\d \d\d:\d\d$/);
    const other = ours.filter(({ stamp }, i) => stamp !== theirs[i]?.stamp);
    expect(other.length).toBeLessThanOrEqual(2 * (minutes(ours).length - 1));
  });

  it('dmesg -H by way of the command line, where nobody looks on', () => {
    const stamps = (stdout: string) => relative(stdout).map(({ stamp }) => stamp.replace(/\d/g, '0'));
    const ours = kmsg('-H', '-l', 'err');
    expect([ours.status, ours.stdout.includes('\x1b')]).toEqual([0, false]);
    expect(stamps(ours.stdout)).toEqual(stamps(call('dmesg', '-H', '-l', 'err').stdout));
  });

  it('an address of the kernel is named, and dmesg has the line without the name', () => {
    const symbols = readFileSync('/proc/kallsyms', 'latin1');
    const [, start = ''] = /^(\w{16}) T do_exit$/m.exec(symbols) ?? [];
    const inside = (BigInt(`0x${start}`) + 5n).toString(16);
    log(`<4>kwho stood at [<${inside}>] and went on`);
    const line = (stdout: string) => stdout.split('\n').find((each) => each.includes('kwho stood at'));
    const theirs = line(call('dmesg', '-e', '-x').stdout) ?? '';
    expect(theirs).toContain(`[<${inside}>] and`);
    const named = theirs.replace('>] and', '>] (do_exit+0x5) and');
    expect(line(kmsg('-e', '-x').stdout)).toBe(named);
    expect(line(kmsg('-e', '-x', '--no-symbols').stdout)).toBe(theirs);
    const told = eventsOf(kmsg('--json').stdout).find(
      (event) => event.type === 'kernel-message' && event.text.includes('kwho stood at'),
    );
    expect(told).toMatchObject({ symbols: { [inside]: 'do_exit+0x5' } });
  });

  it('dmesg --since and --until', async () => {
    log('<6>kwho before');
    // dmesg of util-linux 2.38 drops the fractions of two numbers that it adds.
    await sleep(6000);
    const middle = localTime(Date.now() - 3000);
    log('<6>kwho after');
    for (const option of ['--since', '--until']) {
      const stdout = printed(option, middle);
      expectAsDmesg([option, middle], () => printed(option, middle));
      expect([stdout.includes('kwho before'), stdout.includes('kwho after')]).toEqual([
        option === '--until',
        option === '--since',
      ]);
    }
  });
});

it('every record with all its fields, as /dev/kmsg has them', () => {
  const device = new KmsgDevice();
  const records: { seq: number; fields: Record<string, string> }[] = [];
  for (let read = device.read(); read.kind !== 'end'; read = device.read()) {
    if (read.kind === 'record')
      records.push({ seq: read.record.seq, fields: Object.fromEntries(read.record.fields) });
  }
  device.close();
  const told = eventsOf(printed('--all', '--json')).filter((event) => event.type === 'kernel-message');
  expect(told.map(({ seq, fields }) => ({ seq, fields })).slice(0, records.length)).toEqual(records);
});

it('new records are printed as they come, with -W only those', async () => {
  const run = await KwhoRun.start('kmsg', '-W', '-t');
  log('<6>kwho follows one');
  log('<6>kwho follows two');
  await sleep(500);
  expect(await run.stop('SIGINT')).toBe(130);
  expect(run.stdout).toBe('kwho follows one\nkwho follows two\n');
});

it('records overwritten while kwho was held up are counted', async () => {
  const run = await KwhoRun.start('kmsg', '-W', '--json');
  log('<6>kwho first');
  await sleep(500);
  run.child.kill('SIGSTOP');
  flood();
  run.child.kill('SIGCONT');
  await sleep(1000);
  await run.stop();
  const messages = run.events.filter((event) => event.type === 'kernel-message');
  const lost = run.events.filter((event) => event.type === 'lost');
  const gap = (messages[1]?.seq ?? 0) - (messages[0]?.seq ?? 0) - 1;
  expect(gap).toBeGreaterThan(100);
  expect(lost).toMatchObject([{ count: gap, where: 'reader' }]);
  expect(run.summary).toMatchObject({ seen: messages.length, lost: gap, complete: false });
});

it('a ring that has wrapped is told of, and what is left agrees with dmesg', () => {
  const source = new KmsgSource('visible');
  expect(noticesBefore(source)).toMatchObject([
    { code: 'log-wrapped', details: { firstSequence: firstSequence() } },
  ]);
  source.close();
  expectAsDmesg([], () => printed());
});

describe('actions of syslog(2)', () => {
  it('a clear wants --yes, hides, and --all shows what is hidden', () => {
    const refused = kmsg('--clear');
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('nothing was done')]);
    const before = printed();
    expect(before).not.toBe('');
    expect(action('--clear', '--yes')).toBe('');
    const after = kmsg();
    expect(after.stdout).toBe(call('dmesg').stdout);
    expect(after.stderr).toMatch(/the log was cleared: \d+ records are hidden/);
    expect(printed('--all')).toContain(before);
  });

  it('read-clear prints each record once', () => {
    log('<6>kwho once');
    expect(kmsg('--read-clear', '--yes').stdout).toContain('kwho once');
    expect(printed()).not.toContain('kwho once');
    log('<6>kwho twice');
    expect(kmsg('-S', '-c', '--yes', '-t').stdout).toBe('kwho twice\n');
    expect(call('dmesg').stdout).not.toContain('kwho twice');
  });

  it('sizes and console levels', () => {
    expect(Number(action('--size'))).toBeGreaterThanOrEqual(1 << 16);
    expect(Number(action('--unread'))).toBeGreaterThan(0);
    const level = readFileSync('/proc/sys/kernel/printk', 'latin1').split('\t')[0] ?? '';
    expect(action('-n', 'err')).toBe('');
    expect(readFileSync('/proc/sys/kernel/printk', 'latin1')).toMatch(/^4\t/);
    expect(action('--levels')).toMatch(/^4 {2}console/);
    action('--console-off');
    expect(readFileSync('/proc/sys/kernel/printk', 'latin1')).toMatch(/^1\t/);
    action('--console-on');
    expect(readFileSync('/proc/sys/kernel/printk', 'latin1')).toMatch(/^4\t/);
    action('-n', level);
  });

  it('/proc/kmsg gives its messages once', () => {
    log('<6>kwho stolen');
    expect(kmsg('--source', 'proc').status).toBe(2);
    expect(kmsg('--source', 'proc', '--yes').stdout).toContain('kwho stolen\n');
    expect(printed('--source', 'proc')).toBe('');
    expect(call('dmesg').stdout).toContain('kwho stolen\n');
  });

  it('syslog(2) READ gives its messages once', async () => {
    const run = await KwhoRun.start('kmsg', '-S', '-w', '--yes', '-t');
    await sleep(300);
    log('<6>kwho read');
    await sleep(500);
    await run.stop();
    expect(run.stdout).toContain('kwho read\n');
    expect(action('--unread')).toBe('0\n');
  });

  it('is refused to others in words', () => {
    const node = ['--reuid', '65534', '--clear-groups', process.execPath, kwho(), 'kmsg', '--clear', '--yes'];
    const { status, stderr } = spawnSync('setpriv', node, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([77, expect.stringContaining('syslog(2) CLEAR is refused (EPERM)')]);
  });

  it('where something else stands in the place of /dev/kmsg it is read through syslog(2)', () => {
    renameSync('/dev/kmsg', '/dev/kmsg-away');
    symlinkSync('/dev/null', '/dev/kmsg');
    const { stdout, stderr, status } = kmsg('-t');
    const alone = kmsg('--source', 'kmsg');
    unlinkSync('/dev/kmsg');
    renameSync('/dev/kmsg-away', '/dev/kmsg');
    expect([status, stderr]).toEqual([0, expect.stringContaining('read through syslog(2)')]);
    expect(stdout).toBe(call('dmesg', '-t').stdout);
    expect([alone.status, alone.stderr]).toEqual([69, expect.stringContaining('gives no record (end)')]);
  });

  it('without ffi-napi there is a remedy, and /dev/kmsg still agrees with dmesg', () => {
    unlinkSync(modules);
    const { status, stderr } = kmsg('--size');
    expect([status, stderr]).toEqual([69, expect.stringContaining('npm rebuild ffi-napi')]);
    expectAsDmesg(['-x'], () => kmsg('-x').stdout);
  });
});

/** The kernel may log something, and overwrite something, between two looks: dmesg has to say the same twice. */
function expectAsDmesg(args: readonly string[], ours: () => string): void {
  for (let tries = 0; ; tries++) {
    const before = call('dmesg', ...args).stdout;
    const own = ours();
    if (call('dmesg', ...args).stdout !== before && tries < 5) continue;
    expect(own).toBe(before);
    return;
  }
}

function kmsg(...args: string[]) {
  return spawnSync(process.execPath, [kwho(), 'kmsg', ...args], { encoding: 'latin1', timeout: 60_000 });
}

/** What the command prints, without a process of its own: an emulated guest takes seconds for one. In latin1. */
function printed(...args: string[]): string {
  const options = kmsgOptions(parseOptions(kmsgCommand, args));
  const warn = () => {};
  const source = openSource(options, warn);
  const writer = openWriter(options, source, { names: null, color: false, warn });
  while (source.read(writer)) {}
  source.close();
  writer.end();
  return Buffer.from(writer.take()).toString('latin1');
}

function action(...args: string[]): string | null {
  return runAction(parseOptions(kmsgCommand, args));
}

function firstSequence(): number {
  const device = new KmsgDevice();
  const read = device.read();
  device.close();
  return read.kind === 'record' ? read.record.seq : -1;
}

function eventsOf(stdout: string): AnyEvent[] {
  return Buffer.from(stdout, 'latin1')
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AnyEvent);
}

/** One record, whose bytes are given as latin1. */
function log(text: string): void {
  writeFileSync('/dev/kmsg', Buffer.from(`${text}\n`, 'latin1'));
}

/** More than the ring can hold. */
function flood(): void {
  const fd = openSync('/dev/kmsg', 'w');
  for (let i = 0; i < 3000; i++) writeSync(fd, `<6>kwho flood ${i} ${'.'.repeat(100)}\n`);
  closeSync(fd);
}

function stamped(output: string): { time: number; text: string }[] {
  return output
    .split('\n')
    .map((line) => /^([a-z ]+:[a-z ]+: )?(?:\[(\w{3} \w{3} .{16})\]|([\dT:,+-]{32})) (.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, names = '', ctime, iso, text]) => ({
      time: Date.parse(ctime ?? (iso as string).replace(',', '.')),
      text: names + text,
    }));
}

/** What `-e` prints: the time of day where the minute changes, else what has passed since the line before. */
function relative(output: string): { stamp: string; text: string }[] {
  return output
    .split('\n')
    .map((line) => /^([a-z ]+:[a-z ]+: )?\[(\w{3}\d\d \d\d:\d\d| +\+\d+\.\d+)\] (.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, names = '', stamp = '', text]) => ({ stamp, text: names + text }));
}

/** `2026-11-22 16:34:22` */
function localTime(milliseconds: number): string {
  const date = new Date(milliseconds - 60_000 * new Date(milliseconds).getTimezoneOffset());
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
