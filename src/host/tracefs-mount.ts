import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PermissionError, systemCode, UnavailableError } from '../errors.js';

/**
 * Where tracefs is mounted, after a look at whether this user may use it.
 * @param proc root of the proc file system, `/proc`
 * @throws UnavailableError where there is none or the kernel has locked it; PermissionError where it is closed to us
 */
export function locateTracefs(proc: string): string {
  const path = mountPoint(proc);
  if (path === null) throw missing(proc);
  checkAccess(path);
  return path;
}

/** The first tracefs mount, else the one that debugfs carries inside itself (kernels before 4.1 know only that). */
function mountPoint(proc: string): string | null {
  const mounts = readFileSync(join(proc, 'mounts'), 'latin1')
    .split('\n')
    .map((line) => line.split(' '));
  const tracefs = mounts.find(([, , type]) => type === 'tracefs')?.[1];
  if (tracefs !== undefined) return unescapeMount(tracefs);
  for (const [, path, type] of mounts) {
    if (
      type === 'debugfs' &&
      path !== undefined &&
      isDirectory(join(unescapeMount(path), 'tracing/events'))
    ) {
      return join(unescapeMount(path), 'tracing');
    }
  }
  return null;
}

/** Blanks and backslashes in a mount point stand as three octal digits (proc_pid_mounts(5)). */
function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function missing(proc: string): Error {
  const known = readFileSync(join(proc, 'filesystems'), 'latin1').includes('\ttracefs\n');
  if (!known) {
    return new UnavailableError('this kernel has no tracefs: it was built without CONFIG_FTRACE', {
      code: 'tracefs-missing',
      hint: 'kwho needs a kernel with tracing built in; every general-purpose distribution kernel has it',
    });
  }
  return new UnavailableError('tracefs is not mounted', {
    code: 'tracefs-unmounted',
    hint: 'as root: mount -t tracefs nodev /sys/kernel/tracing   (in a container: on its host)',
  });
}

function checkAccess(path: string): void {
  try {
    accessSync(join(path, 'instances'), constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw accessError(path, error);
  }
}

function accessError(path: string, cause: unknown): Error {
  const code = systemCode(cause);
  if (code === 'EACCES' || code === 'EPERM') {
    const owner = ownerOf(path);
    return new PermissionError(
      `no access to ${path}${owner === null ? '' : `, which belongs to uid ${owner}`}`,
      {
        code: 'tracefs-permission',
        hint: `run kwho as root (sudo kwho …), or let root open tracefs to a group: mount -o remount,gid=GROUP,mode=770 ${path}`,
        cause,
      },
    );
  }
  if (code === 'EROFS') {
    return new PermissionError(`${path} is mounted read-only, as containers do`, {
      code: 'tracefs-read-only',
      hint: 'run kwho on the host, or give the container a writable tracefs',
      cause,
    });
  }
  const lockdown = lockdownMode();
  return new UnavailableError(`${join(path, 'instances')} cannot be used (${code ?? String(cause)})`, {
    code: lockdown === 'confidentiality' ? 'lockdown' : 'tracefs-instances',
    hint:
      lockdown === 'confidentiality'
        ? 'the kernel is locked down (lockdown=confidentiality), which switches tracing off until a boot without it'
        : 'kwho works only in a private tracing instance; this kernel offers none',
    cause,
  });
}

function ownerOf(path: string): number | null {
  try {
    return statSync(path).uid;
  } catch {
    return null;
  }
}

/** `none`, `integrity` or `confidentiality`; null where the kernel does not say (kernel_lockdown(7)). */
export function lockdownMode(file = '/sys/kernel/security/lockdown'): string | null {
  try {
    return /\[(\w+)\]/.exec(readFileSync(file, 'latin1'))?.[1] ?? null;
  } catch {
    return null;
  }
}
