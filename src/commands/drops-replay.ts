import { DropReasons } from '../decode/drop-reasons.js';
import { parseEventFormat } from '../decode/event-format.js';
import type { KernelLocation } from '../decode/kernel-location.js';
import type { DropCatalogue } from '../explain/drop-catalogue.js';
import { DROP_FIELDS, type DropField } from '../model/drop-by.js';
import type { DropCondition } from '../model/drop-filter.js';
import type { DropReading } from '../model/drop-record.js';
import { DropStream } from '../model/drop-stream.js';
import { DropTable } from '../model/drop-table.js';
import type { EventSink } from '../output/sink.js';
import type { TableRef } from '../tracefs/drop-tracing.js';
import { chosenDrops } from './drops-chosen.js';
import { type DropCounter, StreamCounter, TableCounter } from './drops-counter.js';
import { type CountSnapshot, DropInvestigation } from './drops-investigation.js';
import { otherKey, placeKey } from './drops-keys.js';
import type { DropsFacts } from './drops-telling.js';
import { isCall, isTotals } from './log-replay.js';
import { Recall } from './recall.js';
import { isNotice } from './recorded-notice.js';
import {
  type Check,
  isFlag,
  isList,
  isNumber,
  isObject,
  isOneOf,
  isText,
  orNull,
  ShapeError,
} from './recorded-shape.js';
import { ReplayBuffers, type ReplaySide } from './replay-side.js';
import type { Sources } from './side.js';

export interface DropsReplayOptions {
  catalogue: DropCatalogue;
  /** What is told; null for what the recording was made with. */
  by: readonly DropField[] | null;
  events: boolean;
  samples: number;
  maxEvents: number | null;
  /** Told what saw, as soon as it is known. */
  begun?: (sources: Sources) => void;
  /** What the conditions of the command line mean to the kernel of the recording. */
  conditions: (facts: {
    reasons: DropReasons;
    hasReason: boolean;
    namespaces: DropsFacts['namespaces'];
  }) => readonly DropCondition[];
}

/** The drop side of a run, from what DropsTelling and its tap have recorded. */
export class DropsReplay implements ReplaySide {
  readonly #sink: EventSink;
  readonly #options: DropsReplayOptions;
  readonly #recall = new Recall();
  #investigation: DropInvestigation | null = null;
  #counter: DropCounter | null = null;
  #buffers: ReplayBuffers | null = null;
  #finished = false;
  /** Not all drops are told, or one by one: as in a live run, nothing is concluded from all of them. */
  #chosen = false;
  /** End of the last interval; 0 before the first. */
  #to = 0;

