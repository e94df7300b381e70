import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startOnLeash } from '../../src/stap/leash.js';
import { Built } from '../built.js';

let built: Built;
beforeAll(() => {
  built = new Built();
}, 120_000);
afterAll(() => built.remove());

const collect = (stream: NodeJS.ReadableStream) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('latin1');
};

it('a program has its own input, output and status', async () => {
  const child = await startOnLeash('sh', ['-c', 'cat; echo "$0 $1" >&2; exit 3', 'a b', '$HOME'], {
    input: 'in\n',
  });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  expect(await child.ended).toEqual({ outcome: 'done', status: 3 });
  expect([stdout(), stderr()]).toEqual(['in\n', 'a b $HOME\n']);
});

it('one that is not there is missing', async () => {
  const child = await startOnLeash('kwho-no-such-program', []);
  collect(child.stdout);
  collect(child.stderr);
  expect(await child.ended).toEqual({ outcome: 'missing' });
});

it('a signal reaches its children, too', async () => {
  const child = await startOnLeash('sh', ['-c', 'sleep 100 & echo $!; wait']);
  const stdout = collect(child.stdout);
  collect(child.stderr);
  while (!stdout().includes('\n')) await sleep(10);
  child.signal('SIGTERM');
  expect(await child.ended).toEqual({ outcome: 'killed', signal: 'SIGTERM' });
  await gone(Number(stdout()));
});

it('it ends with whoever started it, even by SIGKILL, and may still tidy up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kwho-leash-'));
  const scratch = mkdtempSync(join(tmpdir(), "kwho-leash '"));
  writeFileSync(join(scratch, 'half-done'), '');
  const tidied = join(folder, 'tidied');
  const leash = pathToFileURL(built.file('stap/leash.js')).href;
  const script = `process.on('SIGTERM', () => { require('fs').writeFileSync(${JSON.stringify(tidied)}, ''); process.exit(); });
    setInterval(() => {}, 1000); console.log(process.pid);`;
  writeFileSync(
    join(folder, 'owner.mjs'),
    `import { startOnLeash } from ${JSON.stringify(leash)};
     const child = await startOnLeash(process.execPath, ['-e', ${JSON.stringify(script)}],
       { scratch: ${JSON.stringify(scratch)} });
     child.stdout.pipe(process.stdout);`,
  );
  const owner = spawn(process.execPath, [join(folder, 'owner.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = await once(owner.stdout, 'data');
  owner.kill('SIGKILL');
  await gone(Number(String(pid)));
  expect(existsSync(tidied)).toBe(true);
  for (let waited = 0; existsSync(scratch) && waited < 10_000; waited += 50) await sleep(50);
  expect(existsSync(scratch)).toBe(false);
  rmSync(folder, { recursive: true });
});

it('what it made stays where whoever started it goes on', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'kwho-leash-'));
  const child = await startOnLeash('sh', ['-c', 'echo made >made'], { cwd: scratch, scratch });
  collect(child.stdout);
  collect(child.stderr);
  expect(await child.ended).toEqual({ outcome: 'done', status: 0 });
  await sleep(2500);
  expect(existsSync(join(scratch, 'made'))).toBe(true);
  rmSync(scratch, { recursive: true });
});

/** Within ten seconds. */
async function gone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1);
  for (let waited = 0; waited < 10_000; waited += 50) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(50);
  }
  expect.fail(`process ${pid} is still there`);
}
