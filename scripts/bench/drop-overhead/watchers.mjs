// Those who count drops while the workload runs. Each tells how many drops it saw, so that nobody is fast by not looking.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = new URL('../../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'kwho-overhead-'));

/** The first is nobody. Those that are not installed are left out, and it is said. */
export async function watchers() {
  // A guest of the lab reads the checkout through a slow file system, which no user does.
  for (const part of ['dist', 'probes', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  const all = [
    { label: 'nobody', watch: nobody },
    { label: 'kwho drops', watch: (workload) => kwho(workload) },
    { label: 'kwho drops --backend hist', watch: (workload) => kwho(workload, '--backend', 'hist') },
    { label: 'bpftrace, by place', needs: 'bpftrace', watch: (workload) => bpftrace(workload, BY_PLACE) },
    {
      label: 'bpftrace, by what kwho counts by',
      needs: 'bpftrace',
      watch: (workload) => bpftrace(workload, BY_ALL),
    },
    { label: 'perf record', needs: 'perf', watch: perf },
    { label: 'dropwatch', needs: 'dropwatch', watch: dropwatch },
  ];
  return all.filter(({ needs }) => {
    const found = needs === undefined || spawnSync('sh', ['-c', `command -v ${needs}`]).status === 0;
    if (!found) process.stderr.write(`*** LEFT OUT: ${needs} is not installed\n`);
    return found;
  });
}

async function nobody(workload) {
  workload.run();
  return null;
}

async function kwho(workload, ...args) {
  const ready = join(folder, 'ready');
  rmSync(ready, { force: true });
  const child = start(process.execPath, [
    join(folder, 'dist/cli.js'),
    'drops',
    '--json',
    ...args,
    '--ready-file',
    ready,
  ]);
  while (!existsSync(ready)) {
    if (child.process.exitCode !== null) throw new Error(`kwho ended: ${child.said()}`);
    await sleep(50);
  }
  await settled();
  workload.run();
  child.process.kill('SIGTERM');
  await child.ended;
  return JSON.parse(child.said().trim().split('\n').at(-1)).counted;
}

async function bpftrace(workload, keys) {
  const program = `tracepoint:skb:kfree_skb { $skb = (struct sk_buff *)args->skbaddr; @[${keys}] = count(); }`;
  const child = start('bpftrace', ['-f', 'json', '-e', program, '-c', workload.command]);
  await child.ended;
  const map = child
    .said()
    .split('\n')
    .find((line) => line.includes('"map"'));
  if (map === undefined) throw new Error(`bpftrace counted nothing: ${child.said()}`);
  return sum(Object.values(JSON.parse(map).data['@']));
}

const BY_PLACE = 'args->location';
const BY_ALL =
  'args->location, args->reason, args->protocol, $skb->dev->name, $skb->dev->nd_net.net->ns.inum';

/** All samples are written to a file, as perf does. */
async function perf(workload) {
  const file = join(folder, 'perf.data');
  const child = start('perf', [
    'record',
    '-q',
    '-a',
    '-e',
    'skb:kfree_skb',
    '-o',
    file,
    '--',
    'sh',
    '-c',
    workload.command,
  ]);
  await child.ended;
  const { stdout } = spawnSync('perf', ['report', '-i', file, '--stats'], { encoding: 'utf8' });
  rmSync(file);
  const samples = /SAMPLE events:\s+(\d+)/.exec(stdout)?.[1];
  if (samples === undefined) throw new Error(`perf took no samples: ${child.said()} ${stdout}`);
  return Number(samples);
}

/** It has no options for it: it is told on its terminal what to do, and tells a pipe nothing before it ends. */
async function dropwatch(workload) {
  const child = start('stdbuf', ['-oL', 'dropwatch', '-l', 'kas']);
  child.process.stdin.write('start\n');
  for (let i = 0; i < 300 && !child.said().includes('activated'); i++) await sleep(100);
  await settled();
  workload.run();
  await sleep(2000);
  child.process.kill('SIGINT');
  await sleep(1000);
  child.process.stdin.write('exit\n');
  await Promise.race([child.ended, sleep(10_000)]);
  child.process.kill('SIGKILL');
  await child.ended;
  return sum([...child.said().matchAll(/^(\d+) drops at /gm)].map(([, count]) => Number(count)));
}

/** What a program does once, at its start, is over. */
function settled() {
  return sleep(1000);
}

function start(command, args) {
  const child = spawn(command, args, { stdio: 'pipe' });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
  child.stdin.on('error', () => {});
  return { process: child, ended: once(child, 'close'), said: () => text };
}

function sum(numbers) {
  return numbers.reduce((all, one) => all + one, 0);
}
