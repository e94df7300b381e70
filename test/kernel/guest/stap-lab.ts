import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where the host has built modules for this guest, and the Debian whose SystemTap did; null where it has none. */
const { KWHO_STAP_ROOT: root, KWHO_STAP_MODULES: modules } = process.env;
export const hasStap = root !== undefined && modules !== undefined;

/** A Debian with the SystemTap of this kernel's own release; undefined where the host has none. */
export const ownStapRoot = process.env.KWHO_STAP_OWN_ROOT;

/** Seen at the same place inside that Debian and outside. */
const HERE = '/run/kwho-stap';

/** One of kwho's modules: `kwho_drops_counts`. */
export function modulePath(name: string): string {
  return join(HERE, `${name}.ko`);
}

/** Puts the staprun and the stap of that Debian on the path. */
export function enterStapLab(): void {
  if (root === undefined || modules === undefined) throw new Error('the host has built no SystemTap modules');
  mkdirSync(HERE, { recursive: true });
  for (const file of readdirSync(modules)) cpSync(join(modules, file), join(HERE, file));
  process.env.PATH = `${stapPrograms(root)}:${process.env.PATH}`;
}

/** Makes a folder with the programs of another Debian's SystemTap: shells that step into it. Returns the folder. */
export function stapPrograms(debian: string): string {
  const folder = join(HERE, `bin-${debian.replaceAll('/', '-')}`);
  mkdirSync(folder, { recursive: true });
  for (const shared of ['/proc', '/sys', '/dev', '/run', '/tmp', CACHE]) {
    for (const path of [shared, join(debian, shared)]) mkdirSync(path, { recursive: true });
    call('mount', '--rbind', shared, join(debian, shared));
  }
  for (const program of ['staprun', 'stap']) {
    const path = join(folder, program);
    // As scripts/lab stap has it.
    const more = program === 'stap' && release().startsWith('5.10') ? '-D STAPCONF_PR33574_PNO_TYPE' : '';
    const enter = `cd "$0" 2>/dev/null; exec /usr/bin/${program} ${more} "$@"`;
    writeFileSync(path, `#!/bin/sh\nexec chroot '${debian}' /bin/sh -c '${enter}' "$PWD" "$@"\n`);
    chmodSync(path, 0o755);
  }
  return folder;
}

/** Where root's kwho keeps the modules that it has built. */
export const CACHE = '/var/cache/kwho';

/** Has the headers of this kernel at the usual place, as if they were installed. Returns what takes them away. */
export function showHeaders(debian: string): () => void {
  const folder = `/lib/modules/${release()}`;
  const layers = `lowerdir=${debian}/usr${folder}:${folder}`;
  call('mount', '-t', 'overlay', '-o', layers, 'headers', folder);
  call('mount', '--bind', join(debian, 'usr/src'), '/usr/src');
  return () => {
    for (const path of ['/usr/src', folder]) call('umount', path);
  };
}

function call(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
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

/** Waits until whatever had to end has ended; in vain for half a minute at most. */
export async function settled(): Promise<void> {
  for (let waited = 0; waited < 30_000; waited += 200) {
    const { modules, processes } = stapLeftovers();
    if (modules.length + processes.length === 0) return;
    await sleep(200);
  }
}
