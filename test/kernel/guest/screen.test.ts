import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './callers.js';
import { dropDatagrams } from './closed-port.js';
import { type AnyEvent, kwho, leftovers, NOTHING } from './kwho-run.js';
import { TmuxScreen } from './tmux-screen.js';

const BEFORE = { alternate: false, cursor: true };
/** The same place in the kernel has another name since 7.2. */
const UDP4 = /\b__udp4_lib_rcv|\budp_rcv/;

let folder: string;
let screen: TmuxScreen;

beforeAll(async () => {
  // The first of all commands in a new guest reads its program from a slow disk.
  await dropDatagrams(1);
  folder = mkdtempSync(join(tmpdir(), 'kwho-screen-'));
  screen = TmuxScreen.open(folder, 120, 40);
  await screen.line(/^shell>/);
});
afterAll(() => screen.close());

describe('the screen, with real keys', () => {
  beforeAll(() => start());

  it('shows a clear and dropped packets as they happen', async () => {
    expect(screen.state).toEqual({ alternate: true, cursor: false });
    expect(screen.lines[0]).toMatch(/^ kwho .* Linux \d.* LIVE/);
    const { pid } = call('dmesg', '-C');
    await dropDatagrams(50);
    await dropDatagrams(20, 6);
    await screen.line(new RegExp(`CLEARS .*dmesg\\[${pid}\\] +syslog +CLEAR`));
    await screen.line(/^[> ] +50 .*SUSPECT .*udp\w*_rcv.* lo /);
    await screen.line(/^[> ] +20 .*SUSPECT .*udpv?6\w*_rcv.* lo /);
    // What was cleared stays to be seen until somebody acknowledges it.
    expect(screen.lines[3]).toMatch(/CLEAR .*dmesg\[\d+\] has cleared the kernel log: syslog\(2\) CLEAR = 0/);
    screen.press('a');
    await screen.until(() => !screen.lines.some((line) => /has cleared/.test(line)), 'the strip to be empty');
  });

  it('/ filters while one types, Esc shows everything again', async () => {
    screen.press('2');
    await screen.line(/^══ 2 DROPPED PACKETS ═/);
    screen.press('/');
    screen.type('/udpv?6/');
    await screen.line(/^ filter: \/udpv\?6\/_ OK/);
    await rows([20]);
    screen.press('C-u');
    screen.type('! /udpv?6|icmp/');
    await rows([50]);
    screen.press('Enter');
    await screen.line(/2 DROPPED PACKETS .* filter "! \/udpv\?6\|icmp\/": 1 row/);
    screen.press('Escape');
    await rows([50, 20]);
    screen.press('/');
    screen.type('nosuchcolumn=1');
    await screen.line(/WRONG: nosuchcolumn is no column/);
    screen.press('Escape');
    await rows([50, 20]);
  });

  it('> and < sort by another column, I the other way round', async () => {
    screen.press('I');
    await rows([20, 50]);
    screen.press('I');
    await rows([50, 20]);
    screen.press('>');
    await screen.line(/^ +count +rate▼/);
    screen.press('<');
    await screen.line(/^ +count▼/);
    await rows([50, 20]);
  });

  it('b groups by something else', async () => {
    await groupBy('location');
    await screen.line(/^ +count▼ +rate recent +kind +location +last/);
    await groupBy('reason');
    await groupBy('dev');
    // Before 6.2 the ICMPv6 errors that answer the datagrams are drops, too.
    await screen.until(() => [70, 90].includes(counts()[0] ?? 0), 'all drops of one interface in one row');
    await groupBy('netns');
    await groupBy('flow');
    await screen.line(/127\.0\.0\.1:\d+ → 127\.0\.0\.1:9999/);
    await groupBy('comm');
    await groupBy('location, reason, interface and namespace');
    await rows([50, 20]);
  });

  it('Space freezes what is shown, and nothing is lost meanwhile', async () => {
    screen.press('Space');
    await screen.line(/PAUSED \+0/);
    await dropDatagrams(30);
    const { pid } = call('dmesg', '-C');
    await screen.line(/PAUSED \+[1-9]/);
    expect(counts()).toEqual([50, 20]);
    expect(screen.lines.join()).not.toContain(`dmesg[${pid}]`);
    screen.press('Space');
    await rows([80, 20]);
    await screen.line(new RegExp(`CLEARS .*dmesg\\[${pid}\\]`));
    expect(screen.lines.join()).not.toContain('PAUSED');
    screen.press('a');
  });

  it('Enter tells all about a row, with what this host says of it', async () => {
    screen.press('g');
    await selected(80);
    screen.press('Enter');
    await screen.line(/^══ dropped packets: .*udp\w*_rcv/);
    await screen.line(/no udp socket is bound to 127\.0\.0\.1:9999 here/);
    expect(screen.lines.join('\n')).toMatch(/how many\n 80 drops[\s\S]*on this host[\s\S]*what to do/);
    screen.press('Escape');
    await rows([80, 20]);
  });

  it('too small a terminal says so; the selection outlives it', async () => {
    screen.press('j');
    await selected(20);
    screen.resize(40, 10);
    await screen.line(/60.?[x×].?15/);
    screen.resize(80, 24);
    await selected(20);
    expect(screen.lines.every((line) => stringWidth(line) <= 80)).toBe(true);
    screen.resize(120, 40);
    await screen.line(/^ kwho .* LIVE/);
    await selected(20);
  });

  it('r records what happens until it is pressed again', async () => {
    screen.press('r');
    await screen.line(/LIVE +REC kwho-\S+\.kwho/);
    const { pid } = call('dmesg', '-C');
    await dropDatagrams(25);
    await rows([105, 20]);
    await screen.line(new RegExp(`CLEARS .*dmesg\\[${pid}\\]`));
    screen.press('r');
    await screen.line(/kwho-\S+\.kwho is complete/);
    expect(screen.lines[0]).not.toContain('REC');
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.kwho'));
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    const events = replayed(join(folder, file));
    expect(events.filter((event) => event.type === 'log-access' && event.pid === pid)).toMatchObject([
      { action: 'CLEAR', effect: 'clears', process: { cmdline: ['dmesg', '-C'] } },
    ]);
    expect(dropped(events)).toEqual([['lo', 25]]);
    expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
  });

  it('Ctrl-S writes what is shown to files', async () => {
    screen.press('C-s');
    await screen.line(/wrote .*ndjson and /);
    const [ndjson = '', text = ''] = readdirSync(folder).filter((name) => name.startsWith('kwho-drops-'));
    const lines = readFileSync(join(folder, ndjson), 'utf8').trim().split('\n');
    const exported = lines.map((line) => JSON.parse(line) as AnyEvent);
    expect(
      exported.filter((event) => event.type !== 'drop-count' || event.verdict !== 'noise'),
    ).toMatchObject([
      { type: 'drop-count', key: { dev: 'lo' }, count: 105, verdict: 'suspect' },
      { type: 'drop-count', key: { dev: 'lo' }, count: 20, verdict: 'suspect' },
    ]);
    expect(readFileSync(join(folder, text), 'utf8')).toMatch(/^ *105 .*SUSPECT .*udp/m);
  });

  it('q leaves the terminal and the kernel as they were', async () => {
    screen.press('q');
    expect(await left()).toBe(0);
    expect(await restored()).toEqual(BEFORE);
    expect(leftovers()).toEqual(NOTHING);
  });
});

