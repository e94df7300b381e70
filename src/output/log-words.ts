import type { LogAccessEvent, ProcessIdentity } from '../model/events.js';
import { printable, shellWords } from './escape.js';

/** `dmesg[1376]`, with the thread where it is not the first one. */
export function whoWords({ comm, pid, tid }: LogAccessEvent): string {
  const name = comm === null ? '?' : printable(comm);
  if (pid === null) return `${name}[thread ${tid}]`;
  return pid === tid ? `${name}[${pid}]` : `${name}[${pid}, thread ${tid}]`;
}

/** What an access did, in a word: `clears`, `refused`, `waits`. */
export function effectWord({ effect, errno, door, action }: LogAccessEvent): string {
  if (errno === 'EPERM' || errno === 'EACCES') return 'refused';
  if (errno !== null && (effect === 'none' || effect === null))
    return errno === 'EPIPE' ? 'misses' : ROUTINE_ERRORS.has(errno) ? 'waits' : 'failed';
  if (effect === 'none') return door === 'syslog' || door === 'kernel' ? 'asks' : 'uses';
  if (effect === null) return action === 'CLEAR' || action === 'READ_CLEAR' ? 'clears?' : 'unknown';
  return effect;
}

/** What a reader of /dev/kmsg meets in the ordinary course: the end, records gone, a signal. */
export const ROUTINE_ERRORS: ReadonlySet<string> = new Set(['EAGAIN', 'EPIPE', 'EINTR', 'ERESTARTSYS']);

/** `syslog(2) READ_ALL of 16384 bytes = 4096` */
export function callWords({ door, action, length, result, errno }: LogAccessEvent): string {
  const name = printable(action ?? 'some action');
  const what =
    door === 'syslog' ? `syslog(2) ${name}` : door === 'kernel' ? `do_syslog() ${name}` : `${door} ${name}`;
  const asked =
    length === null || length === 0 ? '' : action === 'CONSOLE_LEVEL' ? ` ${length}` : ` of ${length} bytes`;
  if (errno !== null) return `${what}${asked} = ${printable(errno)}`;
  return `${what}${asked} ${result === null ? '(result not seen)' : `= ${result}`}`;
}

/** Whether a 32-bit program came in, by the name of the kernel's entry point. */
export function isCompatEntry(via: string | null): boolean {
  return via !== null && /ia32|compat/.test(via);
}

/** The words that a process was started with; null where nobody knows them. */
export function commandLine({ cmdline, cmdlineCut, exe }: ProcessIdentity): string | null {
  if (cmdline !== null && cmdline.length > 0)
    return `${argumentWords(cmdline)}${cmdlineCut === true ? ' …' : ''}`;
  return exe === null ? null : printable(exe);
}

/** As a shell would take them; what is not known is `?`. */
export function argumentWords(cmdline: readonly (string | null)[]): string {
  return shellWords(cmdline.map((word) => word ?? '?'));
}
