import { closeSync, constants, openSync, readSync } from 'node:fs';
import { KmsgFileReader } from '../decode/kmsg-file.js';
import { type LogMessage, logMessage } from '../decode/log-message.js';
import { SyslogTextReader } from '../decode/syslog-text.js';
import { systemCode } from '../errors.js';
import type { LogSink, LogSource } from './log-source.js';

/** How a file holds messages: as syslog(2) and `dmesg --raw` write them, or as records of /dev/kmsg. */
export type LogFileFormat = 'syslog' | 'kmsg';

/** The messages of a file, or of /proc/kmsg, from which every read takes them away. */
export class TextSource implements LogSource {
  readonly name: string;
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(256 * 1024);
  readonly #reader: { push(bytes: Uint8Array): void; flush(): void };
  #sink: LogSink | null = null;

  /** @throws the system call's error */
  constructor(path: string, format: LogFileFormat) {
    this.name = path;
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#reader =
      format === 'syslog'
        ? new SyslogTextReader((message: LogMessage) => this.#sink?.message(message))
        : new KmsgFileReader((record) => {
            if (record.kind === 'kmsg') this.#sink?.message(logMessage(record));
            else this.#sink?.lost(1, `a record of ${path} that cannot be read (${record.why})`);
          });
  }

  read(sink: LogSink): boolean {
    this.#sink = sink;
    const n = this.#fill();
    if (n > 0) this.#reader.push(this.#buffer.subarray(0, n));
    else this.#reader.flush();
    return n > 0;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** @returns 0 where nothing is there for now: EPIPE is what old kernels say of a message that went meanwhile */
  #fill(): number {
    try {
      return readSync(this.#fd, this.#buffer, 0, this.#buffer.length, null);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EAGAIN' || code === 'EPIPE') return 0;
      throw error;
    }
  }
}
