import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the host has built modules for this guest, and the Debian whose SystemTap did; null where it has none. */
const { KWHO_STAP_ROOT: root, KWHO_STAP_MODULES: modules } = process.env;
export const hasStap = root !== undefined && modules !== undefined;

/** Seen at the same place inside that Debian and outside. */
const HERE = '/run/kwho-stap';

/** One of kwho's modules: `kwho_drops_counts`. */
export function modulePath(name: string): string {
  return join(HERE, `${name}.ko`);
}

/** Puts the staprun and the stap of that Debian on the path: shells that step into it. */
export function enterStapLab(): void {
  if (root === undefined || modules === undefined) throw new Error('the host has built no SystemTap modules');
  mkdirSync(join(HERE, 'bin'), { recursive: true });
  for (const file of readdirSync(modules)) cpSync(join(modules, file), join(HERE, file));
  for (const folder of ['proc', 'sys', 'dev', 'run', 'tmp'])
    spawnSync('mount', ['--rbind', `/${folder}`, join(root, folder)], { stdio: 'inherit' });
  for (const program of ['staprun', 'stap']) {
    const path = join(HERE, 'bin', program);
    const enter = `cd "$PWD" 2>/dev/null; exec /usr/bin/${program} "$@"`;
    writeFileSync(
      path,
      `#!/bin/sh\nexport PWD\nexec chroot '${root}' /bin/sh -c '${enter}' ${program} "$@"\n`,
    );
    chmodSync(path, 0o755);
  }
  process.env.PATH = `${HERE}/bin:${process.env.PATH}`;
}

/** kwho's modules in the kernel, and processes of SystemTap or of a compiler. */
export function stapLeftovers(): { modules: string[]; processes: string[] } {
  const modules = readFileSync('/proc/modules', 'latin1')
    .split('\n')
    .flatMap((line) => (/^(kwho|stap)_/.test(line) ? [line.split(' ')[0]!] : []));
  const processes = readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      const isZombie = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'Z';
      return !isZombie && /^(stap|staprun|stapio|make|cc1|gcc.*)$/.test(name) ? [`${name}[${pid}]`] : [];
    } catch {
      return [];
    }
  });
  return { modules, processes };
}

export const NO_STAP = { modules: [], processes: [] };
