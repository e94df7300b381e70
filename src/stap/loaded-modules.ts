import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors.js';

/** A module of `kwho probe --compile -o kwho_NAME.ko` that is in the kernel. */
export interface LoadedModule {
  name: string;
  /** A staprun or stapio runs it, or something else holds it. */
  running: boolean;
}

/** The modules in /proc/modules (proc_modules(5)) that have kwho's name. */
export function findLoadedModules(proc: string): LoadedModule[] {
  const lines = readModules(proc).split('\n');
  const found = lines.map((line) => line.split(' ')).filter(([name]) => /^kwho(?:_\w+)?$/.test(name ?? ''));
  if (found.length === 0) return [];
  const runners = commandLines(proc).filter(([program]) => /(?:^|\/)(?:staprun|stapio)$/.test(program ?? ''));
  return found.map(([name = '', , holders]) => ({
    name,
    running: holders !== '0' || runners.some((words) => words.some((word) => isModuleFile(word, name))),
  }));
}

/** A kernel without modules has no such file. */
function readModules(proc: string): string {
  try {
    return readFileSync(join(proc, 'modules'), 'latin1');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}

/** `/tmp/kwho_log.ko`, or the bare name that `staprun -A` takes. */
function isModuleFile(word: string, name: string): boolean {
  return word === name || word === `${name}.ko` || word.endsWith(`/${name}.ko`);
}

function commandLines(proc: string): string[][] {
  const pids = readdirSync(proc).filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      return [readFileSync(join(proc, pid, 'cmdline'), 'latin1').split('\0')];
    } catch {
      return [];
    }
  });
}
