import { logMessage } from '../decode/log-message.js';
import { UnavailableError } from '../errors.js';
import { KmsgDevice, type KmsgRead, readFirstVisible } from './kmsg-device.js';
import type { LogSink, LogSource } from './log-source.js';

/** Where reading begins: behind the last clear as dmesg does, at the oldest record, or at what comes from now on. */
export type KmsgStart = 'visible' | 'oldest' | 'new';

/** The records of /dev/kmsg. Sequence numbers that are missing between two of them are told as lost. */
export class KmsgSource implements LogSource {
  readonly name = '/dev/kmsg';
  /** Records since boot that were overwritten before the oldest one that is left. */
  readonly overwritten: number;
  /** Records that a clear hides, and that were passed over for that. */
  readonly hidden: number;
  /** Why it cannot be told what a clear hides: everything is read then. */
  readonly blind: string | null;
  #device: KmsgDevice;
  /** Read, but not yet handed on. */
  #ahead: KmsgRead | null;
  #next: number | null = null;

  /** @throws the system call's error: EPERM where dmesg_restrict or printk_devkmsg=off forbids it */
  constructor(start: KmsgStart, path = '/dev/kmsg') {
    const mark = start === 'visible' ? markOf(path) : null;
    this.blind = typeof mark === 'string' ? mark : null;
    this.#device = new KmsgDevice(path);
    this.#ahead = this.#device.read();
    // A first EPIPE: the oldest record went while the device was opened.
    if (this.#ahead.kind === 'overrun') this.#ahead = this.#device.read();
    this.overwritten = this.#ahead.kind === 'record' ? this.#ahead.record.seq : 0;
    const until = start === 'new' ? Number.POSITIVE_INFINITY : typeof mark === 'number' ? mark : 0;
    let passed = this.#passOver(until);
    if (mark === Number.POSITIVE_INFINITY) {
      // Everything was hidden; a record that has come since is not, and may be among those passed over.
      const later = markOf(path);
      if (typeof later === 'number' && later < (this.#next ?? 0)) {
        this.#device.close();
        this.#device = new KmsgDevice(path);
        this.#ahead = this.#device.read();
        passed = this.#passOver(later);
      }
    }
    this.hidden = start === 'visible' ? passed : 0;
  }

  read(sink: LogSink): boolean {
    for (let count = 0; count < MOST_A_ROUND; count++) {
      const read = this.#ahead ?? this.#device.read();
      this.#ahead = null;
      if (read.kind === 'end') return false;
      if (read.kind === 'malformed') sink.lost(1, 'a record of /dev/kmsg that cannot be read');
      // What an overrun has cost shows in the next sequence number.
      if (read.kind !== 'record') continue;
      const { seq } = read.record;
      if (this.#next !== null && seq > this.#next) sink.lost(seq - this.#next, OVERWRITTEN);
      this.#next = seq + 1;
      sink.message(logMessage(read.record));
    }
    return true;
  }

  close(): void {
    this.#device.close();
  }

  /** @returns how many records were passed over */
  #passOver(until: number): number {
    let count = 0;
    for (let read = this.#ahead; read !== null && read.kind !== 'end'; read = this.#device.read()) {
      if (read.kind !== 'record') continue;
      if (read.record.seq >= until) {
        this.#ahead = read;
        return count;
      }
      this.#next = read.record.seq + 1;
      count++;
    }
    this.#ahead = null;
    return count;
  }
}

const OVERWRITTEN = 'kernel messages overwritten before kwho read them';

/** Output wants a turn in between. */
const MOST_A_ROUND = 1000;

/** The sequence number of the first record that a clear does not hide, or why it cannot be told. */
function markOf(path: string): number | string {
  try {
    const mark = readFirstVisible(path);
    if (mark.kind === 'record') return mark.record.seq;
    // At the end everything is hidden; a mark that is overwritten hides nothing any more.
    return mark.kind === 'end' ? Number.POSITIVE_INFINITY : 0;
  } catch (error) {
    if (error instanceof UnavailableError) return error.message;
    throw error;
  }
}
