import { grouped } from '../grouped.js';
import type { LogAccessEvent } from '../model/events.js';
import { ROUTINE_ERRORS } from '../output/log-words.js';

/** What an access means for the log and for those who read it, in a sentence (kernel/printk/printk.c, syslog(2)). */
export function meaningWords(event: LogAccessEvent): string {
  const { effect, errno, action, door } = event;
  if (errno === 'EPERM' || errno === 'EACCES') return REFUSED;
  if (errno !== null && ROUTINE_ERRORS.has(errno)) return ROUTINE[errno] ?? 'It waited, and was interrupted.';
  if (errno !== null && effect !== 'clears') return 'The call failed and changed nothing.';
  if (effect === 'clears')
    return 'It cleared the log: dmesg and syslog(2) show nothing logged before it any more. Readers of /dev/kmsg still see it.';
  if (effect === 'steals') return stolenWords(event);
  if (effect === 'configures')
    return SETTINGS[action ?? ''] ?? 'It changed what the kernel prints on the console.';
  if (effect === 'reads') return 'It read the log: nothing was taken from other readers.';
  if (effect === 'writes') return 'It wrote a record of its own into the log.';
  if (effect === null) {
    return action === 'CLEAR' || action === 'READ_CLEAR'
      ? 'It asked for a clear; the result was not seen, so the log may have been cleared.'
      : 'What it did is not known: its action or its result was not seen.';
  }
  return (
    HARMLESS[action ?? ''] ?? (door === 'syslog' ? 'It changed nothing.' : 'It took and changed nothing.')
  );
}

function stolenWords({ result }: LogAccessEvent): string {
  const what = result === null || result <= 0 ? 'What it took' : `The ${grouped(result)} bytes it took`;
  return `${what} no other reader of /proc/kmsg and syslog(2) READ will see: they share one position. Readers of /dev/kmsg and dmesg still see it.`;
}

const REFUSED =
  'It was refused: the caller lacks CAP_SYSLOG, and kernel.dmesg_restrict or the action itself asks for it.';

const ROUTINE: Readonly<Record<string, string>> = {
  EAGAIN: 'There was nothing new to read.',
  EPIPE: 'Records were overwritten before it had read them: this reader has missed some.',
};

const SETTINGS: Readonly<Record<string, string>> = {
  CONSOLE_OFF: 'It switched printing to the console off: messages still go into the log.',
  CONSOLE_ON: 'It switched printing to the console on again.',
  CONSOLE_LEVEL: 'It set which messages go to the console: those of a lower level than this.',
};

const HARMLESS: Readonly<Record<string, string>> = {
  SIZE_UNREAD: 'It asked how many bytes the shared position has not read yet: this changes nothing.',
  SIZE_BUFFER: "It asked how large the kernel's log is: this changes nothing.",
  OPEN: 'It did what has no effect: the kernel ignores this action.',
  CLOSE: 'It did what has no effect: the kernel ignores this action.',
};
