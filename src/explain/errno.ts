import { constants } from 'node:os';

/** Name of an error number as a system call's negative result carries it; unknown ones as their number. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? String(errno);
}

const NAMES = new Map<number, string>([
  ...Object.entries(constants.errno).map(([name, number]): [number, string] => [number, name]),
  // One number with two names: the man pages use these.
  [11, 'EAGAIN'],
  [95, 'EOPNOTSUPP'],
  // Results inside the kernel that a signal handler turns into EINTR or a restart (include/linux/errno.h).
  [512, 'ERESTARTSYS'],
  [513, 'ERESTARTNOINTR'],
  [514, 'ERESTARTNOHAND'],
  [516, 'ERESTART_RESTARTBLOCK'],
]);
