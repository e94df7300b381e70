import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { HostReport } from '../../../src/model/host-report.js';
import { hostReportSchema } from '../../../src/output/host-report-schema.js';
import { validate } from '../../output/json-schema.js';
import { KwhoRun, kwho, leftovers, NOTHING, TRACEFS } from './kwho-run.js';

const KERNEL = release();
/** What a kernel of this age does not have, and no command misses. */
const OLD = KERNEL.startsWith('5.10.')
  ? ['tracepoint probe (t:)', 'event probe (e:)', 'hist by place', 'hist by process', 'hist by path']
  : KERNEL.startsWith('6.1.')
    ? ['tracepoint probe (t:)']
    : [];
const DEAD = 4_194_000;

/** `kwho doctor --json` as a child of this process, after these words of another program. */
function doctor(args: readonly string[] = [], before: readonly string[] = []): Answer {
  const [program = '', ...rest] = [...before, process.execPath, kwho(), 'doctor', '--json', ...args];
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8', timeout: 300_000 });
  expect(stderr).toBe('');
  const report = JSON.parse(stdout) as HostReport;
  expect(validate(hostReportSchema, report)).toEqual([]);
  return { status, report };
}

interface Answer {
  status: number | null;
  report: HostReport;
}

/** Verdict, words and remedy of one line. */
function line({ report }: Answer, name: string): string {
  const found = report.findings.filter((finding) => finding.name === name);
  return found.map(({ verdict, text, remedy }) => `${verdict}: ${text} | ${remedy}`).join('\n');
}

function commandOf({ report }: Answer, name: string) {
  return report.commands.find(({ command }) => command === name);
}

/** All that the kernel has of anybody's tracing, and the files of doctor's own. */
function state() {
  return {
    ...leftovers(),
    instances: readdirSync(join(TRACEFS, 'instances')),
    dynamic: readFileSync(join(TRACEFS, 'dynamic_events'), 'latin1'),
    enabled: readFileSync(join(TRACEFS, 'enabled_functions'), 'latin1'),
    tracer: readFileSync(join(TRACEFS, 'current_tracer'), 'latin1'),
    filter: readFileSync(join(TRACEFS, 'set_ftrace_filter'), 'latin1'),
    set: readFileSync(join(TRACEFS, 'set_event'), 'latin1'),
    folders: readdirSync(tmpdir()).filter((name) => name.startsWith('kwho-doctor-')),
  };
}

async function summaryOf(command: string) {
  const run = await KwhoRun.start(command, '--json', '--for', '1s');
  await run.ended();
  return { backends: run.summary.backends, blindSpots: run.summary.blindSpots };
}

/** Each doctor tries everything, and a run of kwho log and of kwho drops come on top. */
vi.setConfig({ testTimeout: 600_000 });

const modules = '/run/kwho-under-test/node_modules';
beforeAll(() => {
  kwho();
  // With ffi-napi, which is optional.
  symlinkSync(new URL('../../../node_modules', import.meta.url).pathname, modules);
});
afterAll(() => unlinkSync(modules));

describe('a healthy host with what a dead run left', () => {
  it('has no no but that, and the commands use what doctor says', async () => {
    const before = state();
    expect(before).toMatchObject(NOTHING_OF_KWHO);
    mkdirSync(join(TRACEFS, `instances/kwho-${DEAD}`));
    writeFileSync(join(TRACEFS, 'dynamic_events'), `p:kwho_${DEAD}/left do_syslog\n`, { flag: 'a' });
    const answer = doctor();
    expect(answer.status).toBe(0);
    expect(answer.report.findings.filter(({ group }) => group === 'drop events').length).toBeGreaterThan(5);
    const wrong = answer.report.findings
      .filter(({ group, verdict }) => group !== 'SystemTap' && verdict !== 'ok')
      .map(({ name }) => name);
    expect(wrong.sort()).toEqual([...OLD, 'dead runs'].sort());
    for (const { verdict, remedy } of answer.report.findings)
      if (verdict === 'no') expect(remedy).toBeTruthy();
    expect(line(answer, 'function tracer')).toContain('it fires');
    expect(line(answer, 'dead runs')).toMatch(
      new RegExp(
        `^no: of a dead kwho \\(pid ${DEAD}\\): .*kwho-${DEAD} and .*kwho_${DEAD}/left \\| kwho doctor --repair`,
      ),
    );
    // Looking removes nothing.
    expect(leftovers().instances).toEqual([`kwho-${DEAD}`]);
    expect(leftovers().events).toHaveLength(1);

    for (const command of ['log', 'drops'])
      expect(commandOf(answer, command)).toMatchObject(await summaryOf(command));
    // The next run has removed it.
    expect(state()).toEqual(before);
  });
});

const NOTHING_OF_KWHO = { ...NOTHING, tracer: 'nop\n', folders: [] };

