import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PageLayout } from '../../src/decode/page-header.js';
import { RingPageWalker } from '../../src/decode/ring-page.js';
import { buildPage, type PageItem, record } from './page-builder.js';

const LAYOUT: PageLayout = { timestamp: 0, commit: 8, longSize: 8, data: 16, size: 4096 };

interface Walk {
  events: { id: number; offset: number; length: number; time: number }[];
  lost: number | null;
  fault: { offset: number; why: string } | null;
}

function walk(bytes: Uint8Array, layout = LAYOUT): Walk {
  const walker = new RingPageWalker(layout);
  const events: Walk['events'] = [];
  walker.open(bytes);
  while (walker.next()) {
    events.push({ id: walker.id, offset: walker.offset, length: walker.length, time: walker.time });
  }
  expect(walker.events).toBe(events.length);
  expect(walker.next()).toBe(false);
  return { events, lost: walker.lost, fault: walker.fault };
}

describe.each([
  // The page's own stamp and commit, read off a hex dump.
  { kernel: '5.10', stamp: 0x22_2ccf_c0e6, size: 32, id: 0x4ed, commit: 0x5cc },
  { kernel: '6.1', stamp: 0x27_4f54_9753, size: 32, id: 0x527, commit: 0x5cc },
  { kernel: '6.12', stamp: 0x27_77b6_1af8, size: 40, id: 0x5b5, commit: 0x714 },
  { kernel: '7.2', stamp: 0x28_9c04_2752, size: 40, id: 0x614, commit: 0x714 },
])('a real page of $kernel', ({ kernel, stamp, size, id, commit }) => {
  const bytes = readFileSync(new URL(`../fixtures/${kernel}/C-trace_pipe_raw-page.bin`, import.meta.url));
  const { events, lost, fault } = walk(bytes);

  it('is walked to its commit, event for event', () => {
    expect(fault).toBeNull();
    expect(lost).toBe(0);
    expect(events.every((event) => event.id === id)).toBe(true);
    const last = events.at(-1)!;
    expect(last.offset + last.length).toBe(16 + commit);
    expect(new Set(events.map(({ length }) => length))).toEqual(new Set([size]));
  });

  it('has stamps that rise from the page’s own, within seconds', () => {
    const times = events.map(({ time }) => time);
    expect(times[0]).toBeGreaterThanOrEqual(stamp);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)! - stamp).toBeLessThan(5e9);
  });

  it('can be cut anywhere: what is there is walked, what is not is told', () => {
    for (let length = 0; length < 16 + commit; length += 1) {
      const cut = walk(bytes.subarray(0, length));
      expect(cut.fault).not.toBeNull();
      expect(cut.events).toEqual(events.slice(0, cut.events.length));
      expect(cut.events.length).toBe(events.filter((event) => event.offset + event.length <= length).length);
    }
  });
});

describe('times', () => {
  const at = (stamp: bigint, ...items: PageItem[]): number[] =>
    walk(buildPage({ stamp, items })).events.map(({ time }) => time);
  const event = (delta: number): PageItem => ({ kind: 'event', delta, record: record(1, 1) });

  it('adds deltas, time extends and discarded events', () => {
    const items: PageItem[] = [event(5), { kind: 'extend', delta: 1n << 40n }, event(0)];
    expect(at(1000n, ...items, { kind: 'discarded', delta: 7, words: 3 }, event(1))).toEqual([
      1005,
      1005 + 2 ** 40,
      1005 + 2 ** 40 + 8,
    ]);
  });

  it('takes absolute stamps, whose top five bits are those of the page', () => {
    expect(at(1000n, { kind: 'absolute', stamp: 123_456_789_012n }, event(3))).toEqual([123_456_789_015]);
    const top = 0x8800_0000_0000_0000n;
    expect(at(top + 10n, { kind: 'absolute', stamp: 5000n }, event(0))).toEqual([Number(top + 5000n)]);
    // The 59 bits have overflown since the page's stamp.
    expect(at(top + 5000n, { kind: 'absolute', stamp: 10n }, event(0))).toEqual([
      Number(top + (1n << 59n) + 10n),
    ]);
  });

  it('rounds once, from the exact sum, beyond 2^53', () => {
    const stamp = (1n << 53n) + 1n;
    expect(at(stamp, event(0), event(1), event(1), event(1))).toEqual(
      [0n, 1n, 2n, 3n].map((more) => Number(stamp + more)),
    );
  });
});

