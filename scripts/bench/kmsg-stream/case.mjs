// kwho kmsg on a file of messages, against dmesg of util-linux on the same file: the same output, time and memory.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { generate } from './generate.mjs';

const OPTIONS = [[], ['-x'], ['-T'], ['-J']];
/** Small enough to show whether memory grows with the file. */
const SMALL = 20e6;
/** What util-linux takes for it grows with the square of the messages: the large file would take it hours. */
const QUADRATIC = '-J';

export default {
  name: 'kmsg-stream',
  async run({ rounds, say, size, prepare, measure, dist, runtimes }) {
    const input = (bytes) =>
      prepare('kmsg-stream', bytes, readFileSync(new URL('generate.mjs', import.meta.url)), generate);
    const file = input(size);
    const small = input(SMALL);
    const dmesg = ['dmesg', '--color=never'];
    const programs = [
      { label: 'dmesg', command: dmesg },
      ...runtimes.map(({ label, path }) => ({
        label: `kwho, ${label}`,
        command: [path, `${dist}/cli.js`, 'kmsg'],
      })),
    ];
    const version = execFileSync('dmesg', ['--version'], { encoding: 'utf8' }).trim();
    process.stdout.write(`\nkwho kmsg --file against ${version}; ${size / 1e6} MB, ${rounds} rounds\n`);
    for (const options of OPTIONS) {
      const digests = programs.map(({ command }) => digest([...command, ...options, '-F', small]));
      if (new Set(digests).size > 1)
        throw new Error(`the outputs of ${options.join(' ')} differ: ${digests}`);
      say(`kmsg-stream: ${options.join(' ') || 'no options'}`);
      const runs = programs.map(() => []);
      const timed = options.includes(QUADRATIC) ? small : file;
      for (let round = 0; round < rounds; round++) {
        for (const [i, { command }] of programs.entries())
          runs[i].push(once(measure, [...command, ...options, '-F', timed]));
      }
      for (const [i, { label, command }] of programs.entries()) {
        const ratios = runs[i].map(({ wall }, round) => wall / runs[0][round].wall).sort((a, b) => a - b);
        const whole =
          timed === file || i === 0 ? runs[i] : [once(measure, [...command, ...options, '-F', file])];
        const most = Math.max(...whole.map(({ kib }) => kib)) / 1024;
        const little = once(measure, [...command, ...options, '-F', small]).kib / 1024;
        const speed = (timed === file ? size : SMALL) / 1e6 / Math.min(...runs[i].map(({ wall }) => wall));
        process.stdout.write(
          `${(options.join(' ') || '(none)').padEnd(8)}${label.padEnd(20)}× dmesg ${median(ratios).toFixed(2)} (${ratios[0].toFixed(2)}–${ratios.at(-1).toFixed(2)})  ${speed.toFixed(0)} MB/s  ${most.toFixed(0)} MB, of ${SMALL / 1e6} MB ${little.toFixed(0)} MB\n`,
        );
      }
    }
  },
};

function digest(command) {
  // The times of day of two runs may differ by the microseconds between them.
  const words = command
    .map((word) => `'${word}'`)
    .join(' ')
    .replace(" '-T'", " '-t'");
  return execFileSync('sh', ['-c', `${words} | sha256sum`], { encoding: 'utf8' });
}

function once(measure, command) {
  if (!existsSync(command.at(-1))) throw new Error('no input');
  const [wall, , kib] = execFileSync(measure, command, { encoding: 'utf8' }).split(' ').map(Number);
  return { wall, kib };
}

function median(sorted) {
  return sorted[sorted.length >> 1];
}
