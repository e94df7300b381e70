import type { KwhoEvent } from '../model/events.js';
import { accountWords } from './account-words.js';
import type { OutputChannel } from './channel.js';
import { printable } from './escape.js';
import { lostWords } from './lost-words.js';
import { Paint } from './paint.js';
import type { EventSink } from './sink.js';

/** Only what kwho says of the run itself, for people: notices, losses, and the account at the end. */
export class NoticeSink implements EventSink {
  readonly #channel: OutputChannel;
  readonly #paint: Paint;

  constructor(channel: OutputChannel, color: boolean) {
    this.#channel = channel;
    this.#paint = new Paint(color);
  }

  event(event: KwhoEvent): void {
    if (event.type === 'notice') {
      const word = event.level === 'info' ? this.#paint.plain('note') : this.#paint.warn(event.level);
      this.#line(word, printable(event.text));
      if (event.hint !== null)
        this.#line(this.#paint.faint('hint'.padStart(Paint.WIDTH)), printable(event.hint));
    } else if (event.type === 'lost') {
      this.#line(this.#paint.loud('LOST'), `${lostWords(event)} (${event.where})`);
    } else if (event.type === 'summary') {
      const what =
        event.counted === undefined ? `${event.seen} accesses to the log` : `${event.counted} drops`;
      this.#line(this.#paint.bold('summary'), `${what}; ${accountWords(event)}`);
    }
  }

  tick(): void {}

  end(): void {}

  #line(word: string, text: string): void {
    this.#channel.write(`${word} ${text}\n`);
  }
}
