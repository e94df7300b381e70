import { constants } from 'node:os';

/** Everything that ends a run from outside: a signal, or the time that was given. */
export class Stop {
  /** The signal that came; null where none did. */
  signal: NodeJS.Signals | null = null;
  #expired = false;
  #wake: (() => void) | null = null;
  readonly #abort = new AbortController();

  constructor() {
    for (const signal of SIGNALS) process.on(signal, () => this.#end(signal));
  }

  /** From now on the run lasts this long; null for no bound. */
  after(milliseconds: number | null): void {
    if (milliseconds !== null) setTimeout(() => this.#end(null), milliseconds).unref();
  }

  /** Aborted when the end comes, for what would not look at it meanwhile. */
  get aborted(): AbortSignal {
    return this.#abort.signal;
  }

  get reached(): boolean {
    return this.#expired;
  }

  /** The exit status that a shell gives a command ended by this signal. */
  get status(): number {
    return this.signal === null ? 0 : 128 + constants.signals[this.signal];
  }

  /** Ends the run from inside. @param signal the one whose exit status it is to have; null for none */
  end(signal: NodeJS.Signals | null = null): void {
    this.#end(signal);
  }

  /** Waits this long, or until the end if that comes first. */
  wait(milliseconds: number): Promise<void> {
    if (this.#expired) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, milliseconds);
      this.#wake = done;
      function done() {
        clearTimeout(timer);
        resolve();
      }
    });
  }

  #end(signal: NodeJS.Signals | null): void {
    if (!this.#expired) this.signal = signal;
    this.#expired = true;
    this.#abort.abort();
    this.#wake?.();
  }
}

/** What asks a program to end. SIGPIPE is ignored by Node: a reader that is gone shows as EPIPE. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