  constructor(sink: EventSink, options: DropsReplayOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  get done(): boolean {
    return this.#investigation?.done === true;
  }

  /** Running totals. */
  get progress(): { counted: number; detailed: number } {
    return this.#investigation ?? { counted: 0, detailed: 0 };
  }

  block(kind: string, head: unknown, bytes: Uint8Array): void {
    if (kind === 'look') this.#recall.learn(head);
    else if (kind === 'begin') this.#begin(head);
    else if (this.#buffers?.block(kind, head, bytes) === true) return;
    else if (kind === 'call') this.#call(...isCall(head));
  }

  unreadable(what: string): void {
    if (!this.#finished) this.#investigation?.unreadable(what);
  }

  end(from: number, to: number): void {
    if (this.#finished || this.#investigation === null || this.#counter === null) return;
    this.#finished = true;
    this.#buffers?.finish();
    this.#investigation.flush();
    this.#investigation.interval(this.#to || from, Math.max(this.#to, to), this.#counter.last());
    this.#investigation.finish();
  }

  #begin(head: unknown): void {
    const facts = isDropsFacts(head);
    const reasons = new DropReasons(facts.hasReason ? parseEventFormat(facts.format) : null);
    const reading: DropReading = {
      reasons,
      name: this.#recall.look<bigint, KernelLocation>('location', isLocation),
      netnsName: this.#recall.look<number, string>('netns', isText),
    };
    const { tables, sampled, backends, detailBackend, blindSpots } = facts;
    const by = this.#options.by ?? facts.by;
    const conditions = this.#options.conditions({ reasons, ...facts });
    this.#chosen = conditions.length > 0 || this.#options.events;
    const keyOf = otherKey(by);
    const stream = tables === null ? new DropStream(placeKey) : null;
    const { events, samples, maxEvents, catalogue } = this.#options;
    const investigation = new DropInvestigation({
      reading,
      table: new DropTable(catalogue),
      stream,
      sampled,
      other: keyOf === null ? null : new DropStream(keyOf),
      sink: this.#sink,
      conditions,
      by,
      events,
      samples,
      stack: facts.stack,
      maxEvents,
      backends,
      detailBackend,
      blindSpots,
      processOf: this.#recall.look<number, number>('process', isNumber),
    });
    this.#investigation = investigation;
    this.#options.begun?.(investigation.sources);
    this.#finished = false;
    // A table of an unusual key answers to that key alone.
    const sameKey = by.join() === facts.by.join();
    const hist = this.#recall.look<string, string>('hist', isText);
    this.#counter =
      stream !== null || tables === null
        ? new StreamCounter(stream ?? new DropStream(placeKey))
        : chosenDrops(
            conditions,
            new TableCounter(
              (event) => hist(event) ?? '',
              sameKey ? tables : { ...tables, extra: null },
              by,
              {
                reasons,
                hasReason: facts.hasReason,
                swapped: facts.swapped,
                name: (address) => reading.name(address),
                netnsName: reading.netnsName,
              },
            ),
          );
    const { buffers } = head as { buffers: unknown };
    this.#buffers = new ReplayBuffers(buffers, this.#recall, (buffer) =>
      buffer === 'count' ? (record) => investigation.count(record) : (record) => investigation.record(record),
    );
  }

  #call(method: string, args: unknown[]): void {
    const [investigation, counter] = [this.#investigation, this.#counter];
    if (investigation === null || counter === null)
      throw new ShapeError(`${method} stands before the beginning of its stream`);
    if (method === 'notice') {
      const notice = isNotice(args);
      if (!this.#chosen || !OF_ALL_DROPS.has(notice[0])) investigation.notice(...notice);
    } else if (method === 'stack') investigation.stack = isFlag(args[0]);
    else if (method === 'baseline') investigation.baseline(placedAlone(counter.snapshot()));
    else if (method === 'interval') {
      this.#to = isNumber(args[1]);
      investigation.interval(
        isNumber(args[0]),
        this.#to,
        isFlag(args[2]) ? counter.last() : counter.snapshot(),
      );
    } else if (method === 'flush') investigation.flush();
    else if (method === 'settle') investigation.settle(isTotals(args[0]));
    else if (method === 'finish') {
      this.#finished = true;
      investigation.finish();
    } else throw new ShapeError(`there is no ${method} on the drop side`);
  }
}

/** Drops that were under way between the tables are in no row yet: the rows that they come to will tell them. */
function placedAlone(snapshot: CountSnapshot): CountSnapshot {
  const { rows, unplaced, others } = snapshot;
  if (others !== null || rows.length === 0) return snapshot;
  return { ...snapshot, counted: rows.reduce((sum, { count }) => sum + count, unplaced) };
}

/** Notices that are on every drop of the run. */
const OF_ALL_DROPS = new Set([
  'top-suspect',
  'no-suspect',
  'conntrack-loss',
  'unexplained-loss',
  'namespaces-left',
  'thinned',
]);

const isLocation: Check<KernelLocation> = isObject({
  symbol: isText,
  offset: isNumber,
  module: orNull(isText),
});
const isRef: Check<TableRef> = isObject({ event: isText, index: isNumber });

const isDropsFacts: Check<DropsFacts> = isObject({
  format: isText,
  hasReason: isFlag,
  swapped: isFlag,
  tables: orNull(
    isObject({
      total: isRef,
      devices: orNull(isRef),
      names: orNull(isRef),
      sockets: isList(isRef),
      extra: orNull(isRef),
    }),
  ),
  sampled: isFlag,
  stack: isFlag,
  by: isList(isOneOf(...DROP_FIELDS)),
  events: isFlag,
  backends: isList(isText),
  detailBackend: isText,
  blindSpots: isList(isText),
  namespaces: isList(isObject({ inum: isNumber, name: orNull(isText), own: isFlag })),
});
