import { type ChildProcess, spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { supervise } from '../../../src/commands/doctor/supervise.js';
import { unfinished } from '../../../src/commands/doctor/unfinished.js';

/** Does each check as its name says: `hang`, `crash`, or at once. */
const SCRIPT = `
const tell = (message) => require('node:fs').writeSync(1, JSON.stringify(message) + '\\n');
let stopped = false;
process.on('SIGTERM', () => { stopped = true; });
(async () => {
  for (const name of process.argv.slice(1)) {
    tell({ begin: name });
    if (name === 'hang') for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    if (name === 'crash') process.kill(process.pid, 'SIGKILL');
    if (name === 'throw') throw new Error('no more');
    if (name === 'noise') process.stdout.write('not JSON\\nnull\\n');
    if (name === 'slow') await new Promise((resolve) => setTimeout(resolve, 500));
    tell({ end: name, repaired: [name] });
    if (stopped) break;
  }
})();
`;

const started: string[][] = [];
function start(names: readonly string[]): ChildProcess {
  started.push([...names]);
  return spawn(process.execPath, ['-e', SCRIPT, '--', ...names], { stdio: ['ignore', 'pipe', 'pipe'] });
}

const never = new Promise<void>(() => {});
const run = (names: readonly string[], limitMs = 5000) =>
  supervise(names, { start, unfinished, limitMs }, never);

/** The names of the checks that ended, and of those that were given up with their reasons. */
async function told(names: readonly string[], limitMs?: number) {
  const results = await run(names, limitMs);
  return results.flatMap(({ repaired = [], findings = [], commands = [] }) => [
    ...repaired,
    ...findings.map(({ name, verdict, text }) => `${name} ${verdict}: ${text}`),
    ...commands.map(({ command, verdict, why }) => `kwho ${command} ${verdict}: ${why}`),
  ]);
}

describe('checks in a process of their own', () => {
  it('give their results in order', async () => {
    expect(await told(['host', 'noise', 'commands'])).toEqual(['host', 'noise', 'commands']);
  });

  it('one that hangs is given up, what it left is removed, and the next ones are done', async () => {
    started.length = 0;
    const words = await told(['host', 'hang', 'tracing'], 4000);
    expect(words).toEqual([
      'host',
      'hang unknown: it did not end within 4 s, and was given up',
      expect.stringMatching(/^remove \d+$/),
      'tracing',
    ]);
    expect(started).toHaveLength(2);
  });

  it.each([
    ['crash', /ended by SIGKILL/],
    ['throw', /ended with status 1/],
  ])('one that takes its process with it: %s', async (name, how) => {
    const words = await told([name, 'commands']);
    expect(words[0]).toMatch(how);
    expect(words.slice(1)).toEqual([expect.stringMatching(/^remove \d+$/), 'commands']);
  });

  it('kwho probe prints scripts whatever becomes of SystemTap', () => {
    const { findings, commands } = unfinished('SystemTap', 'it did not end');
    expect(findings).toMatchObject([{ group: 'SystemTap', verdict: 'unknown' }]);
    expect(commands).toMatchObject([{ command: 'probe', verdict: 'ok', backends: ['print'] }]);
  });

  it('a process that cannot be started ends the report, not kwho', async () => {
    const results = await supervise(
      ['host', 'commands'],
      {
        start: () => spawn('/no/such/program', { stdio: ['ignore', 'pipe', 'pipe'] }),
        unfinished,
        limitMs: 5000,
      },
      never,
    );
    const commands = results.flatMap(({ commands = [] }) => commands);
    expect(results[0]?.findings?.[0]?.text).toMatch(/could not be started/);
    expect(commands[0]).toMatchObject({ command: 'log', verdict: 'unknown' });
  });

  it('the end from outside: what is under way is finished, and nothing else begun', async () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const startAndEnd = (names: readonly string[]) => {
      const child = start(names);
      child.stdout?.once('data', () => end());
      return child;
    };
    const running = supervise(['slow', 'commands'], { start: startAndEnd, unfinished, limitMs: 5000 }, ended);
    expect((await running).flatMap(({ repaired = [] }) => repaired)).toEqual(['slow']);
  });
});
