import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, klogctl, writeInt80Program, writeScript } from './callers.js';
import { dropDatagrams } from './closed-port.js';
import { runningKernel } from './drop-cases/kernels.js';
import { type AnyEvent, KwhoRun, kwho, leftovers, NOTHING } from './kwho-run.js';

const folder = mkdtempSync(join(tmpdir(), 'kwho-recording-'));
/** Its flush comes every second; an emulated guest takes its time to get to it. */
const FLUSHED_MS = 4000;
const SEEN_MS = 60_000;

beforeAll(() => dropDatagrams(1));

/** What the others cover for the most part takes a guest another minute. */
const thorough = process.env.KWHO_DROP_CASES === 'all';
/** Tables of the plain event need 5.17. */
const withTables = runningKernel() !== '5.10';

describe('a replay gives the lines that the run gave', () => {
  it.each([
    ['both sides as they come', []],
    [
      'both with paths, the plain event, read as text',
      ['--stack', '--backend', 'event', '--reader', 'text', '--interval', '500ms'],
    ],
    ...(thorough
      ? [
          ['the log alone, with paths', ['--only', 'log', '--stack']] as const,
          ['drops alone, by the probe', ['--only', 'drops', '--backend', 'fields']] as const,
        ]
      : []),
    ...(withTables ? [['drops alone, by tables', ['--only', 'drops', '--backend', 'hist']] as const] : []),
  ] as [string, string[]][])('%s', async (name, options) => {
    const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.kwho`);
    const run = await KwhoRun.start('record', '--json', ...options, file);
    await touchTheLog();
    await dropDatagrams(40);
    await sleep(1200);
    await dropDatagrams(10, 6);
    expect(await run.stop()).toBe(143);
    const { stdout, status } = kwhoOnce('replay', '--json', file);
    expect(stdout.split('\n')).toEqual(run.stdout.split('\n'));
    expect(status).toBe(0);
    const events = eventsOf(stdout);
    if (!options.includes('drops')) expect(clears(events)).toHaveLength(4);
    if (!options.includes('log')) expect(dropsOf(events)).toBeGreaterThanOrEqual(50);
    expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(leftovers()).toEqual(NOTHING);
  });
});

describe('a recording that ends before its time', () => {
  it('SIGKILL: what was seen up to the last second is there, and that more is missing is told', async () => {
    const file = join(folder, 'killed.kwho');
    const run = await KwhoRun.start('record', '--json', file);
    const { pid } = call('dmesg', '-C');
    await dropDatagrams(30);
    await until(() => clears(run.events).length > 0 && dropsOf(run.events) >= 30);
    await sleep(FLUSHED_MS);
    run.child.kill('SIGKILL');
    await run.ended();
    const { stdout, status } = kwhoOnce('replay', '--json', file);
    expect(status).toBe(0);
    const events = eventsOf(stdout);
    expect(clears(events)).toMatchObject([{ pid }]);
    expect(dropsOf(events)).toBeGreaterThanOrEqual(30);
    const lost = events.filter((event) => event.type === 'lost');
    expect(lost.map(({ where, what }) => [where, what])).toEqual(
      Array(2).fill(['recording', expect.stringContaining('ends before the run did')]),
    );
    expect(summaries(events).map(({ complete }) => complete)).toEqual([false, false]);
    // The next run removes what the dead one left in the kernel.
    expect(kwhoOnce('log', '--for', '100ms').stdout).toContain(`a dead kwho (pid ${run.pid}) left behind`);
    expect(leftovers()).toEqual(NOTHING);
  });

  it('a full disk: the run ends with a clear error, and what fitted can be replayed', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    expect(call('mount', '-t', 'tmpfs', '-o', 'size=40k', 'none', disk).status).toBe(0);
    try {
      const file = join(disk, 'full.kwho');
      const run = await KwhoRun.start('record', '--stack', '--backend', 'event', file);
      const { pid } = call('dmesg', '-C');
      await sleep(FLUSHED_MS);
      await dropUntilEnded(run);
      expect(run.child.exitCode).toBe(1);
      expect(run.stderr).toMatch(/full\.kwho: the recording ends here, writing failed \(ENOSPC\)/);
      expect(run.stderr).toContain('what was recorded until then can be replayed');
      expect(leftovers()).toEqual(NOTHING);
      const { stdout, status } = kwhoOnce('replay', '--json', file);
      expect(status).toBe(0);
      expect(clears(eventsOf(stdout))).toMatchObject([{ pid }]);
      expect(summaries(eventsOf(stdout)).map(({ complete }) => complete)).toEqual([false, false]);
    } finally {
      call('umount', disk);
    }
  });

  it('--max-size: the run ends in order', async () => {
    const file = join(folder, 'bounded.kwho');
    const size = ['--max-size', '32K'];
    const run = await KwhoRun.start('record', '--stack', '--backend', 'event', ...size, file);
    await dropUntilEnded(run);
    expect(run.child.exitCode).toBe(0);
    expect(statSync(file).size).toBeGreaterThanOrEqual(32 * 1024);
    const events = eventsOf(kwhoOnce('replay', '--json', file).stdout);
    const lost = events.filter((event) => event.type === 'lost');
    expect(lost.filter(({ where }) => where === 'recording')).toEqual([]);
    // A guest may be too slow for the ring; nothing else is missing then.
    expect(summaries(events).map((summary) => summary.complete)).toEqual([true, lost.length === 0]);
    expect(leftovers()).toEqual(NOTHING);
  });

  it('a file that is there is left alone', () => {
    const file = join(folder, 'there');
    writeFileSync(file, 'mine');
    const { status, stderr } = kwhoOnce('record', '--for', '1s', file);
    expect(status).toBe(2);
    expect(stderr).toContain(`${file} exists; a recording needs a file of its own`);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(leftovers()).toEqual(NOTHING);
  });
});

/** Every door, four clears among it. */
async function touchTheLog(): Promise<void> {
  const program = join(folder, 'int80');
  const script = join(folder, 'nightly.sh');
  if (!existsSync(program)) writeInt80Program(program, 5);
  writeScript(script, 'dmesg -C');
  writeFileSync('/dev/kmsg', 'kwho-test recorded\n');
  call('dmesg');
  call('dmesg', '-C');
  call('dmesg', '-n', '4');
  call(program);
  call(script);
  klogctl(77);
  klogctl(10);
  writeFileSync('/dev/kmsg', 'kwho-test recorded\n');
  call('dmesg', '-c');
}

async function until(seen: () => boolean): Promise<void> {
  for (const start = performance.now(); !seen() && performance.now() - start < SEEN_MS; ) await sleep(100);
}

/** Until the run ends by itself. */
async function dropUntilEnded(run: KwhoRun): Promise<void> {
  for (let i = 0; i < 300 && run.child.exitCode === null; i++) {
    await dropDatagrams(300);
    await sleep(100);
  }
  await run.ended();
}

function kwhoOnce(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [kwho(), ...args], { encoding: 'utf8', maxBuffer: 64 << 20 });
}

function eventsOf(lines: string): AnyEvent[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AnyEvent);
}

function clears(events: readonly AnyEvent[]) {
  return events.filter((event) => event.type === 'log-access').filter(({ effect }) => effect === 'clears');
}

function dropsOf(events: readonly AnyEvent[]): number {
  return events.reduce((sum, event) => sum + (event.type === 'drop-count' ? event.count : 0), 0);
}

function summaries(events: readonly AnyEvent[]) {
  return events.filter((event) => event.type === 'summary');
}
