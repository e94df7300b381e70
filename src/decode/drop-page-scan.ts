import {
  dropPageCode,
  ELAPSED,
  ENDED,
  HEAD,
  HITS,
  LAST,
  MISSED,
  NONE,
  SLOT,
  SLOTS,
  SPACE,
  WHAT,
} from './drop-page-code.js';
import type { DropFieldOffsets } from './drop-page-fields.js';
import { DropPageKeys } from './drop-page-keys.js';
import type { PageLayout } from './page-header.js';

/**
 * The fast way through pages: drops of one length, one behind the other, counted by code that is made for the record
 * of this kernel. It is WebAssembly, which compares 64 bits in one step and needs no check of bounds for every word.
 *
 * Some of the keys stand in slots of its memory, found by a hash; the others come in when they are met.
 */
export class DropPageScan {
  /** Where pages have to stand to be scanned. */
  readonly space: Uint8Array;
  readonly keys: DropPageKeys = new DropPageKeys();
  /** Of the page where pages() ended: how many drops at its start were counted. */
  done = 0;
  /** Nanoseconds on the trace clock of the last drop that pages() counted; null where there was none. */
  lastTime: number | null = null;

  readonly #layout: PageLayout;
  readonly #fields: DropFieldOffsets;
  readonly #view: DataView;
  readonly #run: Run;
  /** Of the keys in the slots, their numbers. */
  readonly #numbers = new Int32Array(SLOTS);
  /** By key. */
  #counts = new Float64Array(256);

  /** @param id of the event */
  constructor(id: number, fields: DropFieldOffsets, layout: PageLayout) {
    const size = Math.max(SPACE_SIZE, layout.size);
    const { memory, run } = load(dropPageCode(id, fields, layout, SPACE + size), SPACE + size);
    this.#layout = layout;
    this.#fields = fields;
    this.#run = run;
    this.#view = new DataView(memory);
    this.space = new Uint8Array(memory, SPACE, size);
    for (let slot = 0; slot < SLOTS; slot++) this.#view.setInt32(slot * SLOT + WHAT, NO_PROTOCOL, true);
  }

  /**
   * Counts the drops of the pages from byte `from` of the space on, up to a page that has or tells something else: its
   * first drops are counted as well.
   * @param length bytes of each drop's record
   * @returns where that page begins, or the end of the last whole page
   */
  pages(from: number, end: number, length: number): number {
    const view = this.#view;
    const { data } = this.#layout;
    let page = SPACE + from;
    let at = page + data;
    view.setInt32(LAST, NONE, true);
    view.setBigUint64(ELAPSED, 0n);
    for (;;) {
      view.setInt32(MISSED, NONE, true);
      view.setInt32(ENDED, at, true);
      page = this.#run(page, at, SPACE + end, length);
      at = view.getInt32(ENDED, true);
      const slot = view.getInt32(MISSED, true);
      if (slot === NONE) break;
      this.#admit(slot, at + HEAD);
      // Nothing of this page is counted yet.
      if (at === page + data) view.setBigUint64(ELAPSED, 0n);
    }
    this.done = (at - page - data) / (HEAD + length);
    this.#tellTime(view.getInt32(LAST, true));
    return page - SPACE;
  }

  #tellTime(page: number): void {
    const view = this.#view;
    const stamp = page + this.#layout.timestamp;
    // Rounded once, as RingPageWalker does.
    this.lastTime =
      page === NONE
        ? null
        : view.getUint32(stamp + 4, true) * 2 ** 32 + (view.getUint32(stamp, true) + uint64(view, ELAPSED));
  }

  /** Counts one drop whose record stands at that byte, anywhere. */
  count(view: DataView, record: number): void {
    this.#add(this.#keyOf(view, record), 1);
  }

  /** Counts of the keys since they were taken last. */
  take(): Float64Array {
    for (let slot = 0; slot < SLOTS * SLOT; slot += SLOT) this.#settle(slot);
    const taken = this.#counts;
    this.#counts = new Float64Array(taken.length);
    return taken;
  }

  /** Gives a slot to the key of this record. */
  #admit(slot: number, record: number): void {
    this.#settle(slot);
    const view = this.#view;
    const key = this.#keyOf(view, record);
    const [low, high, reason, protocol] = this.keys.words.subarray(key * 4, key * 4 + 4);
    view.setInt32(slot, low!, true);
    view.setInt32(slot + 4, high!, true);
    view.setInt32(slot + WHAT, protocol!, true);
    view.setInt32(slot + WHAT + 4, reason!, true);
    this.#numbers[slot / SLOT] = key;
  }

  #keyOf(view: DataView, record: number): number {
    const { low, high, reason, protocol } = this.#fields;
    return this.keys.find(
      view.getInt32(record + low, true),
      high < 0 ? 0 : view.getInt32(record + high, true),
      reason < 0 ? 0 : view.getInt32(record + reason, true),
      view.getUint16(record + protocol, true),
    );
  }

  #settle(slot: number): void {
    const hits = uint64(this.#view, slot + HITS);
    if (hits === 0) return;
    this.#view.setBigUint64(slot + HITS, 0n);
    this.#add(this.#numbers[slot / SLOT]!, hits);
  }

  #add(key: number, count: number): void {
    if (key >= this.#counts.length) {
      const grown = new Float64Array(Math.max(this.#counts.length * 2, key + 1));
      grown.set(this.#counts);
      this.#counts = grown;
    }
    this.#counts[key]! += count;
  }
}

/** As far as it is used here; the types of Node.js 20 do not have it. */
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer }; run: Run } };
};

/** What {@link dropPageCode} makes. */
type Run = (page: number, at: number, end: number, length: number) => number;

/** Without WebAssembly (`node --jitless`, no address space left) nothing is familiar, and all is read with care. */
function load(code: Uint8Array, size: number): { memory: ArrayBuffer; run: Run } {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
    return { memory: exports.memory.buffer, run: exports.run };
  } catch (error) {
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    return { memory: new ArrayBuffer(size), run: (page) => page };
  }
}

function uint64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

/** Less than a processor's own cache holds, and enough for reads to be few. */
const SPACE_SIZE = 128 * 1024;
/** Of a slot that has no key. */
const NO_PROTOCOL = -1;
