#!/usr/bin/env node
// Measures the fast paths of kwho against hand-tuned C programs that do the same work on the same input.
//   npm run bench -- [--case NAME] [--size MB] [--rounds N] [--node PATH]...
// Before anything is timed, every program must give the same answer with its `check` argument. Then they run in
// turns, and each run of ours is divided by the C run beside it: on a busy machine such ratios stay steady where
// seconds do not.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

const here = new URL('.', import.meta.url).pathname;
const { values: options } = parseArgs({
  options: {
    case: { type: 'string', multiple: true },
    size: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '7' },
    node: { type: 'string', multiple: true, default: [] },
    folder: { type: 'string', default: join(tmpdir(), 'kwho-bench') },
  },
});
const size = positive('size') * 1e6;
const rounds = positive('rounds');
const dist = join(here, '../../dist');
if (!existsSync(dist)) fail('dist/ is not there: run "npm run build" first');
mkdirSync(options.folder, { recursive: true });

const runtimes = [process.execPath, ...options.node].map((path) => ({
  path,
  label: `Node ${output([path, '--version']).replace(/^v/, '')}`,
}));
const measure = compile(join(here, 'measure.c'));
if (measure === null) {
  fail(
    'no C compiler ("cc") on this machine: without the C programs there is nothing to compare with (apt install gcc)',
  );
}
for (const name of cases()) {
  const { default: each } = await import(`./${name}/case.mjs`);
  // What needs a kernel of its own, or measures something else besides, runs by itself.
  if (each.run === undefined) run(each);
  else await each.run({ rounds, say, size, prepare: prepareFor, measure, dist, runtimes });
}

function run(each) {
  const input = prepare(each);
  const same = [each.reference, ...each.programs({ dist, runtimes })].map(ready);
  check(same, input);

  const [reference] = same;
  const others = each.others.map(ready).filter(({ command }) => isInstalled(command[0]));
  const programs = [...same, ...others];
  say(`${each.name}: one run of each to warm up, then ${rounds} rounds`);
  for (const program of programs) once(program, input);
  const runs = new Map(programs.map((program) => [program, []]));
  for (let round = 0; round < rounds; round++) {
    for (const program of programs) runs.get(program).push(once(program, input));
  }
  print(each, reference, runs);
}

/** The input in the folder for temporary files; made when it is not there or was made by another generator. */
function prepare(each) {
  return prepareFor(each.name, sizeOf(each), each.inputVersion, each.generate);
}

/** Bytes of the input: more where it is done so soon that starting Node.js would be a good part of the time. */
function sizeOf({ scale = 1 }) {
  return size * scale;
}

function prepareFor(name, bytes, version, generate) {
  const path = join(options.folder, `input-${bytes}-${versionOf(version)}`);
  if (!existsSync(path)) {
    say(`${name}: making ${path} (${bytes / 1e6} MB)`);
    generate(path, bytes);
  }
  return path;
}

/** Is the answer the same? Only then does a ratio say anything. */
function check(programs, input) {
  const answers = programs.map(({ label, command }) => ({
    label,
    answer: output([...command, input, 'check']),
  }));
  if (answers.every(({ answer }) => answer === answers[0].answer)) return;
  fail(
    `the programs do not agree:\n${answers.map(({ label, answer }) => `  ${label}: ${answer}`).join('\n')}`,
  );
}

function once({ command }, input) {
  const [wall, processor, size] = output([measure, ...command, input])
    .split(' ')
    .map(Number);
  return { wall, processor, size };
}

function print(each, reference, runs) {
  const rows = [['program', '× C, time', 'min–max', '× C, processor', 'min–max', 'MB']];
  for (const [program, own] of runs) {
    const ratios = (what) =>
      own.map((one, round) => one[what] / runs.get(reference)[round][what]).sort((a, b) => a - b);
    const wall = ratios('wall');
    const processor = ratios('processor');
    rows.push([
      program.label,
      median(wall).toFixed(2),
      `${wall[0].toFixed(2)}–${wall.at(-1).toFixed(2)}`,
      median(processor).toFixed(2),
      `${processor[0].toFixed(2)}–${processor.at(-1).toFixed(2)}`,
      (Math.max(...own.map((one) => one.size)) / 1024).toFixed(0),
    ]);
  }
  const compared = (each.compared?.({ runtimes }) ?? []).map(({ slow, fast }) => {
    const [slower, faster] = [slow, fast].map(
      (label) => [...runs].find(([program]) => program.label === label)?.[1],
    );
    if (slower === undefined || faster === undefined) return '';
    const times = slower.map(({ wall }, round) => wall / faster[round].wall).sort((a, b) => a - b);
    const range = `${times[0].toFixed(2)}–${times.at(-1).toFixed(2)}`;
    return `${slow}: ${median(times).toFixed(2)} (${range}) times as long as ${fast}\n`;
  });
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  '),
  );
  process.stdout.write(
    `\n${each.title}; ${sizeOf(each) / 1e6} MB, ${rounds} rounds\n${lines.join('\n')}\n${compared.join('')}`,
  );
}

/** A program that can be run: what has a source is compiled. */
function ready(program) {
  if (program.source === undefined) return program;
  return { ...program, command: [compile(program.source, program.flags)] };
}

/** @returns the path of the program, or null without a compiler */
function compile(source, flags = []) {
  if (!isInstalled('cc')) return null;
  const path = join(options.folder, `${basename(source, '.c')}-${versionOf(readFileSync(source) + flags)}`);
  if (existsSync(path)) return path;
  output(['cc', '-O3', '-march=native', '-D_GNU_SOURCE', ...flags, '-o', path, source]);
  return path;
}

function versionOf(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function cases() {
  const all = readdirSync(here).filter((name) => existsSync(join(here, name, 'case.mjs')));
  for (const name of options.case ?? []) {
    if (!all.includes(name)) fail(`--case: expected one of ${all.join(', ')}, got "${name}"`);
  }
  return options.case ?? all;
}

function isInstalled(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

function output([command, ...args]) {
  const result = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (result.error) fail(`${command}: ${result.error.message}`);
  if (result.status !== 0)
    fail(`${[command, ...args].join(' ')} ended with status ${result.status ?? result.signal}`);
  return result.stdout.trim();
}

function median(sorted) {
  return sorted[sorted.length >> 1];
}

function positive(name) {
  const number = Number(options[name]);
  if (!(number > 0)) fail(`--${name}: expected a number above 0, got "${options[name]}"`);
  return number;
}

function say(text) {
  process.stderr.write(`kwho bench: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
