import { type DropFieldOffsets, dropFieldOffsets } from './drop-page-fields.js';
import { DropPageScan } from './drop-page-scan.js';
import type { EventFormat } from './event-format.js';
import type { PageLayout } from './page-header.js';
import { RingPageWalker } from './ring-page.js';
import type { ByteString } from './trace-record.js';

export interface DropPageCount {
  /** The address in the kernel's text. */
  location: bigint;
  /** The kernel's own number (see DropReasons); null before 5.17. */
  reason: number | null;
  /** Ethertype in host order, 2048 for IPv4. */
  protocol: number;
  count: number;
}

export interface DropPageCounterOptions {
  layout: PageLayout;
  /** Of `skb:kfree_skb`. */
  format: EventFormat;
  /** Gets every page that has other events, too, once; `bytes` is good during the call only. */
  other?: (cpu: number, bytes: Uint8Array) => void;
}

/** Bytes that are no events: how often, and the first ones of them. */
export interface MalformedPages {
  count: number;
  samples: { why: string; sample: ByteString }[];
}

/**
 * Counts `skb:kfree_skb` in pages of `per_cpu/cpuN/trace_pipe_raw` by location, reason and protocol. A fifth of the
 * bytes of trace text, with addresses where text may have hashed ones, and with lengths that nothing can forge.
 */
export class DropPageCounter {
  /** Events that the kernel lost before a page. */
  lost = 0;
  /** Pages before which it lost some and did not count them. */
  lostUncounted = 0;
  /** Events with another id. */
  others = 0;
  /** Nanoseconds on the trace clock of the first and the last drop that were read; null before there was one. */
  firstTime: number | null = null;
  lastTime: number | null = null;
  readonly malformed: MalformedPages = { count: 0, samples: [] };

  readonly #layout: PageLayout;
  readonly #id: number;
  readonly #fields: DropFieldOffsets;
  readonly #other: ((cpu: number, bytes: Uint8Array) => void) | undefined;
  readonly #walker: RingPageWalker;
  readonly #scan: DropPageScan;
  /** Bytes of the last drop's record, which the next ones are taken to have, or 0. */
  #length = 0;
  /** Counts of the keys that were drained. */
  #drained: Float64Array = new Float64Array(0);

  /** @throws FormatError `event-format-invalid`: the event is not the one that is known */
  constructor({ layout, format, other }: DropPageCounterOptions) {
    this.#layout = layout;
    this.#id = format.id;
    this.#fields = dropFieldOffsets(format);
    this.#other = other;
    this.#walker = new RingPageWalker(layout);
    this.#scan = new DropPageScan(this.#id, this.#fields, layout);
  }

  /** A buffer to read pages into, of one page or more. Those that stand anywhere else are copied. */
  get space(): Uint8Array {
    return this.#scan.space;
  }

  /** Counts one page of this CPU or several, one behind the other; `bytes` may be used again afterwards. */
  pages(cpu: number, bytes: Uint8Array): void {
    const { space } = this.#scan;
    if (bytes.buffer === space.buffer) {
      this.#pages(cpu, bytes, bytes.byteOffset - space.byteOffset);
      return;
    }
    const most = space.length - (space.length % this.#layout.size);
    for (let from = 0; from < bytes.length; from += most) {
      const part = bytes.subarray(from, from + most);
      space.set(part);
      this.#pages(cpu, part, 0);
    }
  }

  get seen(): number {
    let seen = 0;
    for (const { count } of this.counts()) seen += count;
    return seen;
  }

  /** All drops so far, places in the order in which they were seen first. */
  counts(): DropPageCount[] {
    this.#settle();
    return this.#list(this.#total);
  }

  /** The drops since the last time this was asked. */
  drain(): DropPageCount[] {
    this.#settle();
    const before = this.#drained;
    this.#drained = this.#total.slice();
    return this.#list(this.#drained.map((count, key) => count - (before[key] ?? 0)));
  }

  #total: Float64Array = new Float64Array(0);

  #settle(): void {
    const since = this.#scan.take();
    if (this.#total.length < since.length) {
      const grown = new Float64Array(since.length);
      grown.set(this.#total);
      this.#total = grown;
    }
    for (let key = 0; key < since.length; key++) this.#total[key]! += since[key]!;
  }

  #list(counts: Float64Array): DropPageCount[] {
    const { keys } = this.#scan;
    const list: DropPageCount[] = [];
    for (let key = 0; key < keys.size; key++) {
      const count = counts[key] ?? 0;
      if (count === 0) continue;
      const [low, high, reason, protocol] = keys.words.subarray(key * 4, key * 4 + 4);
      list.push({
        location: (BigInt(high! >>> 0) << 32n) | BigInt(low! >>> 0),
        reason: this.#fields.reason < 0 ? null : reason!,
        protocol: protocol!,
        count,
      });
    }
    return list;
  }

  /** @param base where the bytes stand in the space */
  #pages(cpu: number, bytes: Uint8Array, base: number): void {
    const { size } = this.#layout;
    const scan = this.#scan;
    let from = 0;
    while (from < bytes.length) {
      let done = 0;
      if (this.#length > 0) {
        from = scan.pages(base + from, base + bytes.length, this.#length) - base;
        done = scan.done;
        this.lastTime = scan.lastTime ?? this.lastTime;
      }
      if (from < bytes.length) this.#rest(cpu, bytes.subarray(from, from + size), done);
      from += size;
    }
  }

  /** Any page, from behind its first events on. */
  #rest(cpu: number, bytes: Uint8Array, done: number): void {
    const walker = this.#walker;
    walker.open(bytes);
    if (walker.lost === null) this.lostUncounted += 1;
    else this.lost += walker.lost;
    for (let skipped = 0; skipped < done; skipped++) walker.next();
    const others = this.others;
    while (walker.next()) this.#event(bytes);
    if (walker.fault !== null) {
      const { offset, why } = walker.fault;
      this.#reject(`byte ${offset} of a page: ${why}`, bytes, offset, bytes.length);
    }
    if (this.others > others) this.#other?.(cpu, bytes);
  }

  #event(bytes: Uint8Array): void {
    const { id, offset, length, time, view } = this.#walker;
    if (id !== this.#id) {
      this.others += 1;
    } else if (length < this.#fields.least) {
      const why = `event id ${id} has ${length} bytes, its format says ${this.#fields.least}`;
      this.#reject(why, bytes, offset, offset + length);
    } else {
      this.#scan.count(view, offset);
      this.#length = length <= LONGEST_FAMILIAR ? length : 0;
      this.firstTime ??= time;
      this.lastTime = time;
    }
  }

  #reject(why: string, bytes: Uint8Array, from: number, to: number): void {
    this.malformed.count += 1;
    if (this.malformed.samples.length === SAMPLES) return;
    const sample = Buffer.from(bytes.subarray(from, Math.min(to, from + SAMPLE))).toString('latin1');
    this.malformed.samples.push({ why, sample });
  }
}

/** What an event's head can tell of a record's length (RINGBUF_TYPE_DATA_TYPE_LEN_MAX): longer ones have it elsewhere. */
const LONGEST_FAMILIAR = 28 * 4;
const SAMPLES = 5;
/** Most bytes of a sample. */
const SAMPLE = 64;
