/**
 * The ways into the kernel log: which kernel functions are its doors and what a call of each one means.
 * Sources: kernel/printk/printk.c (do_syslog, devkmsg_*), fs/proc/kmsg.c (kmsg_*), syslog(2).
 */
export type DoorName = 'syslog' | '/proc/kmsg' | '/dev/kmsg' | 'kernel';

/** What is called: the system call itself, a file operation, or the common inner function. */
export type DoorCall = 'syslog' | 'open' | 'read' | 'write' | 'seek' | 'close' | 'inner';

export interface LogDoor {
  /** The kernel function, as `available_filter_functions` spells it. */
  symbol: string;
  door: DoorName;
  call: DoorCall;
}

/** What the records of one running instance mean to the ledger: which hook fired, and at which end of the call. */
export interface LogHooks {
  /** By traced function. */
  functions: ReadonlyMap<string, LogDoor>;
  /** By event name: fires when the call begins, with its arguments. */
  entries: ReadonlyMap<string, LogDoor>;
  /** By event name: fires when the call ends, with `ret`. */
  returns: ReadonlyMap<string, LogDoor>;
}

/** Finds the doors among the functions a kernel has; null for a function that is none. */
export function logDoorOf(symbol: string): LogDoor | null {
  const name = bare(symbol);
  const file = FILE_OPERATIONS.get(name);
  if (file !== undefined) return { symbol, ...file };
  if (isInnerName(symbol)) return { symbol, door: 'kernel', call: 'inner' };
  if (isSyscallName(name)) return { symbol, door: 'syslog', call: 'syslog' };
  return null;
}

const FILE_OPERATIONS = new Map<string, { door: DoorName; call: DoorCall }>([
  ['kmsg_open', { door: '/proc/kmsg', call: 'open' }],
  ['kmsg_read', { door: '/proc/kmsg', call: 'read' }],
  ['kmsg_release', { door: '/proc/kmsg', call: 'close' }],
  ['devkmsg_open', { door: '/dev/kmsg', call: 'open' }],
  ['devkmsg_read', { door: '/dev/kmsg', call: 'read' }],
  ['devkmsg_write', { door: '/dev/kmsg', call: 'write' }],
  ['devkmsg_llseek', { door: '/dev/kmsg', call: 'seek' }],
]);

/** Link-time optimisation renames static functions: `kmsg_read.llvm.123`. */
function bare(symbol: string): string {
  return symbol.replace(/\.llvm\.\d+$/, '');
}

/** `do_syslog` and what compilers split off it (`do_syslog.part.0`); `.cold` halves are no entries. */
function isInnerName(symbol: string): boolean {
  return /^do_syslog(\.(?!cold)[a-z]+(\.\d+)?)*$/.test(symbol);
}

/**
 * `__x64_sys_syslog`, `__ia32_sys_syslog`, `__arm64_compat_sys_syslog`, `SyS_syslog`, `sys_syslog`. The wrappers
 * `__se_sys_` and `__do_sys_` stand inside one of these and would count a call twice.
 */
function isSyscallName(name: string): boolean {
  return /^(__(?!se_|do_)[a-z0-9]+_(compat_)?sys|SyS|sys|compat_sys|compat_SyS)_syslog$/.test(name);
}
