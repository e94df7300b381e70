import { closeSync, constants, openSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LogRights } from '../../decode/log-facts.js';
import type { ByteString } from '../../decode/trace-record.js';
import { systemCode } from '../../errors.js';
import { containerOf } from '../cgroup-identity.js';
import { exists, type LogWorld, readText } from './log-world.js';

/**
 * What we may do with the kernel log, tried out where trying changes nothing.
 * @param syslog errno's name of a harmless syslog(2); null where it answered
 */
export function readLogRights(world: LogWorld, uid: number, syslog: string | null): LogRights {
  const status = readText(world, '/proc/self/status') ?? '';
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const seccomp = /^Seccomp:\s*(\d)$/m.exec(status)?.[1];
  return {
    uid,
    capSyslog: effective === undefined ? null : (BigInt(`0x${effective}`) & SYSLOG_OR_ADMIN) !== 0n,
    seccomp: seccomp === undefined ? null : Number(seccomp),
    container: containerAround(world),
    device: deviceAt(join(world.root, '/dev/kmsg')),
    open: tryOpen(join(world.root, '/dev/kmsg')),
    syslog,
  };
}

/** CAP_SYSLOG is 34, CAP_SYS_ADMIN, which the kernel takes for it too, 21 (include/uapi/linux/capability.h). */
const SYSLOG_OR_ADMIN = (1n << 34n) | (1n << 21n);

function deviceAt(path: string): LogRights['device'] {
  try {
    const file = statSync(path);
    // Character device 1:11 (Documentation/admin-guide/devices.txt).
    return file.isCharacterDevice() && file.rdev === ((1 << 8) | 11) ? 'device' : 'no-device';
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? 'missing' : 'unknown';
  }
}

function tryOpen(path: string): string | null {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    return null;
  } catch (error) {
    return systemCode(error);
  }
}

/**
 * A container, by its control group's name or by a pid namespace of its own; null outside. The files that runtimes leave
 * behind only name it: an image may have been unpacked onto a whole machine.
 */
function containerAround(world: LogWorld): ByteString | null {
  const cgroup = readText(world, '/proc/self/cgroup') ?? '';
  const paths = cgroup.split('\n').map((line) => line.split(':').slice(2).join(':'));
  const named = paths.map(containerOf).find((name) => name !== null);
  if (named !== undefined) return named;
  const namespace = linkOf(join(world.root, '/proc/self/ns/pid'));
  if (namespace === null || namespace === INITIAL_PID_NAMESPACE) return null;
  if (exists(world, '/run/.containerenv')) return 'podman';
  if (exists(world, '/.dockerenv')) return 'docker';
  return readText(world, '/run/systemd/container')?.trim() || `a pid namespace of its own, ${namespace}`;
}

/** PROC_PID_INIT_INO (include/linux/proc_ns.h). */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
