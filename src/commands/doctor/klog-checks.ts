import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../errors.js';
import { KmsgDevice, readFirstVisible } from '../../klog/kmsg-device.js';
import { loadLibc } from '../../klog/libc.js';
import { readLogSize } from '../../klog/log-size.js';
import type { CommandFinding } from '../../model/host-report.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings, wordsOf } from './finding.js';

/** The ways to the kernel log, none of which takes a record from anybody; and what reads it by them. */
export function checkKernelLog(host: CheckedHost): CheckResult {
  const found = new Findings('kernel log');
  const device = checkDevice(found, host.devKmsg);
  const syscall = checkSyscall(found);
  checkRestriction(found, host.proc, device || syscall);
  checkMarker(found, host.devKmsg);
  return { findings: found.list, commands: readersOf(device, syscall) };
}

function checkDevice(found: Findings, path: string): boolean {
  try {
    const device = new KmsgDevice(path);
    try {
      const read = device.read();
      const what = read.kind === 'record' ? `the oldest record has number ${read.record.seq}` : read.kind;
      if (read.kind === 'malformed' || read.kind === 'end') {
        found.no(
          path,
          `it opens and gives no record (${what}), as a stand-in in a container does`,
          'run kwho on the host',
        );
        return false;
      }
      found.ok(path, `it can be read; ${what}`);
      return true;
    } finally {
      device.close();
    }
  } catch (error) {
    found.no(path, `it cannot be read (${systemCode(error) ?? String(error)})`, remedyOf(systemCode(error)));
    return false;
  }
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

/** `kwho kmsg` takes the first that there is; `kwho why` looks through all, and says what is closed to it. */
function readersOf(device: boolean, syscall: boolean): CommandFinding[] {
  const backends = [...(device ? ['/dev/kmsg'] : []), ...(syscall ? ['syslog'] : [])];
  const blind = device ? [] : ['sequence numbers and lost records: only /dev/kmsg has them'];
  const none = backends.length === 0;
  const closed = 'neither /dev/kmsg nor syslog(2) gives us the log';
  const remedy = none ? 'see /dev/kmsg and klogctl' : null;
  return [
    {
      command: 'kmsg',
      verdict: none ? 'no' : 'ok',
      backends: backends.slice(0, 1),
      blindSpots: none ? [] : blind,
      why: none ? closed : null,
      remedy,
    },
    {
      command: 'why',
      verdict: 'ok',
      backends: [...backends, '/proc'],
      blindSpots: none ? [closed] : blind,
      why: null,
      remedy,
    },
  ];
}
