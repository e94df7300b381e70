import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { call } from './callers.js';
import { KwhoRun, kwho, leftovers, NOTHING, TRACEFS } from './kwho-run.js';

function kwhoOnce(...args: string[]): {
  status: number | null;
  stdout: string;
  stderr: string;
} {
  return spawnSync(process.execPath, [kwho(), ...args], { encoding: 'utf8' });
}

describe('every way out puts the kernel back', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s', async (signal, status) => {
    const run = await KwhoRun.start('log', '--json');
    expect(leftovers()).not.toEqual(NOTHING);
    expect(await run.stop(signal)).toBe(status);
    expect(run.summary.type).toBe('summary');
    expect(leftovers()).toEqual(NOTHING);
  });

  it('the end of --for', async () => {
    const run = await KwhoRun.start('log', '--json', '--for', '1s');
    expect(await run.ended()).toBe(0);
    expect(leftovers()).toEqual(NOTHING);
  });

  it('--max-events', async () => {
    const run = await KwhoRun.start('log', '--json', '--max-events', '1');
    call('dmesg', '-C');
    call('dmesg', '-C');
    expect(await run.ended()).toBe(0);
    expect(run.accesses).toHaveLength(1);
    expect(leftovers()).toEqual(NOTHING);
  });

  it('a reader of its output that goes away', () => {
    const { status, stdout } = spawnSync(
      'sh',
      ['-c', `${process.execPath} ${kwho()} log --json | head -n 1`],
      {
        encoding: 'utf8',
        input: '',
        timeout: 100_000,
      },
    );
    expect(status).toBe(0);
    expect(stdout.split('\n').filter((line) => line !== '')).toHaveLength(1);
    expect(leftovers()).toEqual(NOTHING);
  });

  it('SIGKILL: the next run removes what is left, and says so', async () => {
    const run = await KwhoRun.start('log', '--json', '--stack');
    run.child.kill('SIGKILL');
    await run.ended();
    expect(leftovers().instances).toEqual([`kwho-${run.pid}`]);
    const { status, stdout } = kwhoOnce('log', '--json', '--for', '500ms');
    expect(status).toBe(0);
    expect(stdout).toContain(`a dead kwho (pid ${run.pid}) left behind`);
    expect(leftovers()).toEqual(NOTHING);
  });
});

describe('others are left alone', () => {
  const foreign = join(TRACEFS, 'instances/somebody');

  afterEach(() => {
    if (readdirSync(join(TRACEFS, 'instances')).includes('somebody')) rmdirSync(foreign);
  });

  it('another kwho, another instance, other probes', async () => {
    mkdirSync(foreign);
    writeFileSync(join(TRACEFS, 'dynamic_events'), 'p:somebody/probe do_syslog\n', { flag: 'a' });
    const first = await KwhoRun.start('log', '--json');
    const second = await KwhoRun.start('log', '--json');
    call('dmesg', '-C');
    expect(await second.stop()).toBe(143);
    expect(leftovers().instances).toEqual([`kwho-${first.pid}`]);
    call('dmesg', '-C');
    expect(await first.stop()).toBe(143);
    expect(first.accesses.filter(({ effect }) => effect === 'clears')).toHaveLength(2);
    expect(second.accesses.filter(({ effect }) => effect === 'clears')).toHaveLength(1);
    expect(second.notices('orphan')).toEqual([]);
    expect(readdirSync(join(TRACEFS, 'instances'))).toEqual(['somebody']);
    expect(readFileSync(join(TRACEFS, 'dynamic_events'), 'latin1')).toMatch(/^p:somebody\/probe do_syslog$/m);
    writeFileSync(join(TRACEFS, 'dynamic_events'), '-:somebody/probe\n', {
      flag: 'a',
    });
    expect(readFileSync(join(TRACEFS, 'current_tracer'), 'latin1')).toBe('nop\n');
  });
});

describe('--dry-run', () => {
  it('prints lines that work when pasted, and takes everything back with them', () => {
    const { status, stdout } = kwhoOnce('log', '--dry-run', '--stack');
    expect(status).toBe(0);
    expect(leftovers()).toEqual(NOTHING);
    const at = stdout.indexOf('# now the records are in');
    const probe = 'dmesg -C; cat "$(ls -d /sys/kernel/tracing/instances/kwho-*)"/trace';
    const script = `set -e\n${stdout.slice(0, at)}\n${probe}\n${stdout.slice(at)}`;
    const pasted = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(pasted.stderr).toBe('');
    expect(pasted.status).toBe(0);
    expect(pasted.stdout).toMatch(/__x64_sys_syslog <-/);
    expect(pasted.stdout).toMatch(/in___x64_sys_syslog: .* type=5/);
    expect(leftovers()).toEqual(NOTHING);
  });
});
