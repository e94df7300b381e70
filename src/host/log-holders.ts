import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors.js';
import { listProcesses } from './process-facts.js';

/** A process that has the kernel log open. */
export interface LogHolder {
  pid: number;
  door: '/dev/kmsg' | '/proc/kmsg';
  /** As open(2) was asked for it. */
  mode: 'read' | 'write' | 'read-write';
}

/**
 * Who has /dev/kmsg or /proc/kmsg open now, from /proc/PID/fd: one answer a process, so that the caller can stop in
 * between. null stands for a process whose open files could not be looked at.
 */
export function* findLogHolders(proc: string): Generator<LogHolder[] | null> {
  for (const pid of listProcesses(proc)) {
    const open = openDoors(join(proc, String(pid)));
    yield open === null ? null : open.map(([door, mode]) => ({ pid, door, mode }));
  }
}

/** One entry a door and mode; null for a process that does not let us look. */
function openDoors(process: string): [LogHolder['door'], LogHolder['mode']][] | null {
  let fds: string[];
  try {
    fds = readdirSync(join(process, 'fd'));
  } catch (error) {
    return GONE.has(systemCode(error) ?? '') ? [] : null;
  }
  const found = new Map<string, [LogHolder['door'], LogHolder['mode']]>();
  for (const fd of fds) {
    const door = doorOf(join(process, 'fd', fd));
    if (door === null) continue;
    const mode = modeOf(join(process, 'fdinfo', fd));
    found.set(`${door} ${mode}`, [door, mode]);
  }
  return [...found.values()];
}

const GONE = new Set(['ENOENT', 'ESRCH']);

/** A file of another mount namespace reads with its own path in front, one that was removed with a word behind. */
function doorOf(link: string): LogHolder['door'] | null {
  let target: string;
  try {
    target = readlinkSync(link).replace(/ \(deleted\)$/, '');
  } catch {
    return null;
  }
  if (target.endsWith('/dev/kmsg')) return isKmsgDevice(link) ? '/dev/kmsg' : null;
  return target.endsWith('/proc/kmsg') ? '/proc/kmsg' : null;
}

/** Character device 1:11 (Documentation/admin-guide/devices.txt); what cannot be looked at goes by its name. */
function isKmsgDevice(link: string): boolean {
  try {
    const file = statSync(link);
    return file.isCharacterDevice() && file.rdev === ((1 << 8) | 11);
  } catch {
    return true;
  }
}

/** `flags:` is octal; its last digit has O_RDONLY, O_WRONLY or O_RDWR (proc_pid_fdinfo(5)). */
function modeOf(fdinfo: string): LogHolder['mode'] {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(fdinfo, 'latin1'))?.[1] ?? '0';
    return (['read', 'write', 'read-write', 'read-write'] as const)[Number.parseInt(flags, 8) & 3] ?? 'read';
  } catch {
    return 'read';
  }
}
