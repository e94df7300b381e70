import { join } from 'node:path';
import type { DaemonMark } from '../../decode/log-facts.js';
import { listProcesses, readProcess } from '../process-facts.js';
import { type LogWorld, readText } from './log-world.js';

/** The daemons that take messages from the kernel log, by the name they are called by. */
export type DaemonName = 'systemd-journald' | 'rsyslogd' | 'syslog-ng' | 'klogd' | 'syslogd';

/** The oldest process of each name that runs. */
export function findDaemons(world: LogWorld): Map<DaemonName, DaemonMark> {
  const proc = join(world.root, '/proc');
  const found = new Map<DaemonName, DaemonMark>();
  for (const pid of listProcesses(proc)) {
    const facts = readProcess(proc, pid);
    if (facts === null || facts.cmdline === null) continue;
    const name = nameOf(facts.comm, facts.cmdline);
    const before = name === null ? undefined : found.get(name);
    if (name === null || (before !== undefined && before.started <= facts.startTicks / TICKS)) continue;
    // `busybox klogd -n`: what follows the name are its arguments.
    const args = facts.cmdline.slice(isMultiCall(facts.cmdline) ? 1 : 0);
    const state = readText(world, `/proc/${pid}/stat`)?.replace(/^.*\) /s, '')[0];
    found.set(name, {
      pid,
      cmdline: args,
      started: facts.startTicks / TICKS,
      halted: state === 'T' || state === 't',
    });
  }
  return found;
}

/** USER_HZ, which no kernel that runs Node has other than 100. */
const TICKS = 100;

function nameOf(comm: string, cmdline: readonly string[]): DaemonName | null {
  const called = baseName(cmdline[isMultiCall(cmdline) ? 1 : 0] ?? '');
  // A title may be written over the arguments; a name of the kernel has 15 bytes at most.
  const name = NAMES.find((known) => known === called) ?? NAMES.find((known) => known.slice(0, 15) === comm);
  return name ?? null;
}

const NAMES: readonly DaemonName[] = ['systemd-journald', 'rsyslogd', 'syslog-ng', 'klogd', 'syslogd'];

function isMultiCall(cmdline: readonly string[]): boolean {
  return baseName(cmdline[0] ?? '').startsWith('busybox') && cmdline.length > 1;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
