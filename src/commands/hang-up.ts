import { isatty } from 'node:tty';

/**
 * The last thing of a process that had a terminal, when everything is put back: where the terminal hung up it dies of
 * SIGHUP. Node's own way out would give the terminal its settings back, and aborts with a core where there is none.
 */
export function dieIfHungUp(): void {
  if (isatty(STANDARD_INPUT)) return;
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}

const STANDARD_INPUT = 0;
