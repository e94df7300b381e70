import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DropFieldOffsets } from '../../src/decode/drop-page-fields.js';
import { DropPageScan } from '../../src/decode/drop-page-scan.js';
import type { PageLayout } from '../../src/decode/page-header.js';

const ID = 1461;
const RECORD = 40;
const EVENT = 4 + RECORD;
const PAGE = 4096;
const DATA = 16;
const A_PAGE = Math.floor((PAGE - DATA) / EVENT);
const LAYOUT: PageLayout = { timestamp: 0, commit: 8, longSize: 8, data: DATA, size: PAGE };
const STAMP = 2 ** 40 + 3;
/** As 6.12, 5.10 and a kernel with pointers of 32 bits have them. */
const SHAPES: [string, DropFieldOffsets][] = [
  ['with reasons', { low: 16, high: 20, reason: 36, protocol: 32, least: 40 }],
  ['without reasons', { low: 16, high: 20, reason: -1, protocol: 24, least: 26 }],
  ['of 32 bits', { low: 12, high: -1, reason: -1, protocol: 16, least: 18 }],
];

describe.each(SHAPES)('drops %s', (_, fields) => {
  // Few values, in words that the hash adds up: many keys, and many of them in the same slots.
  const word = fc.constantFrom(0, 1, -1, 0x1000, 0x100000, -0x80000000, 0x7fffffff);
  const drop = fc.record({
    low: word,
    high: word,
    reason: fc.oneof(fc.nat({ max: 300 }), word),
    protocol: fc.oneof(fc.nat({ max: 0xffff }), fc.constantFrom(0, 2048, 0xffff)),
    delta: fc.nat({ max: 2 ** 27 - 1 }),
    times: fc.integer({ min: 1, max: 3 }),
  });

  it('are all counted, whichever share a slot, in pages and one by one alike', () => {
    fc.assert(
      fc.property(fc.array(drop, { maxLength: 400 }), fc.array(fc.boolean()), (drops, takeNow) => {
        const runs = drops.flatMap(({ times, ...each }) => Array<Drop>(times).fill(each));
        const pages = pagesOf(fields, runs);
        const scanned = new DropPageScan(ID, fields, LAYOUT);
        const single = new DropPageScan(ID, fields, LAYOUT);
        const counts = new Map<string, number>();
        // Two pages at a time, not at the start of the space.
        for (let from = 0, round = 0; from < pages.length; from += 2 * PAGE, round++) {
          const part = pages.subarray(from, from + 2 * PAGE);
          scanned.space.set(part, PAGE);
          expect(scanned.pages(PAGE, PAGE + part.length, RECORD)).toBe(PAGE + part.length);
          if (takeNow[round]) addTaken(counts, scanned);
        }
        addTaken(counts, scanned);
        for (const at of recordsOf(pages)) single.count(viewOf(pages), at);
        expect(counts).toEqual(addTaken(new Map(), single));
        expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(runs.length);
        const last = runs.slice(Math.floor((runs.length - 1) / A_PAGE) * A_PAGE);
        const elapsed = last.reduce((sum, { delta = 0 }) => sum + delta, 0);
        if (runs.length > 0) expect(scanned.lastTime).toBe(STAMP + elapsed);
      }),
    );
  });
});

