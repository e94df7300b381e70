import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode, UnavailableError } from '../../errors.js';
import {
  chooseDoor,
  type DeviceTrial,
  klogctlAnswers,
  syslogAnswers,
  tryDevice,
} from '../../klog/choose-door.js';
import { readFirstVisible } from '../../klog/kmsg-device.js';
import { loadLibc } from '../../klog/libc.js';
import { readLogSize } from '../../klog/log-size.js';
import type { CommandFinding } from '../../model/host-report.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings, wordsOf } from './finding.js';

/** The ways to the kernel log, none of which takes a record from anybody; and what reads it by them. */
export function checkKernelLog(host: CheckedHost): CheckResult {
  const found = new Findings('kernel log');
  const device = tryDevice(host.devKmsg);
  tellDevice(found, host.devKmsg, device);
  const syscall = checkSyscall(found);
  checkRestriction(found, host.proc, device.works || syscall);
  checkMarker(found, host.devKmsg);
  return { findings: found.list, commands: readersOf(device) };
}

function tellDevice(found: Findings, path: string, device: DeviceTrial): void {
  if (device.works) {
    const what = device.oldest === null ? 'overrun' : `the oldest record has number ${device.oldest}`;
    found.ok(path, `it can be read; ${what}`);
    return;
  }
  const { fault } = device;
  const code = fault instanceof UnavailableError ? null : systemCode(fault);
  found.no(path, code === null ? fault.message : `it cannot be read (${code})`, remedyOf(code));
}

function remedyOf(code: string | null): string {
  if (code === 'ENOENT') return 'mknod /dev/kmsg c 1 11; in a container: run kwho on the host';
  if (code === 'EACCES' || code === 'EPERM')
    return 'run kwho as root; where root is refused too: echo on > /proc/sys/kernel/printk_devkmsg';
  return 'run kwho on the host';
}

/** @param readable the log can be read in one way or another */
function checkRestriction(found: Findings, proc: string, readable: boolean): void {
  const read = (name: string) => {
    try {
      return readFileSync(join(proc, 'sys/kernel', name), 'latin1').trim();
    } catch {
      return null;
    }
  };
  const restrict = read('dmesg_restrict');
  const name = 'dmesg_restrict';
  if (restrict === null) found.unknown(name, 'kernel.dmesg_restrict cannot be read', null);
  else if (restrict === '0') found.ok(name, 'kernel.dmesg_restrict is 0: everybody may read the log');
  else if (readable)
    found.ok(name, `kernel.dmesg_restrict is ${restrict}: only CAP_SYSLOG may read the log, and we do`);
  else {
    found.no(
      name,
      `kernel.dmesg_restrict is ${restrict}: only CAP_SYSLOG may read the log`,
      'run kwho as root (sysctl kernel.dmesg_restrict=0 opens the log to everybody)',
    );
  }
  const writes = read('printk_devkmsg');
  if (writes === 'off') {
    found.no(
      'printk_devkmsg',
      'kernel.printk_devkmsg is off: /dev/kmsg cannot be opened, and what is written to it is lost',
      'echo on > /proc/sys/kernel/printk_devkmsg (after printk.devkmsg=off on the command line: at the next boot)',
    );
  } else if (writes !== null) found.ok('printk_devkmsg', `kernel.printk_devkmsg is ${writes}`);
}

/** klogctl(3) SIZE_BUFFER changes nothing and takes nothing. */
function checkSyscall(found: Findings): boolean {
  const libc = loadLibc();
  const install = 'npm rebuild ffi-napi (wants a C compiler); perl or python3 serve in its place';
  if (typeof libc === 'string') {
    found.no('ffi-napi', libc, install);
    found.unknown('klogctl', 'not tried without ffi-napi', 'see ffi-napi');
    return false;
  }
  found.ok('ffi-napi', 'loaded');
  const size = readLogSize();
  if (size !== null) found.ok('klogctl', `syslog(2) answers: the ring has ${size} bytes`);
  else
    found.no(
      'klogctl',
      'syslog(2) is refused (dmesg_restrict, or seccomp in a container)',
      'run kwho as root, on the host',
    );
  return size !== null;
}

function checkMarker(found: Findings, path: string): void {
  const name = 'clear marker';
  try {
    readFirstVisible(path);
    found.ok(name, 'what a clear has hidden can be told (lseek SEEK_DATA)');
  } catch (error) {
    const { text, hint } = wordsOf(error);
    if (systemCode(error) === null) found.no(name, text, hint ?? 'install perl');
    else found.unknown(name, `${path} cannot be opened (${systemCode(error)})`, `see ${path}`);
  }
}

/** Both ask as the commands do; `kwho why` asks syslog(2) for the sizes besides, and says what is closed to it. */
function readersOf(device: DeviceTrial): CommandFinding[] {
  const kmsg = chooseDoor(device, klogctlAnswers);
  const sizes = syslogAnswers();
  const why = chooseDoor(device, () => sizes);
  const closed = 'neither /dev/kmsg nor syslog(2) gives us the log';
  const remedy = 'see /dev/kmsg and klogctl';
  return [
    {
      command: 'kmsg',
      verdict: kmsg === null ? 'no' : 'ok',
      backends: kmsg === null ? [] : [kmsg],
      blindSpots: kmsg === 'syslog' ? [WITHOUT_DEVICE] : [],
      why: kmsg === null ? closed : null,
      remedy: kmsg === null ? remedy : null,
    },
    {
      command: 'why',
      verdict: 'ok',
      backends: [...new Set([...(why === null ? [] : [why]), ...(sizes ? ['syslog'] : []), '/proc'])],
      blindSpots: why === null ? [closed] : why === 'syslog' ? [WITHOUT_DEVICE] : [],
      why: null,
      remedy: why === null ? remedy : null,
    },
  ];
}

const WITHOUT_DEVICE = 'sequence numbers, lost records and what a clear hides: only /dev/kmsg has them';
