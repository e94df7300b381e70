import type { KwhoEvent } from '../model/events.js';

/** Where events go. One class per output, behind this. */
export interface EventSink {
  event(event: KwhoEvent): void;
  /** Called now and then: what was held back to be folded and has waited long enough is written. */
  tick(): void;
  /** The last call: writes what is held back. */
  end(): void;
}
