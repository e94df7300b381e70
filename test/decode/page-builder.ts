/** Writes sub-buffer pages as the kernel's ring buffer does, for tests: the other direction of src/decode/ring-page.ts. */
export interface PageContent {
  /** Nanoseconds of the page's own stamp. */
  stamp: bigint;
  items: readonly PageItem[];
  /** Null: lost without a count. Absent: nothing lost. */
  lost?: bigint | null;
}

export type PageItem =
  | { kind: 'event'; delta: number; record: Uint8Array; long?: boolean }
  | { kind: 'discarded'; delta: number; words: number }
  | { kind: 'extend'; delta: bigint }
  | { kind: 'absolute'; stamp: bigint };

export function buildPage({ stamp, items, lost }: PageContent, size = 4096): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, stamp, true);
  let at = 16;
  const word = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const head = (type: number, delta: number): void => word(((delta << 5) | type) >>> 0);
  for (const item of items) {
    switch (item.kind) {
      case 'event': {
        const { length } = item.record;
        if (item.long === true || length > 28 * 4) {
          head(0, item.delta);
          word(length + 4);
        } else {
          head(length / 4, item.delta);
        }
        bytes.set(item.record, at);
        at += length;
        break;
      }
      case 'discarded':
        head(29, item.delta);
        word(item.words * 4);
        at += item.words * 4 - 4;
        break;
      case 'extend':
        head(30, Number(item.delta & 0x7ffffffn));
        word(Number(item.delta >> 27n));
        break;
      case 'absolute':
        head(31, Number(item.stamp & 0x7ffffffn));
        word(Number((item.stamp >> 27n) & 0xffffffffn));
        break;
    }
  }
  let commit = BigInt(at - 16);
  if (lost !== undefined) {
    // As measured on every kernel: the flag is an int, and its sign fills the upper half.
    commit |= -1n << 31n;
    if (lost !== null) {
      commit |= 1n << 30n;
      view.setBigUint64(at, lost, true);
    }
  }
  view.setBigInt64(8, commit, true);
  return bytes;
}

/** A record that is nothing but the common fields and what follows. */
export function record(id: number, tid: number, rest: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(8 + Math.ceil(rest.length / 4) * 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id, true);
  view.setInt32(4, tid, true);
  bytes.set(rest, 8);
  return bytes;
}
