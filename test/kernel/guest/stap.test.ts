import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DropEvent } from '../../../src/model/events.js';
import { call, writeScript } from './callers.js';
import { dropDatagrams } from './closed-port.js';
import { Agent } from './drop-cases/agent.js';
import { ALL_CASES } from './drop-cases/all-cases.js';
import { type Claim, problemsOf, type SeenDrop, totalsOf } from './drop-cases/check.js';
import { type DropSource, DropWatch, dropsOf } from './drop-cases/drop-source.js';
import { runningKernel } from './drop-cases/kernels.js';
import { type CaseRun, removeNamespaces, runCase } from './drop-cases/run-case.js';
import { KwhoRun, kwho } from './kwho-run.js';
import { enterStapLab, hasStap, modulePath, NO_STAP, settled, stapLeftovers } from './stap-lab.js';

const kernel = runningKernel();
const FIELDS: DropSource = {
  name: 'fields',
  claims: new Set<Claim>(['time', 'reason', 'dev', 'netns', 'protocol', 'flow', 'verdict']),
  args: ['drops', '--json', '--events', '--stack', '--backend', 'fields'],
};
const STAP: DropSource = {
  ...FIELDS,
  name: 'stap',
  args: ['drops', '--json', '--events', '--stack', '--module', modulePath('kwho_drops_events')],
};
const COUNTS = new Set<Claim>(['reason', 'dev', 'netns']);
const HIST: DropSource = { name: 'hist', claims: COUNTS, args: ['drops', '--json', '--backend', 'hist'] };
const STAP_COUNTS: DropSource = {
  ...{ name: 'stap, counting', claims: COUNTS },
  args: ['drops', '--json', '--module', modulePath('kwho_drops_counts')],
};
const CASES = [
  'udp-closed-port udp6-closed-port udp-receive-buffer-full tcp-bad-checksum ip-unknown-protocol ttl-expired',
  'nft-input netem-loss unknown-ethertype noise-unix-closed-with-unread-data',
].flatMap((line) => line.split(' '));
const cases = ALL_CASES.filter(({ name }) => CASES.includes(name)).filter(
  ({ unavailable }) => (unavailable?.(kernel) ?? null) === null,
);

if (!hasStap)
  process.stderr.write('\n*** SYSTEMTAP TESTS SKIPPED: the host has built no modules for this guest\n\n');

