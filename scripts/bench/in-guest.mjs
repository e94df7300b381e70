// For what needs a kernel of its own: boots one of the lab and runs a program of this folder in it.
import { spawnSync } from 'node:child_process';

const root = new URL('../..', import.meta.url).pathname;
const KERNEL = '6.12';
const LONGEST_SECONDS = 3600;

/** Says so, loudly, where the lab is not installed. @param program below this folder, with its arguments */
export function runInGuest(name, [program, ...args], say) {
  const missing = whyNot();
  if (missing !== null) {
    say(`${name}: *** SKIPPED: ${missing}; scripts/lab install ${KERNEL} (as root, on Debian) gets it`);
    return;
  }
  say(`${name}: booting ${KERNEL}`);
  const guest = ['node', `scripts/bench/${program}`, ...args.map(String)];
  const lab = ['run', KERNEL, '--timeout', String(LONGEST_SECONDS), '--', ...guest];
  const { status } = spawnSync('scripts/lab', lab, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`the guest ended with status ${status}`);
}

/** @returns why the lab cannot run here; null where it can */
function whyNot() {
  const { status, stdout } = spawnSync('scripts/lab', ['list', '--json'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) return 'the lab does not run here';
  const found = JSON.parse(stdout).find(({ kernel }) => kernel === KERNEL);
  return found?.release == null ? `the lab's kernel ${KERNEL} is not installed` : null;
}
