import { SyslogTextReader } from '../decode/syslog-text.js';
import type { Klogctl } from './klogctl.js';
import type { LogSink, LogSource } from './log-source.js';

/** What syslog(2) READ_ALL gives, once, and READ_CLEAR, which hides everything from the next caller besides. */
export class SyslogSource implements LogSource {
  readonly name = 'syslog';
  readonly #call: Klogctl;
  readonly #action: 'READ_ALL' | 'READ_CLEAR';
  readonly #size: number | null;
  #done = false;

  /** @param size bytes of the buffer: the newest messages that fit; null for as large as the log */
  constructor(call: Klogctl, action: 'READ_ALL' | 'READ_CLEAR', size: number | null) {
    this.#call = call;
    this.#action = action;
    this.#size = size;
  }

  read(sink: LogSink): boolean {
    if (this.#done) return false;
    this.#done = true;
    // Prefixes make the text longer than the buffer that the kernel keeps it in.
    const buffer = Buffer.alloc(this.#size ?? TEXT_PER_BYTE * this.#call('SIZE_BUFFER'));
    const n = this.#call(this.#action, buffer);
    const reader = new SyslogTextReader((message) => sink.message(message));
    reader.push(buffer.subarray(0, n));
    reader.flush();
    return false;
  }

  close(): void {}
}

const TEXT_PER_BYTE = 4;

/** What syslog(2) READ takes away, as klogd(8) reads the log: only this reader gets it. */
export class SyslogReadSource implements LogSource {
  readonly name = 'syslog';
  readonly #call: Klogctl;
  readonly #buffer = Buffer.alloc(16 * 1024);

  constructor(call: Klogctl) {
    this.#call = call;
    call('OPEN');
  }

  /** READ waits for messages, so that it is asked for only where there are some. */
  read(sink: LogSink): boolean {
    if (this.#call('SIZE_UNREAD') <= 0) return false;
    const n = this.#call('READ', this.#buffer);
    // One call gives whole messages.
    const reader = new SyslogTextReader((message) => sink.message(message));
    reader.push(this.#buffer.subarray(0, n));
    reader.flush();
    return true;
  }

  close(): void {
    this.#call('CLOSE');
  }
}
