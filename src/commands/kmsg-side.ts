import type { KmsgRecord } from '../decode/kmsg-record.js';
import { systemCode } from '../errors.js';
import { KmsgDevice, type KmsgRead } from '../klog/kmsg-device.js';
import type { KwhoEvent } from '../model/events.js';
import { messageEvent } from '../model/message-event.js';
import type { Side } from './side.js';
import type { Tap } from './tap.js';

/** What the ring of the kernel log holds at a moment. Times are seconds. */
export interface RingExtent {
  oldest: { seq: number; time: number };
  newest: { seq: number; time: number };
  /** What the records since the oldest take in the ring, in bytes, as far as their texts tell. */
  bytes: number;
}

/** New messages of the kernel log, beside what the other sides tell: they stand on the same time axis. */
export class KmsgSide implements Side {
  readonly done = false;
  readonly #device: KmsgDevice;
  readonly #emit: (event: KwhoEvent) => void;
  readonly #tap: Tap;
  #extent: RingExtent | null = null;
  #next = 0;

  /**
   * Reads what is there already, untold. To be made before the log is traced: every read of ours is an access too.
   * @returns null where /dev/kmsg is closed to us
   */
  static open(emit: (event: KwhoEvent) => void, tap: Tap): KmsgSide | null {
    try {
      return new KmsgSide(new KmsgDevice(), emit, tap);
    } catch (error) {
      if (systemCode(error) === null) throw error;
      return null;
    }
  }

  private constructor(device: KmsgDevice, emit: (event: KwhoEvent) => void, tap: Tap) {
    this.#device = device;
    this.#emit = emit;
    this.#tap = tap;
    for (let read = device.read(); read.kind !== 'end'; read = device.read()) this.#note(read);
    tap.begin(() => ({ head: {}, calls: [] }));
  }

  get extent(): RingExtent | null {
    return this.#extent;
  }

  poll(): boolean {
    const now = performance.now();
    if (now < this.#next) return false;
    this.#next = now + PAUSE_MS;
    for (let count = 0; count < MOST_A_ROUND; count++) {
      const read = this.#device.read();
      if (read.kind === 'end') return false;
      this.#note(read);
      tellMessage(read, this.#emit);
      if (read.kind === 'overrun') this.#tap.call('overrun');
      else this.#tap.message(read.bytes);
    }
    this.#next = 0;
    return true;
  }

  finish(): void {
    this.#device.close();
  }

  #note(read: KmsgRead): void {
    if (read.kind !== 'record') return;
    const { seq, time, text }: KmsgRecord = read.record;
    const { oldest = { seq, time }, bytes = 0 } = this.#extent ?? {};
    this.#extent = { oldest, newest: { seq, time }, bytes: bytes + ringBytes(text.length) };
  }
}

/** A text with its descriptor's number, in whole words (kernel/printk/printk_ringbuffer.c struct prb_data_block). */
function ringBytes(length: number): number {
  return 8 + 8 * Math.ceil(length / 8);
}

/** Each look is an access to the log that the log side has to leave out. */
const PAUSE_MS = 200;
const MOST_A_ROUND = 1000;

/** What a read of /dev/kmsg gave, as events. */
export function tellMessage(read: KmsgRead, emit: (event: KwhoEvent) => void): void {
  if (read.kind === 'record') emit(messageEvent(read.record));
  else if (read.kind === 'overrun') {
    emit({
      type: 'lost',
      time: null,
      backend: '/dev/kmsg',
      where: 'reader',
      count: null,
      cpu: null,
      what: 'kernel messages overwritten before kwho read them',
    });
  }
}
