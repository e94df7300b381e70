import { getSystemErrorName } from 'node:util';
import { KwhoError, PermissionError, UnavailableError } from '../errors.js';
import { loadLibc } from './libc.js';

/** The actions of syslog(2), by the names of include/linux/syslog.h without SYSLOG_ACTION_. */
export const ACTIONS = {
  CLOSE: 0,
  OPEN: 1,
  READ: 2,
  READ_ALL: 3,
  READ_CLEAR: 4,
  CLEAR: 5,
  CONSOLE_OFF: 6,
  CONSOLE_ON: 7,
  CONSOLE_LEVEL: 8,
  SIZE_UNREAD: 9,
  SIZE_BUFFER: 10,
} as const;

export type SyslogAction = keyof typeof ACTIONS;

/** syslog(2), or klogctl(3) as the C library calls it. */
export type Klogctl = (action: SyslogAction, buffer?: Buffer | null, length?: number) => number;

/**
 * @returns the call; it throws PermissionError where the kernel refuses (kernel/printk/printk.c
 * check_syslog_permissions()) and KwhoError for every other failure
 * @throws UnavailableError without ffi-napi
 */
export function openKlogctl(): Klogctl {
  const libc = loadLibc();
  if (typeof libc === 'string') {
    throw new UnavailableError(`syslog(2) cannot be called: ${libc}`, {
      code: 'no-ffi',
      hint: 'install a C compiler and run npm rebuild ffi-napi; --source kmsg and --source proc do without',
    });
  }
  return (action, buffer = null, length = buffer?.length ?? 0) => {
    const result = libc.klogctl(ACTIONS[action], buffer, length);
    if (result >= 0) return result;
    const error = getSystemErrorName(-libc.errno());
    if (error !== 'EPERM' && error !== 'EACCES')
      throw new KwhoError(`syslog(2) ${action} failed with ${error}`, { code: 'syslog-failed' });
    throw new PermissionError(`syslog(2) ${action} is refused (${error})`, {
      code: 'syslog-permission',
      hint: 'run kwho as root, or with CAP_SYSLOG (setcap cap_syslog+ep); /proc/sys/kernel/dmesg_restrict says who may read',
    });
  };
}
