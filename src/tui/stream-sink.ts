import type { KwhoEvent } from '../model/events.js';
import type { EventSink } from '../output/sink.js';
import type { ScreenModel } from './screen-model.js';

/** What a run tells goes to the screen. Several runs may share one: the side of the log and the side of drops. */
export class ScreenSink implements EventSink {
  readonly #model: Pick<ScreenModel, 'event'>;

  constructor(model: Pick<ScreenModel, 'event'>) {
    this.#model = model;
  }

  event(event: KwhoEvent): void {
    this.#model.event(event);
  }

  /** The screen's own scheduler ticks the model: it has the clock. */
  tick(): void {}

  /** One side may end before the other. */
  end(): void {}
}
