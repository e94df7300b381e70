import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetWorld } from './net-world.js';

/**
 * Whether asking about a part of the network (`nf_tables`, `udp_diag`) leaves the kernel as it is: a question about one
 * that is not loaded would load it, and it would stay. A part that is not loaded has nothing to tell either.
 */
export function isPresent(world: NetWorld, module: string): boolean {
  if (existsSync(join(world.sys, 'module', module))) return true;
  const builtin = read(join(world.modules, release(world), 'modules.builtin'));
  // Without the list there are no modules to load.
  return builtin === null || builtin.includes(`/${module}.ko\n`);
}

function release(world: NetWorld): string {
  return read(join(world.proc, 'sys/kernel/osrelease'))?.trim() ?? '';
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
