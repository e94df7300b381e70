import type { OutputChannel } from '../../src/output/channel.js';

/** Keeps what is written. */
export class CollectingChannel implements OutputChannel {
  text = '';
  readonly backlog = 0;
  readonly closed = false;

  write(text: string): void {
    this.text += text;
  }

  async drain(): Promise<void> {}
}