describe('a host that has something switched off', () => {
  it('addresses and the function tracer; and --repair removes what a dead run left', () => {
    const before = state();
    mkdirSync(join(TRACEFS, `instances/kwho-${DEAD}`));
    writeFileSync(join(TRACEFS, 'dynamic_events'), `p:kwho_${DEAD}/left do_syslog\n`, { flag: 'a' });
    const settings = [
      ['/proc/sys/kernel/kptr_restrict', '2'],
      ['/proc/sys/kernel/ftrace_enabled', '0'],
    ] as const;
    const values = settings.map(([file]) => readFileSync(file, 'latin1'));
    try {
      for (const [file, value] of settings) writeFileSync(file, value);
      const answer = doctor(['--repair']);
      expect(answer.status).toBe(0);
      expect(answer.report.repaired).toEqual([
        expect.stringContaining(`removed what a dead kwho (pid ${DEAD}) left`),
      ]);
      expect(line(answer, 'dead runs')).toMatch(/^ok: /);
      expect(line(answer, 'addresses')).toMatch(
        /^no: .*kernel\.kptr_restrict is 2.*\| .*sysctl kernel\.kptr_restrict=1/,
      );
      expect(line(answer, 'binary pages')).toMatch(
        /^no: .*kptr_restrict.*\| .*sysctl kernel\.kptr_restrict=1/,
      );
      for (const name of ['ftrace_enabled', 'function tracer', 'kretprobe (r:)', 'command lines'])
        expect(line(answer, name)).toMatch(
          /^no: .*ftrace_enabled is 0.*\| sysctl kernel\.ftrace_enabled=1$/m,
        );
      expect(line(answer, 'system call events')).toMatch(/^ok: /);
      // As test/kernel/guest/state.test.ts finds it of kwho log itself.
      expect(commandOf(answer, 'log')?.backends).toEqual(['syscalls', 'text']);
      expect(commandOf(answer, 'log')?.blindSpots).toContain('every access through /proc/kmsg');
    } finally {
      for (const [at, [file]] of settings.entries()) writeFileSync(file, values[at] ?? '');
    }
    expect(state()).toEqual(before);
    hookAndUnhook();
  });

  it('tracefs not mounted', () => {
    const script = 'umount /sys/kernel/tracing /sys/kernel/debug; exec "$@"';
    const answer = doctor([], ['unshare', '-m', 'sh', '-c', script, 'sh']);
    expect(answer.status).toBe(1);
    expect(line(answer, 'tracefs')).toMatch(/^no: tracefs is not mounted \| .*mount -t tracefs/);
    expect(commandOf(answer, 'log')).toMatchObject({ verdict: 'no', why: 'tracefs is not mounted' });
    expect(commandOf(answer, 'kmsg')).toMatchObject({ verdict: 'ok', backends: ['/dev/kmsg'] });
  });

  it('without root: what is closed, and what was not tried', () => {
    const answer = doctor(['--repair'], ['setpriv', '--reuid', '65534', '--clear-groups']);
    expect(answer.status).toBe(1);
    expect(line(answer, 'root')).toMatch(/^no: uid 65534, not root \| .*sudo kwho doctor/);
    expect(line(answer, 'tracefs')).toMatch(/^no: no access to .* \| run kwho as root/);
    expect(line(answer, 'function tracer')).toMatch(/^unknown: not tried/);
    expect(line(answer, 'dmesg_restrict')).toMatch(/^no: .* only CAP_SYSLOG may read the log/);
    expect(line(answer, 'repair')).toMatch(/^no: nothing could be removed/);
    expect(commandOf(answer, 'drops')?.verdict).toBe('no');
  });
});

describe('doctor itself', () => {
  it('outlives the process that does its trials, and ends when it is told to, leaving nothing', async () => {
    const before = state();
    const child = spawn(process.execPath, [kwho(), 'doctor', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const first = await instanceOtherThan(null);
    process.kill(first, 'SIGKILL');
    await instanceOtherThan(first);
    expect(existsSync(join(TRACEFS, `instances/kwho-${first}`))).toBe(false);
    child.kill('SIGINT');
    await once(child, 'close');
    expect(child.exitCode).toBe(130);
    expect(state()).toEqual(before);
  });
});

/** 6.12 dies of a mark that a tracepoint probe has left when the last hook of anybody goes: ENODEV from then on. */
function hookAndUnhook(): void {
  const instance = join(TRACEFS, 'instances/hook');
  for (let round = 0; round < 2; round++) {
    mkdirSync(instance);
    writeFileSync(join(instance, 'set_ftrace_filter'), 'do_syslog\n');
    writeFileSync(join(instance, 'current_tracer'), 'function\n');
    writeFileSync(join(instance, 'current_tracer'), 'nop\n');
    rmdirSync(instance);
  }
}

/** The process that an instance belongs to. */
async function instanceOtherThan(pid: number | null): Promise<number> {
  for (;;) {
    const owners = leftovers().instances.map((name) => Number(/\d+/.exec(name)?.[0]));
    const other = owners.find((owner) => owner !== pid);
    if (other !== undefined) return other;
    await sleep(20);
  }
}
