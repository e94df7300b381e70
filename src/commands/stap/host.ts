import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockdownMode } from '../../host/tracefs-mount.js';
import { notPermitted, onlySigned } from '../../stap/failure.js';

/**
 * What would end a run after a minute of compiling is said before it: no right to run staprun, and a kernel that loads
 * signed modules only.
 */
export function checkStapHost(): void {
  if (!mayRun()) throw notPermitted('staprun');
  checkSignatures('/sys');
}

/** @param sys root of sysfs @throws UnavailableError where this kernel loads signed modules only */
export function checkSignatures(sys: string): void {
  const mode = lockdownMode(join(sys, 'kernel/security/lockdown'));
  if (mode !== null && mode !== 'none') throw onlySigned(`lockdown=${mode}`);
  if (readOr(join(sys, 'module/module/parameters/sig_enforce')) === 'Y')
    throw onlySigned('module.sig_enforce=1');
}

/** Root, or a member of stapusr who may also load what stap has built (stapdev); staprun(8). */
function mayRun(): boolean {
  if (process.geteuid?.() === 0) return true;
  const groups = new Set(process.getgroups?.() ?? []);
  const isIn = (name: string) => {
    const line = readOr('/etc/group')
      .split('\n')
      .find((text) => text.startsWith(`${name}:`));
    return line !== undefined && groups.has(Number(line.split(':')[2]));
  };
  return isIn('stapusr') && isIn('stapdev');
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}