describe('lost events', () => {
  const items: PageItem[] = [{ kind: 'event', delta: 0, record: record(1, 1) }];

  it('reads the count behind the commit, without taking it for an event', () => {
    expect(walk(buildPage({ stamp: 0n, items, lost: 3781n }))).toMatchObject({
      lost: 3781,
      events: [{}],
      fault: null,
    });
    expect(walk(buildPage({ stamp: 0n, items, lost: 0n })).lost).toBe(0);
  });

  it('knows that there were some where the kernel had no room for the count', () => {
    expect(walk(buildPage({ stamp: 0n, items, lost: null })).lost).toBeNull();
    const full = buildPage({ stamp: 0n, items, lost: 5n });
    expect(walk(full.subarray(0, 30))).toMatchObject({ lost: null, fault: null });
  });

  it('reads 32-bit counts of 32-bit kernels', () => {
    const bytes = new Uint8Array(64);
    const view = new DataView(bytes.buffer);
    view.setUint32(8, (0xc0000000 | 12) >>> 0, true);
    view.setUint32(12, 2, true);
    view.setUint16(16, 9, true);
    view.setUint32(24, 77, true);
    const layout: PageLayout = { timestamp: 0, commit: 8, longSize: 4, data: 12, size: 64 };
    expect(walk(bytes, layout)).toMatchObject({
      lost: 77,
      events: [{ id: 9, offset: 16, length: 8 }],
      fault: null,
    });
  });
});

describe('bytes that lie', () => {
  const good: PageItem = { kind: 'event', delta: 1, record: record(3, 1) };
  const withWords = (...words: number[]): Uint8Array => {
    const bytes = buildPage({ stamp: 0n, items: [good] });
    const view = new DataView(bytes.buffer);
    for (const [index, word] of words.entries()) view.setUint32(28 + index * 4, word >>> 0, true);
    view.setUint32(8, 12 + words.length * 4, true);
    return bytes;
  };
  it.each([
    ['an event longer than the page', [28], 'needs 112 bytes, 0 are left'],
    ['a big event longer than the page', [0, 400], 'needs 400 bytes, 4 are left'],
    ['a big event without a length', [0], 'event head needs 8 bytes, 4 are left'],
    ['a big event with length 0', [0, 0, 0], 'length is 0, expected a multiple of 4 from 8 on'],
    ['a big event of odd length', [0, 9, 0, 0], 'length is 9'],
    ['a big event of 4 GiB', [0, 0xfffffffc, 0], 'needs 4294967292 bytes'],
    ['a discarded event longer than the page', [29 | 32, 99996], 'needs 99996 bytes'],
    ['a discarded event of length 0', [29 | 32, 0], 'from 4 on'],
    ['half a time extend', [30], 'needs 8 bytes'],
    ['half an absolute stamp', [31], 'needs 8 bytes'],
  ])('%s', (_, words, why) => {
    expect(walk(withWords(...words))).toMatchObject({
      events: [{ id: 3, time: 1 }],
      fault: { offset: 28, why: expect.stringContaining(why) },
    });
  });

  it('padding without a delta ends the page', () => {
    expect(walk(withWords(29, 28, 28, 28))).toMatchObject({ events: [{ id: 3 }], fault: null });
  });

  it('a commit beyond the page, and one of a big-endian kernel', () => {
    const bytes = buildPage({ stamp: 0n, items: [good] });
    new DataView(bytes.buffer).setUint32(8, 5000, true);
    expect(walk(bytes).fault?.why).toContain('length is 0');
    const full = buildPage({ stamp: 0n, items: [good] }).subarray(0, 28);
    new DataView(full.buffer).setUint32(8, 5000, true);
    expect(walk(full)).toMatchObject({ events: [{ id: 3 }], fault: { offset: 28 } });
    new DataView(full.buffer).setBigUint64(8, 12n, false);
    expect(walk(full)).toMatchObject({
      events: [],
      fault: { offset: 8, why: expect.stringContaining('big-endian') },
    });
  });
});

