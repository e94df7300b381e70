import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call } from './callers.js';
import { dropDatagrams } from './closed-port.js';
import { runningKernel } from './drop-cases/kernels.js';
import { KwhoRun, kwho } from './kwho-run.js';
import {
  CACHE,
  enterStapLab,
  hasStap,
  NO_STAP,
  ownStapRoot,
  settled,
  showHeaders,
  stapLeftovers,
  stapPrograms,
} from './stap-lab.js';

/** An emulated CPU takes minutes to compile a module. */
const MINUTES = 60_000;

describe.skipIf(!hasStap)('SystemTap with compiler and headers', () => {
  let hide = () => {};
  beforeAll(() => {
    enterStapLab();
    hide = showHeaders(process.env.KWHO_STAP_ROOT!);
  });
  afterAll(() => hide());
  afterEach(() => expect(stapLeftovers()).toEqual(NO_STAP));

  it(
    'builds a module where one is needed, telling how far it is, runs it, and keeps it',
    async () => {
      const args = ['drops', '--json', '--stack', '--backend', 'stap'];
      const first = await KwhoRun.start(...args);
      expect(first.stderr.match(/pass \d of 5, .*/g)).toEqual([
        'pass 1 of 5, parsing',
        'pass 2 of 5, looking up types and probe points',
        'pass 3 of 5, translating to C',
        'pass 4 of 5, compiling',
      ]);
      await dropDatagrams(3);
      expect(await first.stop()).toBe(143);
      expect(first.events.filter(({ type }) => type === 'drop').length).toBeGreaterThanOrEqual(3);
      expect(first.summary).toMatchObject({ backends: ['stap'], lost: 0, complete: true });
      const kept = modulesKept();
      expect(kept).toHaveLength(1);
      const second = await KwhoRun.start(...args);
      expect(second.stderr).not.toContain('building');
      expect(await second.stop()).toBe(143);
      expect(modulesKept()).toEqual(kept);
    },
    30 * MINUTES,
  );

  it.each([
    ['SIGINT', 'pass 2', 130],
    ['SIGTERM', 'pass 4', 143],
    ['SIGKILL', 'pass 4', null],
  ] as const)(
    '%s in %s: nothing goes on, nothing is left',
    async (signal, pass, status) => {
      const before = modulesKept();
      const run = KwhoRun.begin('log', '--json', '--stack', '--backend', 'stap');
      while (!run.stderr.includes(pass) && run.child.exitCode === null) await sleep(50);
      await sleep(1000);
      expect(stapLeftovers().processes).not.toEqual([]);
      run.child.kill(signal);
      expect(await run.ended()).toBe(status);
      await settled();
      // A place in the cache that was not filled goes with the next build.
      const left = () => temporary().filter((path) => signal !== 'SIGKILL' || !path.startsWith(CACHE));
      for (let waited = 0; left().length > 0 && waited < 10_000; waited += 200) await sleep(200);
      expect(modulesKept()).toEqual(before);
      expect({ temporary: left(), said: run.stdout }).toEqual(NOTHING);
    },
    15 * MINUTES,
  );
});

/** What is wrong with each, by command and kernel. */
const UNFIT: Record<'drops' | 'log', Partial<Record<string, RegExp>>> = {
  drops: {
    '6.1': /this SystemTap does not fit kernel 6\.1\.\S+, mostly because it is older/,
    '6.12': /stap finds the tracepoint nowhere in the headers of kernel 6\.12\./,
  },
  log: {
    '6.1': /this SystemTap does not fit kernel 6\.1\.\S+, mostly because it is older/,
    '6.12':
      /this SystemTap does not fit kernel 6\.12\.\S+, mostly because it is older: its modules want uprobe_unregister\(\)/,
  },
};

describe.skipIf(ownStapRoot === undefined)('the SystemTap of this kernel’s own Debian', () => {
  const kernel = runningKernel();
  let hide = () => {};
  beforeAll(() => {
    process.env.PATH = `${stapPrograms(ownStapRoot!)}:${process.env.PATH}`;
    hide = showHeaders(ownStapRoot!);
  });
  afterAll(() => hide());

  const commands = ['drops', 'log'] as const;
  const unfit = commands.filter((command) => UNFIT[command][kernel] !== undefined);
  const fit = commands.filter((command) => !unfit.includes(command));

  it.each(unfit)(
    'cannot compile for it: kwho %s says why, and what to do',
    (command) => {
      const { status, stderr } = kwhoOnce(command, '--backend', 'stap');
      expect({ status, stderr }).toEqual({
        status: 69,
        stderr: expect.stringMatching(UNFIT[command][kernel]!),
      });
      expect(stderr).toContain('hint:');
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(stapLeftovers()).toEqual(NO_STAP);
    },
    30 * MINUTES,
  );

  it.each(unfit)('--backend auto: kwho %s uses tracefs, and says why in a line', (command) => {
    const { status, stdout, stderr } = kwhoOnce(command, '--backend', 'auto', '--for', '1s');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.split('\n').filter((line) => line.includes('SystemTap'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/tracefs is used, and not SystemTap: when it was last tried, /);
    expect(lines[0]).toMatch(UNFIT[command][kernel]!);
  });

  it.each(fit)(
    'compiles kwho %s, which runs',
    async (command) => {
      const run = await KwhoRun.start(command, '--json', '--backend', 'stap');
      if (command === 'log') call('dmesg', '-n', '4');
      else await dropDatagrams(3);
      expect(await run.stop()).toBe(143);
      expect(run.summary).toMatchObject({ backends: ['stap'], lost: 0, complete: true });
      expect(run.summary.seen).toBeGreaterThan(0);
      expect(stapLeftovers()).toEqual(NO_STAP);
    },
    30 * MINUTES,
  );
});

const NOTHING = { temporary: [], said: '' };

function modulesKept(): string[] {
  const folder = join(CACHE, 'stap');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
  return files.filter((path) => path.endsWith('.ko') && statSync(path).isFile());
}

/** What a build has while it goes on: its own, kwho's and stap's. */
function temporary(): string[] {
  const building = existsSync(CACHE)
    ? readdirSync(CACHE, { recursive: true })
        .map((name) => join(CACHE, String(name)))
        .filter((path) => /\/building\.\d+$/.test(path))
    : [];
  const folders = readdirSync(tmpdir()).filter((name) => /^(kwho-stap-|stap\w{6}$)/.test(name));
  return [...building, ...folders.map((name) => join(tmpdir(), name))];
}

function kwhoOnce(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [kwho(), ...args], {
    encoding: 'utf8',
    timeout: 25 * MINUTES,
  });
  return { status, stdout, stderr };
}
