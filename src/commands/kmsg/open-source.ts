import { KwhoError, PermissionError, systemCode, UnavailableError } from '../../errors.js';
import { chooseDoor, klogctlAnswers, tryDevice } from '../../klog/choose-door.js';
import { openKlogctl } from '../../klog/klogctl.js';
import { KmsgSource } from '../../klog/kmsg-source.js';
import type { LogSource } from '../../klog/log-source.js';
import { SyslogReadSource, SyslogSource } from '../../klog/syslog-source.js';
import { TextSource } from '../../klog/text-source.js';
import type { KmsgOptions } from './options.js';

/**
 * Opens the door that was asked for.
 * @param warn is told where another one had to be taken
 * @throws KwhoError that says what stands in the way
 */
export function openSource(options: KmsgOptions, warn: (text: string) => void): LogSource {
  const { door, file } = options;
  if (file !== null) return attempt(file.path, () => new TextSource(file.path, file.format));
  if (door === 'proc') return attempt('/proc/kmsg', () => new TextSource('/proc/kmsg', 'syslog'));
  if (door === 'syslog') return openSyslog(options);
  const device = tryDevice();
  if (device.works) {
    const start = options.onlyNew ? 'new' : options.all ? 'oldest' : 'visible';
    return attempt('/dev/kmsg', () => new KmsgSource(start));
  }
  // Where syslog(2) is no way out either, what is wrong with /dev/kmsg is what matters.
  const fault = faultOf('/dev/kmsg', device.fault);
  const noOther = door === 'kmsg' || options.follow || options.all;
  if (noOther || chooseDoor(device, klogctlAnswers) === null) throw fault;
  const source = openSyslog(options);
  warn(`${fault.message}: read through syslog(2), which has neither sequence numbers nor fields`);
  return source;
}

function openSyslog({ follow, readClear, bufferSize }: KmsgOptions): LogSource {
  const call = openKlogctl();
  if (follow) return new SyslogReadSource(call);
  return new SyslogSource(call, readClear ? 'READ_CLEAR' : 'READ_ALL', bufferSize);
}

function attempt<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw faultOf(path, cause);
  }
}

/** What stands in the way of this file, in words; what is no system call's error stays as it is. */
function faultOf(path: string, cause: unknown): Error {
  const code = systemCode(cause);
  if (cause instanceof KwhoError || code === null) return cause as Error;
  const words = { hint: HINTS.get(path), cause };
  if (code === 'EACCES' || code === 'EPERM')
    return new PermissionError(`${path} cannot be read (${code})`, { code: 'log-permission', ...words });
  if (path === '/dev/kmsg' || path === '/proc/kmsg')
    return new UnavailableError(`${path} cannot be opened (${code})`, { code: 'no-log-device', ...words });
  return new KwhoError(`${path} cannot be opened (${code})`, { code: 'no-log-file', cause });
}

const HINTS = new Map([
  [
    '/dev/kmsg',
    'run kwho as root; where root is refused too, look at /proc/sys/kernel/printk_devkmsg (off refuses readers); --source syslog needs no device',
  ],
  ['/proc/kmsg', 'run kwho as root, or with CAP_SYSLOG'],
]);
