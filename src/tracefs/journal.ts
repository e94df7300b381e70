import { systemCode } from '../errors.js';
import type { KernelMedium, KernelWrite } from './medium.js';

/** What could not be taken back, and why. */
export interface UndoFailure {
  what: string;
  error: unknown;
}

/**
 * The one place through which kwho changes the kernel. Each change notes its undo before it is made; `undo()` runs
 * them last first. Everything in it is synchronous, so that it also works in the last moments of a process.
 */
export class KernelJournal {
  readonly #medium: KernelMedium;
  readonly #undos: Undo[] = [];

  constructor(medium: KernelMedium) {
    this.#medium = medium;
  }

  /**
   * Makes a change. A change that fails has not happened, so its undo goes with it: the directory that `mkdir` found
   * to exist belongs to somebody else.
   * @throws the system call's error
   */
  change(write: KernelWrite, undo?: KernelWrite): void {
    if (undo !== undefined)
      this.#undos.push({
        what: describe(undo),
        run: () => this.#medium.apply(undo),
      });
    try {
      this.#medium.apply(write);
    } catch (error) {
      if (undo !== undefined) this.#undos.pop();
      throw error;
    }
  }

  /** Registers something that must be let go before the changes made earlier can be undone: an open file. */
  hold(what: string, release: () => void): void {
    this.#undos.push({ what, run: release });
  }

  /** Takes everything back, last first. Safe to run twice: what is gone already is no failure. */
  undo(): UndoFailure[] {
    const failures: UndoFailure[] = [];
    for (let entry = this.#undos.pop(); entry !== undefined; entry = this.#undos.pop()) {
      try {
        runPatiently(entry.run);
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') failures.push({ what: entry.what, error });
      }
    }
    return failures;
  }
}

interface Undo {
  what: string;
  run: () => void;
}

const PATIENCE_MS = 1000;
const PAUSE_MS = 20;

/** EBUSY passes: somebody looks into the instance, or the kernel still holds a probe that was just switched off. */
function runPatiently(run: () => void): void {
  for (let waited = 0; ; waited += PAUSE_MS) {
    try {
      run();
      return;
    } catch (error) {
      if (systemCode(error) !== 'EBUSY' || waited >= PATIENCE_MS) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

function describe(write: KernelWrite): string {
  return write.kind === 'write'
    ? `write ${JSON.stringify(write.text)} to ${write.path}`
    : `${write.kind} ${write.path}`;
}
