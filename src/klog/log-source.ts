import type { LogMessage } from '../decode/log-message.js';

/** Where messages of the kernel log come from, whichever door it is. */
export interface LogSource {
  /** The door, as events name it. */
  readonly name: string;
  /**
   * Hands on some of what is there, in order.
   * @returns false where nothing more is there for now
   */
  read(sink: LogSink): boolean;
  close(): void;
}

export interface LogSink {
  message(message: LogMessage): void;
  /** Messages that were there and could not be read. */
  lost(count: number, what: string): void;
}
