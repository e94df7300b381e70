import type { TraceRecord } from '../decode/trace-record.js';
import type { LocationNames } from '../host/location-names.js';
import { isCountable } from '../model/drop-filter.js';
import type { DropReading } from '../model/drop-record.js';
import { DropStream } from '../model/drop-stream.js';
import { type CountTables, DROP_EVENT } from '../tracefs/drop-tracing.js';
import { readHist } from '../tracefs/hist-trigger.js';
import type { TraceInstance } from '../tracefs/instance.js';
import { type DropCounter, StreamCounter, TableCounter } from './drops-counter.js';
import type { CountSnapshot } from './drops-investigation.js';
import { placeKey } from './drops-keys.js';
import type { LiveDropsParts } from './drops-live-parts.js';
import { PlainCounter } from './drops-plain.js';

/** How a live run counts: in the kernel's tables, plainly as records are read, or by the stream of single drops. */
export class DropsCounting implements DropCounter {
  /** Single drops, counted as they come; null where the kernel's tables count. */
  readonly stream: DropStream | null;
  /** Null until the tables are started, and where there are none. */
  tables: CountTables | null = null;
  readonly #parts: LiveDropsParts;
  readonly #reading: DropReading;
  readonly #names: LocationNames;
  #counter: DropCounter;

  constructor(parts: LiveDropsParts, reading: DropReading, names: LocationNames) {
    this.#parts = parts;
    this.#reading = reading;
    this.#names = names;
    this.stream = parts.setup.count === null ? new DropStream(placeKey) : null;
    this.#counter = new StreamCounter(this.stream ?? new DropStream(placeKey));
  }

  snapshot(): CountSnapshot {
    return this.#counter.snapshot();
  }

  last(): CountSnapshot {
    return this.#counter.last();
  }

  /** Nothing but places is wanted of the plain event: no record need be made of a drop. */
  get isPlain(): boolean {
    const { setup, options, conditions, samples } = this.#parts;
    const { detail, count } = setup;
    if (
      samples > 0 ||
      detail === null ||
      detail.event !== DROP_EVENT ||
      count !== null ||
      options.maxEvents !== null
    )
      return false;
    const ownKey = options.by.some((field) => field === 'flow' || field === 'comm' || field === 'stack');
    return !options.events && !options.stack && !ownKey && conditions.every(isCountable);
  }

  /** Counts the plain event as it is read. @param emit takes the records that are no drops */
  openPlain(instance: TraceInstance, emit: (record: TraceRecord) => void): PlainCounter {
    const { journal, choice, options } = this.#parts;
    const counter = new PlainCounter(instance, journal, {
      kind: choice.kind,
      reading: this.#reading,
      byProtocol: options.by.includes('proto'),
      emit,
    });
    this.#counter = counter;
    return counter;
  }

  /** Starts the kernel's tables, where this run has any. */
  startTables(): void {
    const { instance, options, facts, setup, tap } = this.#parts;
    if (setup.count === null) return;
    this.tables = setup.count();
    const hist = tap.look('hist', (event: string) => readHist(instance, event));
    this.#counter = new TableCounter(hist, this.tables, options.by, {
      reasons: facts.reasons,
      hasReason: facts.hasReason,
      swapped: setup.totalByProbe,
      name: (address, text) => {
        this.#names.learn(address, text);
        return this.#reading.name(address);
      },
      netnsName: this.#reading.netnsName,
    });
  }
}
