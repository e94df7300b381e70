import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DropPageCount, DropPageCounter } from '../../src/decode/drop-page-counter.js';
import { DropTextCounter } from '../../src/decode/drop-text-counter.js';
import { type EventFormat, parseEventFormat } from '../../src/decode/event-format.js';
import { parsePageHeader } from '../../src/decode/page-header.js';
import { PageDecoder } from '../../src/decode/page-records.js';
import type { TraceRecord } from '../../src/decode/trace-record.js';
import { dropLine, kernels } from './drop-lines.js';
import { buildPage, type PageItem, record } from './page-builder.js';

describe('samples of four kernels', () => {
  it.each([
    ['5.10', 0xffffffff835f2522n, null],
    ['6.1', null, 2],
    ['6.12', 0xffffffff8ef420b5n, 3],
    ['7.2', 0xffffffff8e4fa632n, 3],
  ])('%s', (kernel, location, reason) => {
    const page = sample(kernel);
    const counter = counterOf(kernel);
    counter.pages(0, page);
    const [first, ...others] = counter.counts();
    expect(others).toEqual([]);
    expect(first).toMatchObject({ reason, protocol: 2048 });
    if (location !== null) expect(first?.location).toBe(location);
    expect(first?.count).toBe(counter.seen);
    expect(counter.seen).toBeGreaterThan(30);
    expect(counter).toMatchObject({ lost: 0, others: 0, malformed: { count: 0 } });
  });

  it.each(kernels)('%s: what the general decoder finds, with its times', (kernel) => {
    const page = sample(kernel);
    const records = general(kernel, page);
    const counter = counterOf(kernel);
    // The second page is read by what the first one taught.
    counter.pages(0, page);
    counter.pages(0, page);
    expect(byPlace(counter.counts())).toEqual(byPlace(twice(placesOf(records))));
    const times = records.flatMap((each) => (each.kind === 'event' ? [each.time] : []));
    expect([counter.firstTime, counter.lastTime]).toEqual([times[0], times.at(-1)]);
  });
});

describe('pages', () => {
  it('several at once', () => {
    const page = sample('6.12');
    const one = counterOf('6.12');
    one.pages(0, page);
    const three = counterOf('6.12');
    // Not at the start of their buffer.
    three.pages(0, Buffer.concat([Buffer.alloc(100), page, page, page]).subarray(100));
    expect(three.seen).toBe(3 * one.seen);
    expect(three.malformed.count).toBe(0);
  });

  it('losses with and without a count', () => {
    const counter = counterOf('6.12');
    counter.pages(0, page([drop()]));
    counter.pages(1, buildPage({ stamp: 5n, items: [drop()], lost: 300n }));
    counter.pages(1, buildPage({ stamp: 5n, items: [drop()], lost: 2n ** 33n }));
    counter.pages(1, buildPage({ stamp: 5n, items: [drop()], lost: null }));
    expect(counter).toMatchObject({ seen: 4, lost: 300 + 2 ** 33, lostUncounted: 1 });
  });

  it('hands pages with other events on', () => {
    const given: [number, Uint8Array][] = [];
    const counter = counterOf('6.12', (cpu, bytes) => given.push([cpu, bytes.slice()]));
    const other: PageItem = { kind: 'event', delta: 3, record: record(17, 1) };
    const mixed = page([drop(), drop(), other, drop(), other]);
    counter.pages(0, page([drop(), drop()]));
    counter.pages(2, mixed);
    counter.pages(2, page([drop()]));
    expect(given).toEqual([[2, mixed]]);
    expect(counter).toMatchObject({ seen: 6, others: 2, malformed: { count: 0 } });
  });

  it('times over what separates events', () => {
    const counter = counterOf('6.12');
    counter.pages(0, page([drop({ delta: 0 }), drop({ delta: 7 })]));
    expect(counter).toMatchObject({ firstTime: 1000, lastTime: 1007 });
    counter.pages(0, page([drop({ delta: 1 }), { kind: 'extend', delta: 2n ** 40n }, drop({ delta: 5 })]));
    expect(counter).toMatchObject({ firstTime: 1000, lastTime: 1000 + 1 + 2 ** 40 + 5 });
    counter.pages(
      0,
      page([drop(), { kind: 'discarded', delta: 1, words: 3 }, drop({ long: true }), drop({ delta: 2 })]),
    );
    expect(counter.seen).toBe(7);
  });

  it('a record that is too short, a page that breaks off', () => {
    const counter = counterOf('6.12');
    counter.pages(
      0,
      page([drop(), { kind: 'event', delta: 0, record: record(ID, 1, new Uint8Array(20)) }, drop()]),
    );
    expect(counter).toMatchObject({ seen: 2, malformed: { count: 1 } });
    counter.pages(0, page([drop(), drop()]).subarray(0, 16 + 44 + 20));
    expect(counter).toMatchObject({ seen: 3, malformed: { count: 2 } });
    expect(counter.malformed.samples.map(({ why }) => why)).toEqual([
      `event id ${ID} has 28 bytes, its format says 40`,
      'byte 60 of a page: an event needs 40 bytes, 16 are left in the page',
    ]);
  });
});