describe('names and lines that would paint', () => {
  beforeAll(async () => {
    await start();
    call('perl', '-e', `$0 = "{red-fg}\\x1b[2J日"; syscall(103, 5, 0, 0)`);
    call(
      'nft',
      `add table inet kwho_test { chain out { type filter hook output priority 0; udp dport 9998 log prefix "\x1b[31m日本 {bold}e\u0301 " counter drop; }; }`,
    );
    const send =
      'use IO::Socket; IO::Socket::INET->new(Proto=>"udp",PeerAddr=>"127.0.0.1",PeerPort=>9998)->send("x")';
    call('perl', '-e', send);
  });
  afterAll(() => {
    call('nft', 'delete table inet kwho_test');
  });

  it('are shown as what they are', async () => {
    await screen.line(/CLEARS +\{red-fg\}\\x1b\[2J/);
    screen.press('4');
    await screen.line(/\\x1b\[31m日本 \{bold\}e\u0301? ?IN= OUT=lo/);
  });

  it('do not reach the terminal', () => {
    const { painted } = screen;
    const sequences = painted.match(/\x1b\[[^a-zA-Z]*[a-zA-Z]|\x1b.{2}/g) ?? [];
    // How it looks, and which set of characters.
    expect(sequences.filter((each) => !/^\x1b(\[[\d;]*m|[()][0B])$/.test(each))).toEqual([]);
    // The screen's own colours are those of the 256.
    expect(painted).not.toMatch(/\x1b\[(?:\d+;)*31m/);
  });

  it('leave columns straight', () => {
    const heading = screen.lines.find((line) => /effect +count +process +door/.test(line))!;
    const row = screen.lines.find((line) => /CLEARS +\{red-fg\}/.test(line))!;
    expect(row).toMatch(/ syslog +CLEAR/);
    expect(cellsBefore(row, ' syslog ')).toBe(cellsBefore(heading, ' door '));
    expect(cellsBefore(row, ' CLEAR ')).toBe(cellsBefore(heading, ' action '));
  });
});

describe('ways out', () => {
  beforeAll(async () => {
    if (Number.isNaN(pidOf())) await start();
  });

  it('what happens is shown within a second, of a host on which Node starts in 45 ms', async () => {
    const limit = Math.max(1, nodeStart() / 45) * 1000;
    screen.press('1');
    await screen.line(/^══ 1 /);
    const before = total();
    const { pid } = call('dmesg', '-C');
    expect(await shownAfter(() => screen.lines.some((line) => line.includes(`dmesg[${pid}]`)))).toBeLessThan(
      limit,
    );
    const storm = dropDatagrams(5000);
    expect(await shownAfter(() => total() > before)).toBeLessThan(limit);
    await storm;
    expect(await shownAfter(() => total() >= before + 5000)).toBeLessThan(limit);
  });

  it('Ctrl-Z gives the terminal to the shell, fg takes it again', async () => {
    screen.press('C-z');
    await screen.until(() => !screen.state.alternate, 'the shell');
    await screen.line(/Stopped/);
    expect(screen.state).toEqual(BEFORE);
    const { pid } = call('dmesg', '-C');
    screen.enter('fg');
    await screen.until(() => screen.state.alternate, 'the screen');
    screen.press('1');
    await screen.line(new RegExp(`CLEARS .*dmesg\\[${pid}\\]`));
    expect(screen.state.cursor).toBe(false);
  });

  it('what kill -9 leaves behind, the next one removes and says so', async () => {
    const dead = pidOf();
    process.kill(dead, 'SIGKILL');
    expect(await left()).toBe(137);
    expect(leftovers().instances).toContain(`kwho-${dead}`);
    screen.enter('reset');
    await screen.line(/^shell>/);
    await start();
    await screen.line(new RegExp(`a dead kwho \\(pid ${dead}\\) left behind`));
    expect(leftovers().instances.join()).not.toContain(`kwho-${dead}`);
  });

  it('SIGTERM', async () => {
    process.kill(pidOf(), 'SIGTERM');
    expect(await left()).toBe(143);
    expect(await restored()).toEqual(BEFORE);
    expect(leftovers()).toEqual(NOTHING);
  });

  it('the terminal goes away', async () => {
    await start();
    screen.close();
    const nothing = JSON.stringify(NOTHING);
    await poll(() => JSON.stringify(leftovers()) === nothing);
    expect(leftovers()).toEqual(NOTHING);
  });
});

/** Runs kwho in the shell and waits until its sources are live. */
async function start(): Promise<void> {
  for (const name of ['ready', 'status', 'tty-after']) rmSync(join(folder, name), { force: true });
  writeFileSync(
    join(folder, 'run.sh'),
    `stty -a > tty-before\n${process.execPath} ${kwho()} --ready-file ready\necho $? > status\nstty -a > tty-after\n`,
  );
  screen.enter('bash run.sh');
  await screen.until(() => existsSync(join(folder, 'ready')), 'kwho to be ready', 120);
  await screen.line(/^ kwho .* LIVE/);
}

/** The exit status, when it is back in the shell. */
async function left(): Promise<number> {
  await screen.until(() => existsSync(join(folder, 'tty-after')), 'the shell');
  return Number(readFileSync(join(folder, 'status'), 'utf8'));
}

async function restored(): Promise<TmuxScreen['state']> {
  await screen.line(/^shell> ?$/);
  expect(readFileSync(join(folder, 'tty-after'), 'utf8')).toBe(
    readFileSync(join(folder, 'tty-before'), 'utf8'),
  );
  return screen.state;
}

function pidOf(): number {
  const [pid] = leftovers().instances.flatMap((name) => /^kwho-(\d+)$/.exec(name)?.[1] ?? []);
  return Number(pid);
}

/** The counts of the rows of the drops pane, from top to bottom, without what a healthy host has too. */
function counts(): number[] {
  const { lines } = screen;
  const from = lines.findIndex((line) => /2 dropped packets/i.test(line));
  const to = lines.findIndex((line, i) => i > from && /^[─═]{2} /.test(line));
  return lines
    .slice(from + 2, to === -1 ? undefined : to)
    .filter((line) => !line.includes(' noise '))
    .map((line) => /^[> ] +([\d,]+) +\S/.exec(line)?.[1])
    .filter((count) => count !== undefined)
    .map((count) => Number(count.replace(',', '')));
}

function total(): number {
  return counts().reduce((sum, count) => sum + count, 0);
}

async function rows(expected: number[]): Promise<void> {
  await screen.until(() => counts().join() === expected.join(), `rows of ${expected.join(' and ')} drops`);
}

async function selected(count: number): Promise<void> {
  await screen.line(new RegExp(`^> +${count} `));
}

async function groupBy(what: string): Promise<void> {
  screen.press('b');
  await screen.line(new RegExp(`^ drops by ${what}$`));
}

/** Milliseconds. */
function nodeStart(): number {
  const start = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - start;
}

/** Milliseconds from now, tmux included. */
async function shownAfter(shown: () => boolean): Promise<number> {
  const start = performance.now();
  await screen.until(shown, 'it to be shown');
  return performance.now() - start;
}

function replayed(file: string): AnyEvent[] {
  const { status, stdout } = spawnSync(process.execPath, [kwho(), 'replay', '--json', file], {
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AnyEvent);
}

/** Datagrams dropped for want of a socket, by interface. */
function dropped(events: readonly AnyEvent[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const event of events) {
    if (event.type !== 'drop-count' || !UDP4.test(event.key.location?.symbol ?? '')) continue;
    const dev = event.key.dev ?? '-';
    sums.set(dev, (sums.get(dev) ?? 0) + event.count);
  }
  return [...sums];
}

function cellsBefore(line: string, text: string): number {
  return stringWidth(line.slice(0, line.indexOf(text)));
}

async function poll(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 200));
}
