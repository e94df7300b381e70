import { describe, expect, it } from 'vitest';
import { type CommandResult, limited, runCommand } from '../../src/host/command.js';

describe('real programs', () => {
  it('output, byte by byte, and exit status', async () => {
    expect(await runCommand('sh', ['-c', 'printf "a\\377\\n"; printf b >&2; exit 3'])).toEqual({
      outcome: 'done',
      stdout: 'a\xff\n',
      stderr: 'b',
      status: 3,
    });
  });

  it('arguments reach it as they are', async () => {
    const words = ['', 'a b', '$(x)', '*', '-n', "'"];
    const result = await runCommand('sh', ['-c', 'for word; do printf "%s|" "$word"; done', 'sh', ...words]);
    expect(result).toMatchObject({ stdout: words.map((word) => `${word}|`).join('') });
  });

  it('nothing of our environment but where programs are, and no input', async () => {
    process.env.KWHO_TEST_SECRET = 'x';
    const result = await runCommand('sh', ['-c', 'cat; env']);
    delete process.env.KWHO_TEST_SECRET;
    const names = result.outcome === 'done' ? result.stdout.match(/^\w+(?==)/gm) : [];
    // The shell's own.
    expect(names?.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)).sort()).toEqual([
      'LC_ALL',
      'PATH',
    ]);
  });

  it('administrators’ programs are found without being on the path', async () => {
    const path = process.env.PATH;
    process.env.PATH = '/nowhere';
    const result = await runCommand('sh', ['-c', 'echo $PATH']);
    process.env.PATH = path;
    expect(result).toMatchObject({ stdout: '/nowhere:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin\n' });
  });

  it('one that is not there', async () => {
    expect(await runCommand('kwho-no-such-program', [])).toEqual({ outcome: 'missing' });
  });

  it('one that does not end', async () => {
    expect(await runCommand('sleep', ['30'])).toEqual({ outcome: 'timeout' });
  });

  it('one that does not end printing', async () => {
    expect(await runCommand('yes', [])).toMatchObject({ outcome: 'failed' });
  });

  it('one that is killed', async () => {
    expect(await runCommand('sh', ['-c', 'kill -9 $$'])).toMatchObject({ outcome: 'failed' });
  });

  it('an argument that no program can have', async () => {
    expect(await runCommand('echo', ['a\0b'])).toMatchObject({ outcome: 'failed' });
  });
});

it('no more than so many at a time, in the order they came, whatever becomes of them', async () => {
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const run = limited(async (file) => {
    log.push(file);
    await new Promise<void>((resolve) => ends.push(resolve));
    if (file === 'b') throw new Error('no more processes');
    return { outcome: 'missing' } as CommandResult;
  }, 2);
  const results = ['a', 'b', 'c', 'd'].map((file) => run(file, []).catch(() => 'threw'));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  expect(log).toEqual(['a', 'b']);
  ends[1]();
  await turn();
  expect(log).toEqual(['a', 'b', 'c']);
  for (const end of ends) end();
  await turn();
  for (const end of ends) end();
  expect(await Promise.all(results)).toEqual([
    { outcome: 'missing' },
    'threw',
    { outcome: 'missing' },
    { outcome: 'missing' },
  ]);
});