describe('formats', () => {
  it('pointers of 32 bits', () => {
    const layout = parsePageHeader(read('6.12', 'C-header_page.txt'));
    const format = parseEventFormat(FORMAT_32);
    const counter = new DropPageCounter({ layout, format });
    const bytes = new Uint8Array(12);
    new DataView(bytes.buffer).setUint32(4, 0xc0de1234, true);
    new DataView(bytes.buffer).setUint16(8, 34525, true);
    const items: PageItem[] = [{ kind: 'event', delta: 0, record: record(9, 1, bytes) }];
    counter.pages(0, buildPage({ stamp: 0n, items }));
    expect(counter.counts()).toEqual([{ location: 0xc0de1234n, reason: null, protocol: 34525, count: 1 }]);
  });

  it.each([
    ['without a location', (text: string) => text.replace('location;', 'place;'), 'not both there'],
    [
      'with a protocol of other size',
      (text: string) => text.replace('size:2;\tsigned:0;\n\nprint', 'size:4;\tsigned:0;\n\nprint'),
      'protocol has 4 bytes, expected 2',
    ],
  ])('%s', (_, change, message) => {
    const format = parseEventFormat(change(FORMAT_32));
    const layout = parsePageHeader(read('6.12', 'C-header_page.txt'));
    expect(() => new DropPageCounter({ layout, format })).toThrow(message);
  });
});

it('drain() gives what came since the last time, counts() all of it', () => {
  const counter = counterOf('6.12');
  counter.pages(0, page([drop(), drop(), drop({ reason: 9 })]));
  expect(counter.drain().map(({ reason, count }) => [reason, count])).toEqual([
    [3, 2],
    [9, 1],
  ]);
  expect(counter.drain()).toEqual([]);
  counter.pages(0, page([drop({ reason: 9 }), drop({ protocol: 8 })]));
  expect(counter.drain().map(({ reason, protocol, count }) => [reason, protocol, count])).toEqual([
    [9, 2048, 1],
    [3, 8, 1],
  ]);
  expect(counter.counts().map(({ count }) => count)).toEqual([2, 2, 1]);
});

it('very many keys', () => {
  const counter = counterOf('6.12');
  for (let from = 0; from < 30_000; from += 50) {
    const items = Array.from({ length: 50 }, (_, index) => drop({ low: (from + index) % 20_000 }));
    counter.pages(0, page(items));
  }
  const counts = counter.counts();
  expect(counts).toHaveLength(20_000);
  expect(counts[9_999]).toMatchObject({ location: 0xffffffff00000000n + 9_999n, count: 2 });
  expect(counts[10_000]).toMatchObject({ location: 0xffffffff00000000n + 10_000n, count: 1 });
});

