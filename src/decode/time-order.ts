import { RecordQueue, timeOf } from './record-queue.js';
import type { TraceRecord } from './trace-record.js';

/**
 * Merges what the CPUs deliver, each in its own order, into one stream in the order of time. It has no clock: a
 * *round* reads every CPU until it is empty, and whatever was stamped up to the newest stamp that earlier rounds
 * have seen was in its buffer before this round began. So at the end of a round that much can go.
 *
 * Records with equal times keep the order of their CPU. A stack follows its event directly, a lost record stands
 * directly before the next timed record of its CPU, a malformed one directly behind what was before it.
 *
 * Memory: after endRound() no more is held than this round brought, and a lost record whose next record is to come with
 * the malformed ones behind it.
 */
export class TimeOrder {
  /**
   * Records released after a newer one, because their CPU was not read to its end in every round or because the
   * trace clock of the CPUs disagrees (`local`). 0 is what `mono` and a reader that keeps the rule give.
   */
  late = 0;

  readonly #queues = new Map<number, RecordQueue>();
  /** Newest stamp of earlier rounds, of all rounds, of what was released. */
  #settled = Number.NEGATIVE_INFINITY;
  #newest = Number.NEGATIVE_INFINITY;
  #released = Number.NEGATIVE_INFINITY;

  /** Takes the next record of a CPU; records of one CPU must come in their order. */
  push(cpu: number, record: TraceRecord): void {
    let queue = this.#queues.get(cpu);
    if (queue === undefined) {
      queue = new RecordQueue(cpu);
      this.#queues.set(cpu, queue);
    }
    queue.push(record);
    const time = timeOf(record);
    if (time !== null && time > this.#newest) this.#newest = time;
  }

  /** Every CPU has been read until it was empty: releases what can have no predecessor any more. */
  endRound(release: (record: TraceRecord) => void): void {
    this.#merge(this.#settled, release);
    this.#settled = this.#newest;
  }

  /** The end: releases all that is left. */
  flush(release: (record: TraceRecord) => void): void {
    this.#merge(Number.POSITIVE_INFINITY, release);
    this.#settled = this.#newest;
  }

  #merge(limit: number, release: (record: TraceRecord) => void): void {
    // Queues with something to release, the earliest on top: a binary heap.
    const heap: RecordQueue[] = [];
    for (const queue of this.#queues.values()) {
      queue.updateKey();
      if (queue.key() <= limit) siftUp(heap, queue);
    }
    for (let queue = heap[0]; queue !== undefined; queue = heap[0]) {
      this.#countLate(queue.key());
      queue.releaseGroup(release);
      if (queue.key() > limit || queue.isEmpty()) {
        queue.compact();
        const last = heap.pop();
        if (last !== queue) heap[0] = last!;
      }
      if (heap.length > 1) siftDown(heap);
    }
  }

  #countLate(time: number): void {
    if (!Number.isFinite(time)) return;
    if (time < this.#released) this.late += 1;
    else this.#released = time;
  }
}

function siftUp(heap: RecordQueue[], added: RecordQueue): void {
  let place = heap.length;
  heap.push(added);
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above]!;
    if (!isBefore(added, parent)) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = added;
}

function siftDown(heap: RecordQueue[]): void {
  const moved = heap[0]!;
  let place = 0;
  for (;;) {
    let below = 2 * place + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below += 1;
    if (!isBefore(heap[below]!, moved)) break;
    heap[place] = heap[below]!;
    place = below;
  }
  heap[place] = moved;
}

/** Where times are equal the lower CPU goes first, so that the same input always gives the same output. */
function isBefore(one: RecordQueue, other: RecordQueue): boolean {
  return one.key() < other.key() || (one.key() === other.key() && one.cpu < other.cpu);
}
