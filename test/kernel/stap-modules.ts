import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { STAP_LIMITS } from '../../src/stap/compile.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const LAB = join(ROOT, 'scripts/lab');

/** kwho's SystemTap modules for a kernel of the lab, and the Debian with the SystemTap that built them. */
export interface StapModules {
  /** Root of that Debian. */
  root: string;
  /** Folder of kwho_drops_counts.ko, kwho_drops_events.ko and kwho_log_calls.ko. */
  folder: string;
  /** Root of the Debian that the kernel is of, with its own SystemTap; null where that is the same or not installed. */
  own: string | null;
}

/** By name: what kwho probe is asked for. */
const MODULES = {
  kwho_drops_counts: ['drops', '--interval', '250ms'],
  kwho_drops_events: ['drops', '--events', '--stack', '24'],
  kwho_log_calls: ['log'],
} as const;

/**
 * Builds what has changed since the last time; for the first time that takes ten minutes a kernel.
 * @returns why there are none, in words, where the lab has no SystemTap for this kernel
 */
export async function buildStapModules(kernel: string, release: string): Promise<StapModules | string> {
  const { stdout, exitCode } = await execa(LAB, ['stap-root', kernel], { reject: false });
  if (exitCode !== 0) return `the lab has no SystemTap for ${kernel}: scripts/lab install-stap ${kernel}`;
  const [root = '', folder = ''] = stdout.split('\n');
  mkdirSync(folder, { recursive: true });
  const tools = mkdtempSync(join(tmpdir(), 'kwho-stap-tools-'));
  try {
    writeFileSync(join(tools, 'stap'), `#!/bin/sh\nexec '${LAB}' stap ${kernel} "$@"\n`);
    chmodSync(join(tools, 'stap'), 0o755);
    const env = { PATH: `${tools}:${process.env.PATH}` };
    for (const [name, args] of Object.entries(MODULES)) await build(join(folder, name), args, release, env);
    return { root, folder, own: await findOwn(kernel, release, root, tools) };
  } catch (error) {
    return `the modules for ${kernel} could not be built: ${(error as Error).message.slice(-2000)}`;
  } finally {
    rmSync(tools, { recursive: true });
  }
}

/** Has that SystemTap read the kernel's headers, which it keeps in mind: a guest would take an hour for it. */
async function findOwn(kernel: string, release: string, newest: string, cwd: string): Promise<string | null> {
  const { stdout, exitCode } = await execa(LAB, ['stap-root', '--own', kernel], { reject: false });
  const [own = newest] = stdout.split('\n');
  if (exitCode !== 0 || own === newest) return null;
  for (const script of ['drops', 'log']) {
    const { stdout: input } = await execa(process.execPath, [join(ROOT, 'dist/cli.js'), 'probe', script]);
    const args = ['-p4', '-r', release, '-m', `kwho_${script}`, ...STAP_LIMITS, '-'];
    await execa(LAB, ['stap', '--own', kernel, ...args], { input, cwd, reject: false });
  }
  return own;
}

/** What a module was built of stands beside it. */
async function build(
  path: string,
  args: readonly string[],
  release: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const kwho = [join(ROOT, 'dist/cli.js'), 'probe', ...args];
  const { stdout } = await execa(process.execPath, kwho);
  const script = `${stdout}\n# ${STAP_LIMITS.join(' ')}\n`;
  if (existsSync(`${path}.ko`) && existsSync(`${path}.stp`) && readFileSync(`${path}.stp`, 'utf8') === script)
    return;
  process.stderr.write(`SystemTap: building ${path}.ko\n`);
  rmSync(`${path}.stp`, { force: true });
  await execa(process.execPath, [...kwho, '--compile', '--release', release, '--output', `${path}.ko`], {
    env,
  });
  writeFileSync(`${path}.stp`, script);
}