describe('a page with something else', () => {
  const [, fields] = SHAPES[0]!;
  const late = 2 ** 27 - 1;
  const drops = Array.from({ length: A_PAGE + 4 }, (_, index) => ({ low: index % 5, delta: late }));

  it.each<[string, number, (page: DataView) => void]>([
    ['an event of another length', 2, (page) => page.setUint8(DATA + 2 * EVENT, 9)],
    ['a time that passed', 2, (page) => page.setUint8(DATA + 2 * EVENT, 30)],
    ['another event', 2, (page) => page.setUint16(DATA + 2 * EVENT + 4, ID + 1, true)],
    ['an event that is not there to its end', 3, (page) => page.setUint32(8, 4 * EVENT - 1, true)],
    ['bytes behind the last event', 4, (page) => page.setUint32(8, 4 * EVENT + 4, true)],
    ['lost events', 4, (page) => page.setUint32(8, (4 * EVENT) | (1 << 31), true)],
    ['lost events, with the sign', 4, (page) => page.setBigInt64(8, BigInt((4 * EVENT) | (3 << 30)), true)],
    ['more bytes in use than it has', 0, (page) => page.setUint32(8, PAGE - DATA + 4, true)],
    ['very many bytes in use', 0, (page) => page.setUint32(8, 2 ** 30 - 1, true)],
    ['an impossible commit word', 0, (page) => page.setUint32(12, 1, true)],
    [
      'an impossible commit word with flags',
      0,
      (page) => page.setBigInt64(8, (5n << 32n) | (1n << 31n), true),
    ],
  ])('%s: what is in front of it is counted', (_, done, change) => {
    const pages = pagesOf(fields, drops);
    change(viewOf(pages.subarray(PAGE)));
    const scan = new DropPageScan(ID, fields, LAYOUT);
    scan.space.set(pages);
    expect(scan.pages(0, pages.length, RECORD)).toBe(PAGE);
    expect(scan.done).toBe(done);
    expect(scan.lastTime).toBe(STAMP + (done === 0 ? A_PAGE : done) * late);
    expect([...addTaken(new Map(), scan).values()].reduce((sum, count) => sum + count)).toBe(A_PAGE + done);
  });

  it('less than a page', () => {
    const pages = pagesOf(fields, drops);
    const scan = new DropPageScan(ID, fields, LAYOUT);
    scan.space.set(pages);
    expect(scan.pages(0, pages.length - 1, RECORD)).toBe(PAGE);
    expect(scan.pages(0, 10, RECORD)).toBe(0);
    expect(scan).toMatchObject({ done: 0, lastTime: null });
  });

  it('pages larger than the usual space', () => {
    const scan = new DropPageScan(ID, fields, { ...LAYOUT, size: 2 ** 20 });
    expect(scan.space.length).toBe(2 ** 20);
  });
});

it('leaves everything to others where there is no WebAssembly', () => {
  // As V8 has it: the name is not there.
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly')!;
  Reflect.deleteProperty(globalThis, 'WebAssembly');
  onTestFinished(() => void Object.defineProperty(globalThis, 'WebAssembly', descriptor));
  const [, fields] = SHAPES[0]!;
  const pages = pagesOf(fields, [{ low: 1 }, { low: 2 }]);
  const scan = new DropPageScan(ID, fields, LAYOUT);
  scan.space.set(pages);
  expect(scan.pages(0, PAGE, RECORD)).toBe(0);
  expect(scan).toMatchObject({ done: 0, lastTime: null });
  scan.count(viewOf(pages), DATA + 4);
  expect(addTaken(new Map(), scan)).toEqual(new Map([['1 0 0 0', 1]]));
});

interface Drop {
  low?: number;
  high?: number;
  reason?: number;
  protocol?: number;
  delta?: number;
}

/** Whole pages of drops, as many in each as find room. */
function pagesOf(fields: DropFieldOffsets, drops: readonly Drop[]): Uint8Array {
  const pages = new Uint8Array(Math.ceil(drops.length / A_PAGE) * PAGE);
  const view = viewOf(pages);
  for (const [index, { low = 0, high = 0, reason = 0, protocol = 0, delta = 0 }] of drops.entries()) {
    const page = Math.floor(index / A_PAGE) * PAGE;
    const at = page + DATA + (index % A_PAGE) * EVENT;
    view.setBigUint64(page, BigInt(STAMP), true);
    view.setUint32(page + 8, at + EVENT - page - DATA, true);
    view.setUint32(at, ((delta << 5) | (RECORD / 4)) >>> 0, true);
    // What no field covers must not matter.
    pages.fill(0x20 + (index % 64), at + 4, at + EVENT);
    view.setUint16(at + 4, ID, true);
    view.setInt32(at + 4 + fields.low, low, true);
    if (fields.high >= 0) view.setInt32(at + 4 + fields.high, high, true);
    if (fields.reason >= 0) view.setInt32(at + 4 + fields.reason, reason, true);
    view.setUint16(at + 4 + fields.protocol, protocol, true);
  }
  return pages;
}

function* recordsOf(pages: Uint8Array): Generator<number> {
  for (let page = 0; page < pages.length; page += PAGE) {
    const end = page + DATA + viewOf(pages).getUint32(page + 8, true);
    for (let at = page + DATA; at < end; at += EVENT) yield at + 4;
  }
}

function addTaken(counts: Map<string, number>, scan: DropPageScan): Map<string, number> {
  for (const [key, count] of scan.take().entries()) {
    if (count === 0) continue;
    const words = scan.keys.words.subarray(key * 4, key * 4 + 4).join(' ');
    counts.set(words, (counts.get(words) ?? 0) + count);
  }
  return counts;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
