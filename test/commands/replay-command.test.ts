import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Built } from '../built.js';
import { recordingOf } from './played.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const FILE = join(ROOT, 'probes/recordings/6.1.kwho');

let built: Built;
let folder: string;
beforeAll(() => {
  built = new Built();
  folder = mkdtempSync(join(tmpdir(), 'kwho-replay-'));
}, 120_000);
afterAll(() => {
  built?.remove();
  rmSync(folder, { recursive: true, force: true });
});

function replay(args: string[], input: Uint8Array | string = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [built.file('cli.js'), 'replay', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    input,
    maxBuffer: 64 << 20,
  });
  return { status, stdout, stderr };
}

function eventsOf(args: string[]): Record<string, unknown>[] {
  const { stdout, status } = replay(['--json', ...args]);
  expect(status).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('kwho replay', () => {
  it('gives the same from a pipe, and at any speed', () => {
    const { stdout, status } = replay(['--json', FILE]);
    expect(status).toBe(0);
    expect(stdout.split('\n').length).toBeGreaterThan(30);
    expect(replay(['--json', '-'], recordingOf('6.1')).stdout).toBe(stdout);
    expect(replay(['--json', '--speed', '100', FILE]).stdout).toBe(stdout);
  });

  it('as the log alone, with its filters', () => {
    const events = eventsOf([FILE, 'log', '--action', 'CLEAR']);
    expect(events.filter(({ type }) => type === 'log-access')).toMatchObject([
      { comm: 'dmesg', action: 'CLEAR' },
      { comm: '{red-fg}\x1b[2J', action: 'CLEAR' },
    ]);
    expect(events.some(({ type }) => type === 'drop-count')).toBe(false);
  });

  it('as single drops, with conditions and a bound', () => {
    const port = eventsOf([FILE, 'drops', '--events', '--port', '25']);
    const drops = port.filter(({ type }) => type === 'drop');
    expect(drops.length).toBeGreaterThan(1);
    for (const drop of drops)
      expect(drop).toMatchObject({
        verdict: 'policy',
        flow: { dport: 25 },
        stack: expect.any(Array),
      });
    const two = eventsOf([FILE, 'drops', '--events', '--max-events', '2']);
    expect(two.filter(({ type }) => type === 'drop')).toHaveLength(2);
  });

  it('counted by something else than when it was recorded', () => {
    const counts = eventsOf([FILE, 'drops', '--by', 'reason']).filter(({ type }) => type === 'drop-count');
    const sums = new Map<unknown, number>();
    for (const { key, count } of counts as { key: object; count: number }[])
      sums.set(JSON.stringify(key), (sums.get(JSON.stringify(key)) ?? 0) + count);
    expect(sums.get('{"reason":"NO_SOCKET"}')).toBe(100);
    expect([...sums.keys()].every((key) => /^\{"reason":"\w+"\}$/.test(`${key}`))).toBe(true);
  });

  it('as text, where there is no terminal', () => {
    const { stdout, status } = replay([FILE]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/CLEARS +dmesg\[\d+\] +syslog\(2\) CLEAR = 0/);
    expect(stdout).toMatch(/100 .*SUSPECT +__udp4_lib_rcv\S* +NO_SOCKET +lo +host/);
    expect(stdout).toContain('{red-fg}\\x1b[2J');
    expect(stdout).not.toContain('\x1b');
  });

  it('stopped in the middle, sums up what it has told', async () => {
    const child = spawn(process.execPath, [
      built.file('cli.js'),
      ...['replay', '--json', '--speed', '0.5', FILE],
    ]);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout === '') child.kill('SIGINT');
      stdout += text;
    });
    await once(child, 'close');
    expect(child.exitCode).toBe(130);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.filter(({ type }) => type === 'summary').map(({ complete }) => complete)).toEqual([
      true,
      true,
    ]);
    expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
  });

  it('tells of a file that was cut off, and goes on to where it ends', () => {
    const file = join(folder, 'cut.kwho');
    writeFileSync(file, recordingOf('6.1'));
    truncateSync(file, 21_000);
    const events = eventsOf([file]);
    const lost = events.filter(({ type }) => type === 'lost');
    expect(lost.length).toBeGreaterThan(0);
    for (const each of lost) expect(each).toMatchObject({ where: 'recording', count: null });
    expect(events.filter(({ type }) => type === 'summary').map(({ complete }) => complete)).toEqual([
      false,
      false,
    ]);
  });

  it.each([
    [[], 2, 'kwho replay needs a file'],
    [['/nowhere/x'], 1, '/nowhere/x cannot be read (ENOENT)'],
    [[FILE, '--speed', '0'], 2, "--speed wants a number from 0.01 to 10000, and '0' came"],
    [[FILE, 'foo'], 2, "a recording can be replayed as log or as drops, and 'foo' came"],
    [[FILE, 'log', '--recover'], 2, '--recover is for a live kernel, not for a recording'],
    [[FILE, 'drops', '--backend', 'hist'], 2, '--backend is for a live kernel, not for a recording'],
    [[join(ROOT, 'package.json')], 1, 'package.json: expected a recording; the file is text'],
    [[process.execPath], 1, 'expected a recording'],
    [['/dev/null'], 1, 'expected a recording'],
    [['/'], 1, '/'],
  ] as [string[], number, string][])('%j ends with status %i', (args, status, message) => {
    const result = replay(args);
    expect(result.stderr).toContain(message);
    expect(result.stderr).toMatch(/^kwho: .*\n( {2}hint: .*\n)?$/);
    expect(result).toMatchObject({ status, stdout: '' });
  });
});