describe('any page', () => {
  it('counts what the general decoder finds', () => {
    fc.assert(
      fc.property(fc.array(contents, { maxLength: 5 }), (pages) => {
        const counter = counterOf('6.12');
        const records: TraceRecord[] = [];
        for (const each of pages) {
          const bytes = buildPage(each);
          counter.pages(0, bytes);
          records.push(...general('6.12', bytes));
        }
        expect(byPlace(counter.counts())).toEqual(byPlace(placesOf(records)));
        expect(told(counter)).toEqual(toldBy(records));
      }),
    );
  });

  it('whatever the bytes', () => {
    const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(contents, damage), { minLength: 1, maxLength: 4 }), (pages) => {
        const counter = counterOf('6.12');
        const records: TraceRecord[] = [];
        const all: Uint8Array[] = [];
        for (const [each, changes] of pages) {
          const bytes = buildPage(each);
          for (const [at, byte] of changes) bytes[at] = byte;
          all.push(bytes);
          counter.pages(0, bytes);
          records.push(...general('6.12', bytes));
        }
        expect(byPlace(counter.counts())).toEqual(byPlace(placesOf(records)));
        expect(told(counter)).toEqual(toldBy(records));
        // All at once, where they need not be copied.
        const together = counterOf('6.12');
        together.space.set(Buffer.concat(all));
        together.pages(0, together.space.subarray(0, all.length * 4096));
        expect(together.counts()).toEqual(counter.counts());
        expect(told(together)).toEqual(told(counter));
        expect([together.firstTime, together.lastTime]).toEqual([counter.firstTime, counter.lastTime]);
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with the same drops as text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3), fc.constantFrom(2, 3, 11), fc.constantFrom(0, 2048)), { maxLength: 90 }),
        (drops) => {
          const pages = counterOf('6.12');
          const text = new DropTextCounter();
          const names = new Map([
            [2, 'NOT_SPECIFIED'],
            [3, 'NO_SOCKET'],
            [11, 'NETFILTER_DROP'],
          ]);
          pages.pages(0, page(drops.map(([low, reason, protocol]) => drop({ low, reason, protocol }))));
          for (const [low, reason, protocol] of drops) {
            const where = { location: `f${low}+0x1/0x2`, reason: names.get(reason)!, protocol };
            const what = {
              kernel: '6.12',
              comm: 'a',
              tid: 1,
              cpu: 0,
              flags: '.....',
              time: 0,
              ...where,
            } as const;
            text.push(Buffer.from(dropLine(what)));
          }
          const named = pages.counts().map(({ location, reason, protocol, count }) => ({
            location: `f${location & 0xffn}+0x1/0x2`,
            reason: names.get(reason ?? 0) ?? null,
            protocol,
            count,
          }));
          expect(named).toEqual(text.counts());
        },
      ),
    );
  });
});

const ID = 1461;

const FORMAT_32 = `name: kfree_skb
ID: 9
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:void * skbaddr;	offset:8;	size:4;	signed:0;
	field:void * location;	offset:12;	size:4;	signed:0;
	field:unsigned short protocol;	offset:16;	size:2;	signed:0;

print fmt: "skbaddr=%p protocol=%u location=%p", REC->skbaddr, REC->protocol, REC->location
`;

interface Drop {
  delta?: number;
  low?: number;
  reason?: number;
  protocol?: number;
  long?: boolean;
}

/** A drop as 6.12 stores it. */
function drop({ delta = 10, low = 5, reason = 3, protocol = 2048, long = false }: Drop = {}): PageItem {
  const rest = new Uint8Array(32);
  const view = new DataView(rest.buffer);
  view.setUint32(8, low, true);
  view.setUint32(12, 0xffffffff, true);
  view.setUint16(24, protocol, true);
  view.setInt32(28, reason, true);
  return { kind: 'event', delta, record: record(ID, 1, rest), long };
}

function page(items: readonly PageItem[]): Uint8Array {
  return buildPage({ stamp: 1000n, items });
}