describe.skipIf(!hasStap)('SystemTap', () => {
  beforeAll(() => enterStapLab());

  describe('drops', () => {
    const runs = new Map<string, CaseRun>();
    const watched = new Map<string, KwhoRun>();
    const sources = [FIELDS, STAP, STAP_COUNTS, ...(kernel === '5.10' ? [] : [HIST])];

    beforeAll(async () => {
      const agent = new Agent();
      // One after the other: loading a module holds up every CPU.
      const watches: DropWatch[] = [];
      for (const source of sources) {
        const watch = new DropWatch(source);
        await watch.ready();
        watches.push(watch);
      }
      for (const dropCase of cases) runs.set(dropCase.name, await runCase(agent, dropCase));
      await removeNamespaces(agent, [...runs.values()]);
      for (const watch of watches) {
        const run = await watch.stop();
        if (run instanceof Error) throw run;
        watched.set(watch.source.name, run);
      }
      agent.stop();
    }, 600_000);

    const seen = (source: DropSource): SeenDrop[] => dropsOf(watched.get(source.name)!.events);

    it.each(cases.map(({ name }) => [name]))('%s: single drops and counts', (name) => {
      const run = runs.get(name)!;
      expect(problemsOf(run, seen(STAP), STAP.claims, kernel)).toEqual([]);
      expect(problemsOf(run, seen(STAP_COUNTS), COUNTS, kernel)).toEqual([]);
    });

    it('each drop is as the kernel’s own tracing tells it: place, path, owner, packet', () => {
      const one = within(watched.get(STAP.name)!, runs);
      const other = within(watched.get(FIELDS.name)!, runs);
      expect(one.length).toBeGreaterThan(cases.length);
      const [told, traced] = [one.map(tellable), other.map(tellable)];
      expect(told.filter((drop) => !traced.includes(drop))).toEqual([]);
      expect(traced.filter((drop) => !told.includes(drop))).toEqual([]);
      expect(told).toHaveLength(traced.length);
    });

    it.skipIf(kernel === '5.10')('counts are those of the kernel’s own tables', () => {
      const all = [...runs.values()];
      expect(totalsOf(all, seen(STAP_COUNTS), kernel)).toEqual(totalsOf(all, seen(HIST), kernel));
    });

    it('the accounts are closed', () => {
      for (const source of [STAP, STAP_COUNTS]) {
        const { events, summary } = watched.get(source.name)!;
        expect(events.filter(({ type }) => type === 'lost').map((lost) => [source.name, lost])).toEqual([]);
        expect(summary).toMatchObject({ lost: 0, complete: true, backends: ['stap'] });
      }
      expect(stapLeftovers()).toEqual(NO_STAP);
    });
  });

  describe('the kernel log', () => {
    it('a process of one millisecond has its command line and its ancestors', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kwho-callers-'));
      writeScript(join(folder, 'janitor.sh'), 'dmesg -C', 'dmesg --read-clear >/dev/null', ':');
      const run = await KwhoRun.start('log', '--json', '--module', modulePath('kwho_log_calls'));
      const script = call(join(folder, 'janitor.sh'));
      call('sh', '-c', 'exec 3</proc/kmsg; dd bs=200 count=1 <&3 >/dev/null');
      await sleep(500);
      expect(await run.stop()).toBe(143);
      const clears = run.accesses.filter(({ effect }) => effect === 'clears');
      expect(clears.map(({ action, process }) => [action, process?.cmdline])).toEqual([
        ['CLEAR', ['dmesg', '-C']],
        ['CLEAR', ['dmesg', '--read-clear']],
      ]);
      for (const { process, backend, result } of clears) {
        expect(process?.parents[0]).toMatchObject({ pid: script.pid, comm: 'janitor.sh' });
        expect(process?.parents.at(-1)?.pid).toBe(1);
        expect(process).toMatchObject({ comm: 'dmesg', uid: 0 });
        expect({ backend, result }).toEqual({ backend: 'stap', result: 0 });
      }
      const steals = run.accesses.filter(({ effect }) => effect === 'steals');
      expect(steals.map(({ door, comm }) => [door, comm])).toContainEqual(['/proc/kmsg', 'dd']);
      expect(run.summary).toMatchObject({ lost: 0, complete: true });
      rmSync(folder, { recursive: true });
    });

    it('sees what the kernel’s own tracing sees', async () => {
      const run = await KwhoRun.start('log', '--json', '--module', modulePath('kwho_log_calls'));
      const other = await KwhoRun.start('log', '--json', '--backend', 'ftrace');
      for (const args of [['-S'], ['-n', '4'], ['-C'], ['-c'], ['--facility', 'daemon']])
        call('dmesg', ...args);
      await sleep(500);
      await other.stop();
      await run.stop();
      const told = (one: KwhoRun) => {
        const from = other.accesses[0]?.time ?? 0;
        return one.accesses
          .filter(({ time, comm }) => comm === 'dmesg' && (time ?? 0) > from - 0.01)
          .map(({ door, action, effect, length, result, process }) =>
            JSON.stringify({
              door,
              action,
              effect,
              length,
              result,
              cmdline: process?.cmdline,
              uid: process?.uid,
            }),
          );
      };
      expect(told(run).length).toBeGreaterThan(5);
      expect(told(run)).toEqual(told(other));
    });
  });

  describe('every way out takes the module with it', () => {
    const COUNTING = ['drops', '--json', '--module', modulePath('kwho_drops_counts')];
    afterEach(() => expect(stapLeftovers()).toEqual(NO_STAP));

    it.each([
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const)('%s', async (signal, status) => {
      const run = await KwhoRun.start(...COUNTING);
      expect(stapLeftovers().modules).toHaveLength(1);
      expect(await run.stop(signal)).toBe(status);
      expect(run.summary).toMatchObject({ type: 'summary', complete: true });
    });

    it('a bound on events', async () => {
      const run = await KwhoRun.start(
        'drops',
        '--json',
        '--events',
        '--max-events',
        '2',
        '--module',
        modulePath('kwho_drops_events'),
      );
      await dropDatagrams(5);
      expect(await run.ended()).toBe(0);
      expect(run.events.filter(({ type }) => type === 'drop')).toHaveLength(2);
    });

    it('the end of --for, and a reader that goes away', () => {
      const line = `${process.execPath} ${kwho()} ${COUNTING.join(' ')} --for 2s | head -n 1`;
      const { status, stdout } = spawnSync('sh', ['-c', line], { encoding: 'utf8', timeout: 100_000 });
      expect(status).toBe(0);
      expect(stdout.trim().split('\n')).toHaveLength(1);
    });

    it('SIGKILL of kwho', async () => {
      const run = await KwhoRun.start(...COUNTING);
      expect(stapLeftovers().modules).toHaveLength(1);
      run.child.kill('SIGKILL');
      await run.ended();
      await settled();
    });

    it('SIGKILL of everything: the next run removes what is left, and says so', async () => {
      const run = await KwhoRun.start(...COUNTING);
      const [left] = stapLeftovers().modules;
      const group = Number(left?.split('_').at(-1));
      process.kill(-group, 'SIGKILL');
      run.child.kill('SIGKILL');
      await run.ended();
      await sleep(500);
      expect(stapLeftovers().modules).toEqual([left]);
      const next = await KwhoRun.start(...COUNTING);
      expect(stapLeftovers().modules).toHaveLength(1);
      await next.stop();
      expect(next.notices('orphan')).toMatchObject([{ text: expect.stringContaining(`the module ${left}`) }]);
    });

    it('SIGKILL of staprun: the run ends, says why, and takes the module out', async () => {
      const run = await KwhoRun.start(...COUNTING);
      process.kill(Number(stapLeftovers().modules[0]?.split('_').at(-1)), 'SIGKILL');
      expect(await run.ended()).not.toBe(0);
      expect(run.notices('stap-ended')).toHaveLength(1);
      expect(run.summary.complete).toBe(false);
    });
  });

  describe('what keeps it from running is said', () => {
    const folder = '/run/kwho-stap/broken';
    const broken = (name: string, spoil: (path: string) => void) => {
      mkdirSync(folder, { recursive: true });
      const path = join(folder, 'kwho_log_calls.ko');
      cpSync(modulePath(name), path);
      spoil(path);
      return path;
    };

    it.each([
      ['a file that is no module', (path: string) => writeFileSync(path, 'no\n'), 'it is no ELF file'],
      ['one that was cut short', (path: string) => truncateSync(path, 100_000), 'it is cut short'],
    ])('%s', (_, spoil, words) => {
      const { status, stderr } = kwhoOnce('log', '--module', broken('kwho_log_calls', spoil));
      expect({ status, stderr }).toEqual({ status: 69, stderr: expect.stringContaining(words) });
    });

    it('a module for another kernel', () => {
      const other = broken('kwho_log_calls', (path) => {
        const bytes = readFileSync(path, 'latin1').replace(
          `vermagic=${release()}`,
          `vermagic=${release().replace(/\d/, '9')}`,
        );
        writeFileSync(path, bytes, 'latin1');
      });
      const { status, stderr } = kwhoOnce('log', '--module', other);
      expect(status).toBe(69);
      expect(stderr).toContain(`was built for kernel 9`);
      expect(stderr).toContain(`this one is ${release()}`);
    });

    it('a damaged module, as far as only the kernel can tell', () => {
      const path = broken('kwho_log_calls', (file) => {
        // Section names no longer make sense; headers and table are as they were.
        const bytes = readFileSync(file);
        bytes.writeUInt16LE(0xfff0, 62);
        writeFileSync(file, bytes);
      });
      const { status, stderr } = kwhoOnce('log', '--module', path);
      expect(status).toBe(69);
      expect(stderr).toMatch(/module/);
      expect(stderr).toContain('hint:');
      expect(stderr).not.toMatch(/^\s+at /m);
    });

    it('a module of the other script', () => {
      const { status, stderr } = kwhoOnce('log', '--module', modulePath('kwho_drops_counts'));
      expect({ status, stderr }).toEqual({
        status: 69,
        stderr: expect.stringContaining('its script is for kwho drops'),
      });
      expect(stapLeftovers()).toEqual(NO_STAP);
    });

    it('a module that counts, for single drops', () => {
      const { status, stderr } = kwhoOnce('drops', '--events', '--module', modulePath('kwho_drops_counts'));
      expect({ status, stderr }).toEqual({
        status: 69,
        stderr: expect.stringContaining('single ones are needed'),
      });
    });

    it.each([
      ['who may not build', ['--backend', 'stap'], 'stapusr and stapdev'],
      ['who may not load', ['--module', '/run/kwho-stap/unprivileged/kwho_log_calls.ko'], 'stapusr'],
    ])('a user %s', (_, how, words) => {
      mkdirSync('/run/kwho-stap/unprivileged', { recursive: true });
      cpSync(modulePath('kwho_log_calls'), '/run/kwho-stap/unprivileged/kwho_log_calls.ko');
      chmodSync('/run/kwho-stap', 0o755);
      const as = ['--reuid', '1000', '--regid', '1000', '--clear-groups'];
      const { status, stderr } = spawnSync('setpriv', [...as, process.execPath, kwho(), 'log', ...how], {
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 77, stderr: expect.stringContaining(words) });
      expect(stderr).toContain('hint:');
      expect(stderr).not.toMatch(/^\s+at /m);
    });

    it('the staprun of another version', () => {
      const { status, stderr } = withHostsOwn(() =>
        kwhoOnce('log', '--module', modulePath('kwho_log_calls'), '--for', '1s'),
      );
      expect(status).toBe(69);
      expect(stderr).toMatch(/SystemTap|staprun/);
    });

    it('headers that are not there', () => {
      const { status, stderr } = withHostsOwn(() => kwhoOnce('log', '--backend', 'stap'));
      expect(status).toBe(69);
      expect(stderr).toMatch(/headers of kernel|is not installed/);
    });

    it('tracefs that is closed, and no SystemTap either: both are said', async () => {
      spawnSync('umount', ['-l', '-a', '-t', 'tracefs,debugfs']);
      expect(readFileSync('/proc/mounts', 'utf8')).not.toMatch(/ tracefs | debugfs /);
      const { status, stderr } = kwhoOnce('log', '--for', '1s');
      spawnSync('mount', ['-t', 'tracefs', 'tracing', '/sys/kernel/tracing']);
      spawnSync('mount', ['-t', 'debugfs', 'debug', '/sys/kernel/debug']);
      expect(status).toBe(69);
      expect(stderr).toContain('tracefs is not mounted');
      expect(stderr).toContain('SystemTap cannot help out: the headers of kernel');
    });
  });
});

