// The screen under a storm: a recording of 100,000 drops a second and more, played at the speed at which it happened,
// on a real terminal (tmux). How long do keys take, what does it cost, does memory stay?
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from './generate.mjs';

const root = new URL('../../..', import.meta.url).pathname;
const SECONDS = 60;
const KEY_EVERY_MS = 400;
/** Each shows at once that it was taken: a page opens and closes, another pane is the chosen one, the columns change. */
const KEYS = ['?', 'Escape', '2', 'b', 'I', 'Tab', '1'];

export default {
  name: 'screen-storm',
  async run({ say }) {
    if (spawnSync('tmux', ['-V']).status !== 0) {
      say('screen-storm: *** SKIPPED: there is no tmux (apt install tmux)');
      return;
    }
    const folder = mkdtempSync(join(tmpdir(), 'kwho-storm-'));
    const file = join(folder, 'storm.kwho');
    say(`screen-storm: making ${SECONDS} s of drops`);
    const rate = await generate(join(root, 'dist'), file, SECONDS);
    const socket = join(folder, 'tmux');
    const tmux = (...args) => spawnSync('tmux', ['-S', socket, ...args], { encoding: 'utf8' }).stdout;
    const command = `exec ${process.execPath} ${join(root, 'dist/cli.js')} replay ${file}`;
    tmux('new-session', '-d', '-x', '120', '-y', '40', command);
    const pid = Number(tmux('display', '-p', '#{pane_pid}'));
    await sleep(5000);
    say(`screen-storm: playing ${Math.round(rate).toLocaleString('en-US')} drops a second`);
    const seen = await press(tmux, pid, (SECONDS - 10) * 1000);
    tmux('kill-server');
    report(rate, seen);
  },
};

async function press(tmux, pid, milliseconds) {
  const delays = [];
  const memory = [];
  const start = performance.now();
  const used = ticks(pid);
  for (let i = 0; performance.now() - start < milliseconds; i++) {
    const before = frame(tmux);
    const pressed = performance.now();
    tmux('send-keys', KEYS[i % KEYS.length]);
    while (frame(tmux) === before && performance.now() - pressed < 2000);
    delays.push(performance.now() - pressed);
    memory.push(rss(pid));
    await sleep(KEY_EVERY_MS);
  }
  const seconds = (performance.now() - start) / 1000;
  return { delays: delays.sort((a, b) => a - b), memory, cpu: (ticks(pid) - used) / 100 / seconds };
}

/** What a key changes and a storm does not: titles of panes and pages, the line of columns, the footer. */
function frame(tmux) {
  const lines = tmux('capture-pane', '-p').split('\n');
  return lines
    .filter((line) => /^[═─=-]{2}|▼|▲|F1 help|back|kwho/.test(line))
    .join('\n')
    .replace(/\d[\d,.:]*/g, '0');
}

function report(rate, { delays, memory, cpu }) {
  const at = (share) => delays[Math.min(delays.length - 1, Math.floor(share * delays.length))].toFixed(0);
  const third = Math.floor(memory.length / 3);
  const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
  const growth = mean(memory.slice(-third)) / mean(memory.slice(third, 2 * third));
  process.stdout.write(
    `\nscreen-storm: ${Math.round(rate)} drops a second for ${SECONDS} s\n` +
      `${delays.length} keys answered within ${at(0.5)} ms (half), ${at(0.95)} ms (95 %), ${at(1)} ms (all), tmux included\n` +
      `one CPU used to ${(100 * cpu).toFixed(0)} %, memory at most ${(Math.max(...memory) / 1024).toFixed(0)} MB, ` +
      `last third against the middle one × ${growth.toFixed(2)}\n`,
  );
}

function ticks(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function rss(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]);
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