const contents = fc
  .record({
    stamp: fc.bigInt({ min: 0n, max: 2n ** 58n }),
    items: fc.array(
      fc.oneof(
        {
          weight: 6,
          arbitrary: fc
            .record({
              delta: fc.nat(2 ** 27 - 1),
              low: fc.nat(3),
              reason: fc.nat(3),
              protocol: fc.constantFrom(0, 2048),
            })
            .map(drop),
        },
        fc.nat(100).map((delta) => drop({ delta, long: true })),
        fc.record({
          kind: fc.constant('event' as const),
          delta: fc.nat(9),
          record: fc.uint8Array({ maxLength: 30 }).map((rest) => record(ID, 1, rest)),
        }),
        fc.record({
          kind: fc.constant('event' as const),
          delta: fc.nat(9),
          record: fc.uint8Array({ maxLength: 30 }).map((rest) => record(17, 1, rest)),
        }),
        fc.record({
          kind: fc.constant('discarded' as const),
          delta: fc.nat(9),
          words: fc.integer({ min: 1, max: 4 }),
        }),
        fc.record({ kind: fc.constant('extend' as const), delta: fc.bigInt({ min: 0n, max: 2n ** 50n }) }),
      ),
      { maxLength: 40 },
    ),
    lost: fc.oneof(fc.constant(undefined), fc.constant(null), fc.bigInt({ min: 1n, max: 2n ** 40n })),
  })
  .map(({ lost, ...rest }) => (lost === undefined ? rest : { ...rest, lost }));

function counterOf(kernel: string, other?: (cpu: number, bytes: Uint8Array) => void): DropPageCounter {
  const layout = parsePageHeader(read(kernel, 'C-header_page.txt'));
  const options = { layout, format: formatOf(kernel) };
  return new DropPageCounter(other === undefined ? options : { ...options, other });
}

function formatOf(kernel: string): EventFormat {
  return parseEventFormat(read(kernel, 'format-skb-kfree_skb.txt'));
}

function read(kernel: string, name: string): string {
  return readFileSync(new URL(`../fixtures/${kernel}/${name}`, import.meta.url), 'utf8');
}

function sample(kernel: string): Buffer {
  return readFileSync(new URL(`../fixtures/${kernel}/C-trace_pipe_raw-page.bin`, import.meta.url));
}

/** What the decoder that knows nothing of drops makes of it. */
function general(kernel: string, bytes: Uint8Array): TraceRecord[] {
  const records: TraceRecord[] = [];
  const format = formatOf(kernel);
  const decoder = new PageDecoder({
    layout: parsePageHeader(read(kernel, 'C-header_page.txt')),
    formats: new Map([[format.id, format]]),
    symbol: () => null,
    emit: (each) => records.push(each),
  });
  decoder.page(0, bytes);
  return records;
}

function placesOf(records: readonly TraceRecord[]): DropPageCount[] {
  return records.flatMap((each) => {
    if (each.kind !== 'event') return [];
    const { location, reason, protocol } = each.fields;
    return [
      {
        location: BigInt(location as number | bigint),
        // An enum is unsigned in the format, and an int in the kernel.
        reason: reason === undefined ? null : Number(reason) | 0,
        protocol: Number(protocol),
        count: 1,
      },
    ];
  });
}

function twice<T>(list: readonly T[]): T[] {
  return [...list, ...list];
}

function byPlace(counts: readonly DropPageCount[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { location, reason, protocol, count } of counts) {
    const key = `${location.toString(16)} ${reason} ${protocol}`;
    sums.set(key, (sums.get(key) ?? 0) + count);
  }
  return sums;
}

function told({ lost, lostUncounted, others, malformed }: DropPageCounter) {
  return { lost, lostUncounted, wrong: others + malformed.count };
}

/** For the general decoder an event without a format is malformed. */
function toldBy(records: readonly TraceRecord[]): ReturnType<typeof told> {
  const losses = records.flatMap((each) => (each.kind === 'lost' ? [each.count] : []));
  return {
    lost: losses.reduce((sum: number, count) => sum + (count ?? 0), 0),
    lostUncounted: losses.filter((count) => count === null).length,
    wrong: records.filter(({ kind }) => kind === 'malformed').length,
  };
}
