import type { TraceRecord } from '../decode/trace-record.js';
import { enableDrops } from '../tracefs/drop-tracing.js';
import { TraceInstance } from '../tracefs/instance.js';
import type { KernelJournal } from '../tracefs/journal.js';
import { readLosses } from '../tracefs/page-source.js';
import type { DropsOptions } from './drops-options.js';
import type { DropsSetup, StreamEvent } from './drops-setup.js';
import type { Tap } from './tap.js';
import { holdPipe, openReader, type ReaderChoice, type TraceReader } from './trace-reader.js';
import { chooseClock, resizeBuffer } from './trace-settings.js';

export interface DropSourcesParts {
  instance: TraceInstance;
  journal: KernelJournal;
  setup: DropsSetup;
  options: Pick<DropsOptions, 'stack' | 'bufferKib' | 'events'>;
  choice: ReaderChoice;
  proc: string;
  /** Single drops. */
  detail: (record: TraceRecord) => void;
  /** Reads the detail event in a way of its own; null for record by record. */
  reader: ((instance: TraceInstance) => TraceReader) | null;
  /** Whether kernel paths of single drops are recorded now. */
  stack: () => boolean;
  /** Drops of the stream that is for counting alone. */
  count: (record: TraceRecord) => void;
  tap: Tap;
}

/** The ring buffers of a run: one for single drops, and where the kernel keeps no tables, one for counting. */
export class DropSources {
  readonly #parts: DropSourcesParts;
  readonly #instance: TraceInstance;
  readonly #samples: boolean;
  #detail: TraceReader | null = null;
  #counting: { instance: TraceInstance; reader: TraceReader } | null = null;

  constructor(parts: DropSourcesParts) {
    this.#parts = parts;
    this.#instance = parts.instance;
    const { setup, options } = parts;
    const { detail } = setup;
    // Only a probe that is to be checked first has to see more than what was asked for.
    this.#samples = takesSamples(setup, options);
    const first = detail?.kind === 'event' ? { ...detail, base: detail.filter } : detail;
    switchOn(parts.instance, first, this.#samples ? samplesIn(options) : options);
    if (setup.detail === null) {
      holdPipe(parts.instance, parts.journal);
      return;
    }
    this.#detail =
      parts.reader?.(parts.instance) ??
      this.#read(parts.instance, 'detail', setup.detail, parts.stack, parts.detail);
    if (setup.counting !== null) this.#openCounting(setup.counting);
  }

  /** Single drops are recorded, or no longer. */
  detail(on: boolean): void {
    this.#instance.set('tracing_on', on ? '1' : '0');
  }

  /** From now on only what was asked for, and of samples what finds room. What is recorded already is given as it is. */
  narrow(): void {
    if (this.#samples) refuseWhenFull(this.#instance);
    const { detail } = this.#parts.setup;
    if (detail?.kind !== 'fields' || detail.filter === null || detail.filter === detail.base) return;
    this.#instance.set(`events/${detail.event}/filter`, detail.filter);
    while (this.#detail?.poll() === true) {}
  }

  /** The stream that is for counting alone begins. */
  startCounting(): void {
    this.#counting?.instance.set('tracing_on', '1');
  }

  /** Gives what there is of both; true if there was anything. */
  poll(): boolean {
    const counted = this.#counting?.reader.poll() ?? false;
    return (this.#detail?.poll() ?? false) || counted;
  }

  /** Stops recording and gives everything that is left. */
  finish(): void {
    this.detail(false);
    this.#counting?.instance.set('tracing_on', '0');
    while (this.poll()) {}
    this.#detail?.finish();
    this.#counting?.reader.finish();
  }

  /** What the kernel lost of the stream that is counted, by CPU; empty where its tables count. */
  losses(): Map<number, number> {
    const { setup } = this.#parts;
    if (setup.count !== null || setup.detail === null) return new Map();
    return readLosses((this.#counting?.instance ?? this.#instance).path);
  }

  /** Samples that came while the ring buffer was full. */
  get refused(): number {
    if (!this.#samples) return 0;
    return [...readLosses(this.#instance.path).values()].reduce((sum, count) => sum + count, 0);
  }

  #openCounting(counting: StreamEvent): void {
    const { journal, instance, count } = this.#parts;
    const second = new TraceInstance(instance.tracefs, process.pid, journal, 'counts');
    switchOn(second, { ...counting, base: counting.filter }, { ...this.#parts.options, stack: false });
    this.#counting = { instance: second, reader: this.#read(second, 'count', counting, () => false, count) };
  }

  #read(
    instance: TraceInstance,
    name: 'detail' | 'count',
    { event }: StreamEvent,
    stack: () => boolean,
    emit: (record: TraceRecord) => void,
  ): TraceReader {
    const { journal, choice, proc, tap } = this.#parts;
    return openReader(instance, journal, {
      // Samples go on while they are read: one buffer full is enough, and then it is seen that they are too many.
      ...(name === 'detail' && this.#samples ? { pagesARound: SAMPLES_KIB / PAGE_KIB } : {}),
      choice,
      events: [event],
      stack,
      proc,
      emit,
      tap: tap.buffer(name),
    });
  }
}

/** Single drops are samples: what is counted comes from elsewhere, and nobody waits for every one of them. */
export function takesSamples(
  { count, counting, detail }: Pick<DropsSetup, 'count' | 'counting' | 'detail'>,
  { events }: Pick<DropsOptions, 'events'>,
): boolean {
  return (count !== null || counting !== null) && detail !== null && !events;
}

/** Their ring buffer is small, unless somebody wants another. */
export function samplesIn<O extends Pick<DropsOptions, 'bufferKib'>>(options: O): O {
  return { ...options, bufferKib: options.bufferKib ?? SAMPLES_KIB };
}

/**
 * A full ring buffer refuses what comes, which spares a host in a storm the work of recording it. The kernel does not
 * tell a reader what it refused.
 */
export function refuseWhenFull(instance: TraceInstance): void {
  instance.set('options/overwrite', '0');
}

/** Configures an instance for a stream; recording is left off. The filter is only what tells drops from other hits. */
export function switchOn(
  instance: TraceInstance,
  stream: StreamEvent | null,
  { stack, bufferKib }: Pick<DropsOptions, 'stack' | 'bufferKib'>,
): void {
  instance.set('tracing_on', '0');
  chooseClock(instance);
  if (bufferKib !== null) resizeBuffer(instance, bufferKib);
  if (stream === null) return;
  if (stack) instance.set('options/stacktrace', '1', '0');
  enableDrops(instance, stream.event, stream.base);
}

/** Per CPU: some two hundred single drops with their headers. */
const SAMPLES_KIB = 128;
const PAGE_KIB = 4;