const anyItem: fc.Arbitrary<PageItem> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('event' as const),
      delta: fc.nat(2 ** 27 - 1),
      record: anyRecord(),
      long: fc.boolean(),
    }),
  },
  fc.record({
    kind: fc.constant('discarded' as const),
    delta: fc.integer({ min: 1, max: 2 ** 27 - 1 }),
    words: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({ kind: fc.constant('extend' as const), delta: fc.bigInt(0n, (1n << 59n) - 1n) }),
  fc.record({ kind: fc.constant('absolute' as const), stamp: fc.bigInt(0n, (1n << 59n) - 1n) }),
);

function anyRecord(): fc.Arbitrary<Uint8Array> {
  const rest = fc.uint8Array({ minLength: 0, maxLength: 200 });
  return fc.tuple(fc.nat(0xffff), fc.nat(), rest).map(([id, tid, more]) => record(id, tid, more));
}

describe('properties', () => {
  it('what is built is what is walked', () => {
    const stamps = fc.oneof(fc.bigInt(0n, (1n << 59n) - 1n), fc.bigInt(0n, (1n << 63n) - 1n));
    const lost = fc.option(fc.option(fc.bigInt(1n, (1n << 53n) - 1n)), { nil: undefined });
    fc.assert(
      fc.property(stamps, fc.array(anyItem, { maxLength: 30 }), lost, (stamp, items, missing) => {
        const content = missing === undefined ? { stamp, items } : { stamp, items, lost: missing };
        const bytes = buildPage(content, 16_384);
        const walked = walk(bytes);
        expect(walked.fault).toBeNull();
        expect(walked.lost).toBe(missing === undefined ? 0 : missing === null ? null : Number(missing));
        const expected = expectEvents(stamp, items);
        expect(walked.events.map(({ time }) => time)).toEqual(expected.map(({ time }) => time));
        const records = walked.events.map(({ offset, length }) => bytes.slice(offset, offset + length));
        expect(records).toEqual(expected.map((each) => each.record));
      }),
      { numRuns: 300 },
    );
  });

  it('any bytes: no exception, no byte outside, every byte before the commit accounted for', () => {
    const head = fc.tuple(
      fc.bigInt(0n, (1n << 64n) - 1n),
      fc.oneof(fc.nat(600), fc.nat(2 ** 31 - 1), fc.integer()),
    );
    const words = fc.array(fc.oneof(fc.nat(0xffffffff), fc.nat(31), fc.nat(127), fc.constant(9)), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(head, words, fc.nat(15), fc.nat(7), ([stamp, commit], content, cut, shift) => {
        const bytes = new Uint8Array(16 + content.length * 4);
        const view = new DataView(bytes.buffer);
        view.setBigUint64(0, stamp, true);
        view.setInt32(8, commit, true);
        for (const [index, word] of content.entries()) view.setUint32(16 + index * 4, word, true);
        const page = bytes.subarray(0, bytes.length - cut);
        const walked = walk(page);
        // Whatever stands around the page makes no difference.
        for (const poison of [0x00, 0xff]) {
          const around = new Uint8Array(page.length + 64).fill(poison);
          around.set(page, shift);
          expect(walk(around.subarray(shift, shift + page.length))).toEqual(walked);
        }
        const end = Math.min(page.length, 16 + (commit & 0x3fffffff));
        let before = 16;
        for (const { offset, length, time } of walked.events) {
          expect(offset).toBeGreaterThanOrEqual(before + 4);
          expect(length).toBeGreaterThanOrEqual(4);
          expect(offset + length).toBeLessThanOrEqual(end);
          expect(Number.isFinite(time)).toBe(true);
          before = offset + length;
        }
        if (walked.fault !== null) expect(walked.fault.offset).toBeLessThanOrEqual(page.length);
      }),
      { numRuns: 1000 },
    );
  });
});

/** The same page said in another way: exact arithmetic on bigint. */
function expectEvents(stamp: bigint, items: readonly PageItem[]): { time: number; record: Uint8Array }[] {
  const events = [];
  const topBits = 0xf8n << 56n;
  let time = stamp;
  for (const item of items) {
    if (item.kind === 'absolute') {
      time = item.stamp | (stamp & topBits);
      if ((stamp & topBits) !== 0n && time < stamp) time += 1n << 59n;
    } else {
      time += BigInt(item.delta);
    }
    if (item.kind === 'event') events.push({ time: Number(time), record: item.record });
  }
  return events;
}
