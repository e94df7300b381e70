import { systemCode } from '../errors.js';
import type { KernelJournal } from '../tracefs/journal.js';

/**
 * Makes sure that the kernel is put back on every way out of the process but SIGKILL: `exit` is also emitted after an
 * exception that nobody caught. What could not be taken back is said on standard error.
 * @returns the undo itself, for the ordinary way out
 */
export function undoOnExit(journal: KernelJournal): () => void {
  const undo = () => {
    for (const { what, error } of journal.undo()) {
      process.stderr.write(
        `kwho: could not undo: ${what} (${systemCode(error) ?? error}); the next run of kwho tries again\n`,
      );
    }
  };
  process.on('exit', undo);
  return undo;
}
