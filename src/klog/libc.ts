import { createRequire } from 'node:module';

/** The calls of the C library that Node does not offer. */
export interface Libc {
  /** klogctl(3), the library's name for syslog(2); -1 on failure. */
  klogctl(action: number, buffer: Buffer | null, length: number): number;
  /** lseek(2): the new offset, -1 on failure. */
  lseek(fd: number, offset: number, whence: number): number;
  /** socket(2): a descriptor, -1 on failure. */
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, option: number, value: Buffer, length: number): number;
  /** @param length an int: the room in `value`, and then how much of it was used */
  getsockopt(fd: number, level: number, option: number, value: Buffer, length: Buffer): number;
  /** errno of the last call. */
  errno(): number;
}

/**
 * Loads `ffi-napi`, which is optional: it has a native part that wants a compiler at installation.
 * @returns the calls, or in words why they cannot be had
 */
export function loadLibc(): Libc | string {
  try {
    const ffi = createRequire(import.meta.url)('ffi-napi') as FfiModule;
    const calls = ffi.Library(null, {
      klogctl: ['int', ['int', 'pointer', 'int']],
      lseek: ['int64', ['int', 'int64', 'int']],
      socket: ['int', ['int', 'int', 'int']],
      setsockopt: ['int', ['int', 'int', 'int', 'pointer', 'int']],
      getsockopt: ['int', ['int', 'int', 'int', 'pointer', 'pointer']],
    }) as Omit<Libc, 'errno'>;
    return { ...calls, errno: () => ffi.errno() };
  } catch (error) {
    return `ffi-napi is not usable here (${error instanceof Error ? error.message.split('\n')[0] : error})`;
  }
}

interface FfiModule {
  Library(name: null, functions: Record<string, [string, string[]]>): unknown;
  errno(): number;
}
