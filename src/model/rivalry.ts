import type { ByteString } from '../decode/trace-record.js';

/** One process that takes records from the shared cursor of /proc/kmsg and syslog(2) READ. */
export interface Taker {
  pid: number;
  comm: ByteString | null;
}

/**
 * Watches who consumes the one shared cursor: two consumers steal from each other, each sees a part only.
 * Each pair is told once.
 */
export class Rivalry {
  readonly #takers = new Map<number, Taker>();
  readonly #tell: (one: Taker, other: Taker) => void;

  constructor(tell: (one: Taker, other: Taker) => void) {
    this.#tell = tell;
  }

  /** A process has taken records, or holds the door open to do so. */
  note(taker: Taker): void {
    if (this.#takers.has(taker.pid) || this.#takers.size >= MOST_TAKERS) return;
    for (const other of this.#takers.values()) this.#tell(other, taker);
    this.#takers.set(taker.pid, taker);
  }
}

/** Beyond this the point is made. */
const MOST_TAKERS = 8;
