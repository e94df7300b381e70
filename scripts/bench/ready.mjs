#!/usr/bin/env node
// How long `kwho log` takes from its start to live sources, against `node -e 0` in the same call:
//   node scripts/bench/ready.mjs            on a host that permits tracing, as root
//   scripts/lab run 6.12 -- node scripts/bench/ready.mjs
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROUNDS = 7;
const root = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'kwho-ready-'));
// A guest of the lab reads the checkout through a slow file system, which no user does.
for (const part of ['dist', 'package.json'])
  cpSync(join(root, part), join(folder, part), { recursive: true });

const seconds = [];
const ratios = [];
for (let round = 0; round <= ROUNDS; round++) {
  const bare = timeOf(() => spawnSync(process.execPath, ['-e', '0']));
  const ready = await timeToReady();
  // The first round warms up.
  if (round > 0) {
    seconds.push(ready / 1000);
    ratios.push(ready / bare);
  }
}
rmSync(folder, { recursive: true });
console.log(
  `start to ready: ${show(ratios)} times node -e 0, ${show(seconds)} s (median, min-max of ${ROUNDS})`,
);

function timeOf(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}

async function timeToReady() {
  const file = join(folder, 'ready');
  rmSync(file, { force: true });
  const start = performance.now();
  const kwho = spawn(process.execPath, [join(folder, 'dist/cli.js'), 'log', '--json', '--ready-file', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!existsSync(file)) {
    if (kwho.exitCode !== null) process.exit(kwho.exitCode);
    await sleep(2);
  }
  const took = performance.now() - start;
  kwho.kill('SIGTERM');
  await new Promise((resolve) => kwho.on('close', resolve));
  return took;
}

function show(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [median, least, most] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)].map((n) =>
    n.toFixed(2),
  );
  return `${median} (${least}-${most})`;
}