/** Drops while the cases ran, without the datagrams that a kwho sends itself when it starts. */
function within(run: KwhoRun, runs: ReadonlyMap<string, CaseRun>): DropEvent[] {
  const spans = [...runs.values()];
  return run.events
    .filter((event) => event.type === 'drop')
    .filter(({ time }) => spans.some(({ begin, end }) => (time ?? 0) >= begin && (time ?? 0) <= end));
}

function tellable({
  location,
  reason,
  verdict,
  protocol,
  dev,
  ifindex,
  netns,
  length,
  flow,
  stack,
  tid,
}: DropEvent): string {
  // Frames before the place are the tracing's own; of modules, the kernel's ring buffer may have no names.
  const at = stack?.findIndex((frame) => frame.startsWith(`${location.symbol}+`)) ?? -1;
  const path = at < 0 || location.module !== null ? [] : stack?.slice(at, at + 4);
  return JSON.stringify({
    location,
    reason,
    verdict,
    protocol,
    dev,
    ifindex,
    netns,
    length,
    flow,
    path,
    tid,
  });
}

function kwhoOnce(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [kwho(), ...args], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}

/** Without that of the lab: SystemTap as the host has it, if at all. */
function withHostsOwn<T>(run: () => T): T {
  const path = process.env.PATH;
  process.env.PATH = '/usr/bin:/bin:/usr/sbin:/sbin';
  try {
    return run();
  } finally {
    process.env.PATH = path;
  }
}
