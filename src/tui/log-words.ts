import type { LogAccessEvent, ProcessIdentity } from '../model/events.js';
import { printable, shellWords } from '../output/escape.js';
import { ROUTINE_ERRORS } from './access-kind.js';

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

/** The words that its process was started with; null where nobody knows them. */
export function commandLine({ cmdline, cmdlineCut, exe }: ProcessIdentity): string | null {
  if (cmdline !== null && cmdline.length > 0) return `${wordsOf(cmdline)}${cmdlineCut === true ? ' …' : ''}`;
  return exe === null ? null : printable(exe);
}

/** One of the parents: `bash[1201]`, and its command line where that says more. */
export function parentWords({ pid, comm, cmdline }: ProcessIdentity['parents'][number]): string {
  const name = `${comm === null ? '?' : printable(comm)}[${pid}]`;
  return cmdline === null || cmdline.length === 0 ? name : `${name}  ${wordsOf(cmdline)}`;
}

function wordsOf(cmdline: readonly (string | null)[]): string {
  return shellWords(cmdline.map((word) => word ?? '?'));
}
