import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './callers.js';
import { KwhoRun, kwho, leftovers, NOTHING } from './kwho-run.js';

const MARK = 'kwho-test';
const modules = '/run/kwho-under-test/node_modules';

describe.each(['perl', 'ffi-napi'])('a clear before kwho started, seen by way of %s', (way) => {
  beforeAll(() => {
    kwho();
    if (way === 'ffi-napi') symlinkSync(new URL('../../../node_modules', import.meta.url).pathname, modules);
  });
  afterAll(() => {
    if (existsSync(modules)) unlinkSync(modules);
  });

  it('is reported with the number of hidden records, which --recover prints', async () => {
    writeFileSync('/dev/kmsg', `${MARK} hidden from ${way}\n`);
    call('dmesg', '-C');
    const all = await KwhoRun.start('log', '--json', '--for', '200ms');
    await all.ended();
    const everything = Number(all.notices('log-cleared')[0]?.details?.hidden);
    expect(everything).toBeGreaterThan(0);

    writeFileSync('/dev/kmsg', `${MARK} visible to ${way}\n`);
    const run = await KwhoRun.start('log', '--json', '--for', '200ms');
    await run.ended();
    // In a ring that is full, what comes overwrites the oldest.
    const hidden = Number(run.notices('log-cleared')[0]?.details?.hidden);
    expect(hidden).toBeLessThanOrEqual(everything);
    expect(hidden).toBeGreaterThan(everything - 20);

    const recovered = spawnSync(process.execPath, [kwho(), 'log', '--recover'], { encoding: 'latin1' });
    expect(recovered.status).toBe(0);
    expect(recovered.stdout).toContain(`${MARK} hidden from ${way}`);
    expect(recovered.stdout).not.toContain(`${MARK} visible to ${way}`);
    const json = spawnSync(process.execPath, [kwho(), 'log', '--recover', '--json'], { encoding: 'utf8' });
    const records = json.stdout.trim().split('\n');
    expect(records).toHaveLength(hidden);
    expect(JSON.parse(records[0] ?? '')).toMatchObject({
      type: 'kernel-message',
      v: 1,
    });
  });
});

describe('who has the log open', () => {
  it('two readers of /proc/kmsg steal from each other, before and during a run', async () => {
    const one = readKmsg();
    await sleep(1000);
    const run = await KwhoRun.start('log', '--json');
    const other = readKmsg();
    await sleep(1000);
    for (let i = 0; i < 20; i++) {
      writeFileSync('/dev/kmsg', `${MARK} ${i}\n`);
      await sleep(50);
    }
    await sleep(500);
    await run.stop();
    for (const child of [one, other]) {
      child.kill();
      await once(child, 'close');
    }
    const holder = run.notices('log-holder').find(({ details }) => details?.door === '/proc/kmsg');
    expect(holder?.details?.process).toMatchObject({
      pid: one.pid,
      comm: 'perl',
    });
    const [notice] = run.notices('competing-readers');
    expect(notice?.text).toContain(`perl[${one.pid}]`);
    expect(notice?.text).toContain(`perl[${other.pid}]`);
    expect(leftovers()).toEqual(NOTHING);
  });
});

/** Goes on after an empty read: on 5.10 the reader that loses the race for a record gets one, and cat would end. */
function readKmsg() {
  const script = 'open my $log, "<", "/proc/kmsg"; 1 while defined sysread $log, my $record, 8192';
  return spawn('perl', ['-e', script], { stdio: 'ignore' });
}

describe('reduced modes', () => {
  it('kernel.ftrace_enabled=0: system call events alone, and the blind spots are named', async () => {
    const file = '/proc/sys/kernel/ftrace_enabled';
    writeFileSync(file, '0');
    try {
      const run = await KwhoRun.start('log', '--json');
      const { pid } = call('dmesg', '-C');
      await run.stop();
      expect(run.notices('reduced')[0]?.text).toContain('ftrace_enabled');
      expect(run.accesses.filter((access) => access.pid === pid)).toMatchObject([
        {
          door: 'syslog',
          action: 'CLEAR',
          effect: 'clears',
          result: 0,
          comm: 'dmesg',
        },
      ]);
      expect(run.summary.backends).toEqual(['syscalls', 'pages']);
      expect(run.summary.blindSpots).toEqual(expect.arrayContaining(['every access through /proc/kmsg']));
    } finally {
      writeFileSync(file, '1');
    }
    expect(leftovers()).toEqual(NOTHING);
  });

  it('without root: exit 77 and what to do', () => {
    const { status, stderr } = spawnSync(
      'setpriv',
      ['--reuid', '65534', '--clear-groups', process.execPath, kwho(), 'log'],
      { encoding: 'utf8' },
    );
    expect(status).toBe(77);
    expect(stderr).toContain('run kwho as root');
  });

  it('tracefs not mounted: exit 69 and what to do', () => {
    const script = 'umount /sys/kernel/tracing /sys/kernel/debug; exec "$@"';
    const { status, stderr } = spawnSync(
      'unshare',
      ['-m', 'sh', '-c', script, 'sh', process.execPath, kwho(), 'log'],
      { encoding: 'utf8' },
    );
    expect(stderr).toContain('mount -t tracefs');
    expect(status).toBe(69);
  });
});

describe('the screen', () => {
  it('shows clears loud and reads folded, and lets no byte of a name through', async () => {
    const run = await KwhoRun.start('log', '--stack');
    // On an empty log dmesg goes another way.
    writeFileSync('/dev/kmsg', `${MARK} on the screen\n`);
    call('dmesg');
    call('perl', '-e', '$0 = "\\x1b[2Jbad"; syscall(103, 5, 0, 0)');
    await run.stop();
    expect(run.stdout).toMatch(/reads\s+dmesg\[\d+\] +\/dev\/kmsg: open, seek, read \d+ records?, EAGAIN/);
    expect(run.stdout).toMatch(/CLEARS\s+\\x1b\[2Jbad\[\d+\]\s+syslog\(2\) CLEAR = 0/);
    expect(run.stdout).toMatch(/path .*__x64_sys_syslog/);
    expect(run.stdout).not.toContain('\x1b');
    expect(readFileSync('/proc/sys/kernel/ftrace_enabled', 'latin1').trim()).toBe('1');
  });
});
