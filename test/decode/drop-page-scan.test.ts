import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DropFieldOffsets } from '../../src/decode/drop-page-fields.js';
import { DropPageScan } from '../../src/decode/drop-page-scan.js';

const ID = 1461;
const RECORD = 40;
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

  it('are all counted, whichever share a slot, by scan() and count() alike', () => {
    fc.assert(
      fc.property(fc.array(drop, { maxLength: 200 }), fc.array(fc.boolean()), (drops, takeNow) => {
        const runs = drops.flatMap(({ times, ...each }) => Array(times).fill(each));
        const bytes = eventsOf(fields, runs);
        const scanned = new DropPageScan(ID, fields, 4096);
        const counted = new DropPageScan(ID, fields, 4096);
        const counts = new Map<string, number>();
        const size = RECORD + 4;
        for (let from = 0, round = 0; from < bytes.length; round++) {
          const page = bytes.subarray(from, from + 92 * size);
          scanned.space.set(page, 16);
          expect(scanned.scan(16, 16 + page.length, RECORD)).toBe(16 + page.length);
          if (takeNow[round]) addTaken(counts, scanned);
          from += page.length;
        }
        addTaken(counts, scanned);
        for (let at = 4; at < bytes.length; at += size) counted.count(viewOf(bytes), at);
        expect(counts).toEqual(addTaken(new Map(), counted));
        expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(runs.length);
      }),
    );
  });
});

describe('an event that is no drop of that length', () => {
  const [, fields] = SHAPES[0]!;
  const drops = Array.from({ length: 4 }, (_, index) => ({ low: index, delta: 2 ** 27 - 1 }));
  const size = RECORD + 4;

  it.each([
    ['another length', (view: DataView) => view.setUint8(2 * size, 9)],
    ['a time that passed', (view: DataView) => view.setUint8(2 * size, 30)],
    ['another event', (view: DataView) => view.setUint16(2 * size + 4, ID + 1, true)],
  ])('%s: the scan stops in front of it', (_, change) => {
    const bytes = eventsOf(fields, drops);
    change(viewOf(bytes));
    const scan = new DropPageScan(ID, fields, 4096);
    scan.space.set(bytes);
    expect(scan.scan(0, bytes.length, RECORD)).toBe(2 * size);
    expect(scan.elapsed).toBe(2 * (2 ** 27 - 1));
    expect(addTaken(new Map(), scan).size).toBe(2);
  });

  it('an event that the page does not hold to its end', () => {
    const bytes = eventsOf(fields, drops);
    const scan = new DropPageScan(ID, fields, 4096);
    scan.space.set(bytes);
    expect(scan.scan(0, bytes.length - 1, RECORD)).toBe(3 * size);
    expect(scan.scan(0, 43, RECORD)).toBe(0);
  });

  it('time beyond 32 bits', () => {
    const scan = new DropPageScan(ID, fields, 2 ** 20);
    expect(scan.space.length).toBe(2 ** 20);
    const many = Array.from({ length: 300 }, () => ({ low: 1, delta: 2 ** 27 - 1 }));
    const bytes = eventsOf(fields, many);
    scan.space.set(bytes);
    scan.scan(0, bytes.length, RECORD);
    expect(scan.elapsed).toBe(300 * (2 ** 27 - 1));
  });
});

it('leaves everything to others where there is no WebAssembly', () => {
  // As V8 has it: the name is not there.
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly')!;
  Reflect.deleteProperty(globalThis, 'WebAssembly');
  onTestFinished(() => void Object.defineProperty(globalThis, 'WebAssembly', descriptor));
  const [, fields] = SHAPES[0]!;
  const bytes = eventsOf(fields, [{ low: 1 }, { low: 2 }]);
  const scan = new DropPageScan(ID, fields, 4096);
  scan.space.set(bytes);
  expect(scan.scan(0, bytes.length, RECORD)).toBe(0);
  scan.count(viewOf(bytes), 4);
  expect(addTaken(new Map(), scan)).toEqual(new Map([['1 0 0 0', 1]]));
});

interface Drop {
  low?: number;
  high?: number;
  reason?: number;
  protocol?: number;
  delta?: number;
}

/** Events of RECORD bytes, one behind the other. */
function eventsOf(fields: DropFieldOffsets, drops: readonly Drop[]): Uint8Array {
  const bytes = new Uint8Array(drops.length * (RECORD + 4));
  const view = viewOf(bytes);
  for (const [index, { low = 0, high = 0, reason = 0, protocol = 0, delta = 0 }] of drops.entries()) {
    const at = index * (RECORD + 4);
    view.setUint32(at, ((delta << 5) | (RECORD / 4)) >>> 0, true);
    // What no field covers must not matter.
    bytes.fill(0x20 + (index % 64), at + 4, at + 4 + RECORD);
    view.setUint16(at + 4, ID, true);
    view.setInt32(at + 4 + fields.low, low, true);
    if (fields.high >= 0) view.setInt32(at + 4 + fields.high, high, true);
    if (fields.reason >= 0) view.setInt32(at + 4 + fields.reason, reason, true);
    view.setUint16(at + 4 + fields.protocol, protocol, true);
  }
  return bytes;
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
