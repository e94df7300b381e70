import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { compileProbe, type RunStap } from '../../src/stap/compile.js';

let folder = '';
let ran: { args: readonly string[]; input: string; folder: string }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kwho-test-'));
  ran = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What stap does: leaves NAME.ko where it runs. */
const builds: RunStap = async (args, input, cwd) => {
  ran.push({ args, input, folder: cwd });
  writeFileSync(join(cwd, `${args[args.indexOf('-m') + 1]}.ko`), 'module');
  return { outcome: 'done', status: 0, stdout: '', stderr: 'WARNING: x\n' };
};
const answers =
  (result: Awaited<ReturnType<RunStap>>): RunStap =>
  async (args, input, cwd) => {
    ran.push({ args, input, folder: cwd });
    return result;
  };
const compile = (run: RunStap, name = 'kwho_drops.ko', release = '6.1.0-56-amd64') =>
  compileProbe(run, { script: 'probe begin { exit() }', release, output: join(folder, name) });

describe('compileProbe', () => {
  it('puts the module where it is wanted, and leaves nothing else', async () => {
    expect(await compile(builds)).toBe('WARNING: x\n');
    expect(readFileSync(join(folder, 'kwho_drops.ko'), 'utf8')).toBe('module');
    expect(ran).toHaveLength(1);
    expect(ran[0]).toMatchObject({
      input: 'probe begin { exit() }',
      args: [
        '-p4',
        '-r',
        '6.1.0-56-amd64',
        '-m',
        'kwho_drops',
        '--suppress-handler-errors',
        '-D',
        'MAXACTION=100000',
        '-D',
        'INTERRUPTIBLE=0',
        '-D',
        'MAXTRYLOCK=10000',
        '-D',
        'STP_OVERLOAD_INTERVAL=10000000000LL',
        '-D',
        'STP_OVERLOAD_THRESHOLD=5000000000LL',
        '-B',
        'CFLAGS_MODULE=-fno-asynchronous-unwind-tables',
        '-',
      ],
    });
    expect(existsSync(ran[0]!.folder)).toBe(false);
  });

  it.each([
    [{ outcome: 'missing' } as const, 'stap-missing'],
    [{ outcome: 'timeout' } as const, 'stap-failed'],
    [{ outcome: 'failed', why: 'killed' } as const, 'stap-failed'],
    [
      {
        outcome: 'done',
        status: 1,
        stdout: '',
        stderr: 'Pass 4: compilation failed.  [man error::pass4]\n',
      } as const,
      'stap-no-compiler',
    ],
  ])('%j', async (result, code) => {
    await expect(compile(answers(result))).rejects.toMatchObject({ code });
    expect(existsSync(ran[0]!.folder)).toBe(false);
    expect(existsSync(join(folder, 'kwho_drops.ko'))).toBe(false);
  });

  it.each([
    ['kwho', '6.1.0'],
    ['.ko', '6.1.0'],
    ['Drops.ko', '6.1.0'],
    ['a b.ko', '6.1.0'],
    ['-m.ko', '6.1.0'],
    [`${'x'.repeat(41)}.ko`, '6.1.0'],
    ['ok.ko', '6.1.0 -g'],
    ['ok.ko', ''],
    ['ok.ko', '-p5'],
  ])('refuses %s for %s before anything runs', async (name, release) => {
    await expect(compile(builds, name, release)).rejects.toBeInstanceOf(UsageError);
    expect(ran).toEqual([]);
  });
});
