// What it costs a host that somebody counts its drops: one fixed number of dropped packets, untraced and under kwho,
// bpftrace, perf and dropwatch in turns, in one boot of a kernel of the lab.
import { spawnSync } from 'node:child_process';

const root = new URL('../../..', import.meta.url).pathname;
const KERNEL = '6.12';
const LONGEST_SECONDS = 3600;

export default {
  name: 'drop-overhead',
  /** @param rounds of all programs, one after the other */
  run({ rounds, say }) {
    const missing = whyNot();
    if (missing !== null) {
      say(
        `drop-overhead: *** SKIPPED: ${missing}; scripts/lab install ${KERNEL} (as root, on Debian) gets it`,
      );
      return;
    }
    say(`drop-overhead: booting ${KERNEL}, then ${rounds} rounds of all`);
    const guest = ['node', 'scripts/bench/drop-overhead/guest.mjs', String(rounds)];
    const lab = ['run', KERNEL, '--timeout', String(LONGEST_SECONDS), '--', ...guest];
    const { status } = spawnSync('scripts/lab', lab, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) throw new Error(`the guest ended with status ${status}`);
  },
};

/** @returns why the lab cannot run here; null where it can */
function whyNot() {
  const { status, stdout } = spawnSync('scripts/lab', ['list', '--json'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) return 'the lab does not run here';
  const found = JSON.parse(stdout).find(({ kernel }) => kernel === KERNEL);
  return found?.release == null ? `the lab's kernel ${KERNEL} is not installed` : null;
}
