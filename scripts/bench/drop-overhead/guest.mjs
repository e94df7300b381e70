#!/usr/bin/env node
// Runs in a guest of the lab, as root:  node scripts/bench/drop-overhead/guest.mjs [ROUNDS] [PACKETS]
import { release } from 'node:os';
import { watchers } from './watchers.mjs';
import { makeWorkload } from './workload.mjs';

const rounds = Number(process.argv[2] ?? 5);
const packets = Number(process.argv[3] ?? 200_000);

const workload = makeWorkload(packets);
const programs = await watchers();
const runs = new Map(programs.map((program) => [program, []]));
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  for (const program of programs) {
    const told = await program.watch(workload);
    process.stderr.write(`round ${round}: ${program.label}: ${workload.took().toFixed(0)} ms\n`);
    if (round > 0) runs.get(program).push({ took: workload.took(), told });
  }
}
print();

function print() {
  const [untraced] = programs;
  const rows = [['watched by', '× untraced', 'min–max', 'ms', 'drops told']];
  for (const [program, own] of runs) {
    const ratios = own.map(({ took }, round) => took / runs.get(untraced)[round].took).sort((a, b) => a - b);
    const times = own.map(({ took }) => took).sort((a, b) => a - b);
    const told = own.map((one) => one.told).sort((a, b) => a - b);
    rows.push([
      program.label,
      median(ratios).toFixed(2),
      `${ratios[0].toFixed(2)}–${ratios.at(-1).toFixed(2)}`,
      median(times).toFixed(0),
      told[0] === null ? '' : told[0] === told.at(-1) ? `${told[0]}` : `${told[0]}–${told.at(-1)}`,
    ]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
  process.stdout.write(
    `\n${packets} packets to a closed UDP port as fast as the kernel drops them, the second time, Linux ${release()}, ${rounds} rounds\n${lines.join('\n')}\n`,
  );
}

function median(sorted) {
  return sorted[sorted.length >> 1];
}
