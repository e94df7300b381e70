import { parseKmsgRecord } from '../decode/kmsg-record.js';
import type { KwhoEvent } from '../model/events.js';
import { tellMessage } from './kmsg-side.js';
import type { ReplaySide } from './replay-side.js';

/** Messages of the kernel log, from a recording. */
export class KmsgReplay implements ReplaySide {
  readonly done = false;
  readonly #emit: (event: KwhoEvent) => void;

  constructor(emit: (event: KwhoEvent) => void) {
    this.#emit = emit;
  }

  block(kind: string, _head: unknown, bytes: Uint8Array): void {
    if (kind === 'call') tellMessage({ kind: 'overrun' }, this.#emit);
    if (kind !== 'message') return;
    const record = parseKmsgRecord(bytes);
    tellMessage(
      record.kind === 'malformed' ? { kind: 'malformed', bytes } : { kind: 'record', record, bytes },
      this.#emit,
    );
  }

  unreadable(): void {}

  end(): void {}
}
