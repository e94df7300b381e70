import type { AddressNames } from './address-names.js';

/** The signals of klogd(8) while messages are followed into a file: stop, go on, read the symbols again. */
export class FollowSignals {
  paused = false;

  constructor(names: AddressNames | null, warn: (text: string) => void) {
    process.on('SIGTSTP', () => {
      this.paused = true;
      warn('logging has stopped; SIGCONT goes on');
    });
    process.on('SIGCONT', () => {
      if (this.paused) warn('logging goes on');
      this.paused = false;
    });
    for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) {
      process.on(signal, () => {
        names?.reload();
        warn('the symbols will be read again');
      });
    }
  }
}
