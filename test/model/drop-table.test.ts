import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DropCatalogue } from '../../src/explain/drop-catalogue.js';
import { DropStream } from '../../src/model/drop-stream.js';
import { DropTable, placeOf, rowId } from '../../src/model/drop-table.js';
import type { DropKey } from '../../src/model/events.js';
import { seenDrop } from './drops.js';

const data = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../probes/${name}.json`, import.meta.url), 'utf8'));
const catalogue = DropCatalogue.of(data('drop-reasons'), data('drop-functions'));
const table = () => new DropTable(catalogue);
const PLACE = placeOf(seenDrop());
const flow = (dport: number) => ({ ...seenDrop().flow!, dport });

describe('running totals', () => {
  it('become what has come since the last look', () => {
    const drops = table();
    expect(drops.since([{ key: PLACE, count: 5 }])).toEqual([{ key: PLACE, count: 5, verdict: 'suspect' }]);
    expect(drops.since([{ key: PLACE, count: 5 }])).toEqual([]);
    expect(drops.since([{ key: PLACE, count: 7 }])).toMatchObject([{ count: 2 }]);
    // A table that was cleared by somebody else.
    expect(drops.since([{ key: PLACE, count: 1 }])).toEqual([]);
    expect(drops.totals()).toMatchObject([{ count: 7 }]);
  });

  it('largest first', () => {
    const keys = ['a', 'b', 'c'].map((dev) => ({ ...PLACE, dev }));
    const drops = table();
    const rows = drops.since(keys.map((key, i) => ({ key, count: [2, 9, 4][i]! })));
    expect(rows.map(({ key }) => key.dev)).toEqual(['b', 'c', 'a']);
    drops.since([{ key: keys[0]!, count: 50 }]);
    expect(drops.totals().map(({ key, count }) => [key.dev, count])).toEqual([
      ['a', 50],
      ['b', 9],
      ['c', 4],
    ]);
  });

  it('add up, however often they are looked at', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(9), { minLength: 3, maxLength: 3 })), (looks) => {
        const drops = table();
        const counts = [0, 0, 0];
        let told = 0;
        for (const grown of looks) {
          for (const [i, more] of grown.entries()) counts[i]! += more;
          const totals = counts.map((count, i) => ({ key: { ...PLACE, dev: `s${i}` }, count }));
          for (const { count } of drops.since(totals)) told += count;
        }
        expect(told).toBe(counts.reduce((sum, count) => sum + count, 0));
      }),
    );
  });
});

describe('the verdict of a row', () => {
  const verdictOf = (drops: DropTable, key: DropKey = PLACE) => drops.since([{ key, count: 1 }])[0]?.verdict;

  it('is the catalogue’s where no drop of it was seen', () => {
    expect(verdictOf(table())).toBe('suspect');
    expect(verdictOf(table(), { ...PLACE, reason: 'NETFILTER_DROP' })).toBe('policy');
    const noise = { symbol: 'unix_release_sock', offset: 1, module: null, address: null };
    expect(verdictOf(table(), { ...PLACE, location: noise, reason: null })).toBe('noise');
  });

  it('is that of the drops that were seen: a group’s packets are noise where others are not', () => {
    const group = { flow: { ...flow(5353), dst: '224.0.0.251' }, packetType: 2 };
    const drops = table();
    expect(drops.see(seenDrop(group))).toBe('noise');
    expect(verdictOf(drops)).toBe('noise');
    expect(drops.see(seenDrop())).toBe('suspect');
    expect(drops.since([{ key: PLACE, count: 2 }])[0]?.verdict).toBe('suspect');
  });

  it('of what is not known at all is suspect', () => {
    expect(verdictOf(table(), { comm: 'x' })).toBe('suspect');
    expect(verdictOf(table(), { flow: null })).toBe('suspect');
    expect(verdictOf(table(), { stack: [] })).toBe('suspect');
  });

  it('of a path is that of the function it begins with', () => {
    expect(verdictOf(table(), { stack: ['unix_release_sock+0x31b', '__udp4_lib_rcv+0x1'] })).toBe('noise');
    expect(verdictOf(table(), { stack: ['__udp4_lib_rcv+0x1'] })).toBe('suspect');
  });

  it('of other rows is kept apart', () => {
    const drops = table();
    const other = drops.another();
    other.judge({ comm: 'x' }, 'noise');
    expect(verdictOf(other, { comm: 'x' })).toBe('noise');
    expect(verdictOf(drops, { comm: 'x' })).toBe('suspect');
  });
});

describe('what drops that were seen lend their row', () => {
  it('the index of the interface, where the row wants one', () => {
    const drops = table();
    drops.see(seenDrop());
    expect(drops.since([{ key: { ...PLACE, ifindex: null }, count: 1 }])[0]?.key.ifindex).toBe(2);
    expect(drops.since([{ key: PLACE, count: 2 }])[0]?.key).not.toHaveProperty('ifindex');
  });

  it('flows, most frequent first', () => {
    const drops = table();
    for (const dport of [1, 2, 2, 3, 3, 3]) drops.see(seenDrop({ flow: flow(dport) }));
    drops.see(seenDrop({ flow: null }));
    expect(drops.flowsOf(PLACE).map((drop) => drop.flow?.dport)).toEqual([3, 2, 1]);
    expect(drops.flowsOf({ ...PLACE, dev: 'other' })).toEqual([]);
  });

  it('a scan cannot fill the memory with flows', () => {
    const drops = table();
    for (let dport = 0; dport < 1000; dport++) drops.see(seenDrop({ flow: flow(dport) }));
    expect(drops.flowsOf(PLACE).length).toBeLessThanOrEqual(16);
  });
});

describe('rows are the same', () => {
  it('however their place was come by', () => {
    const { location } = seenDrop();
    expect(rowId({ ...PLACE, location: { ...location, address: null } })).toBe(rowId(PLACE));
    expect(rowId({ ...PLACE, ifindex: 9, netnsName: 'x' })).toBe(rowId(PLACE));
  });

  it('only with the same fields', () => {
    const others: DropKey[] = [
      {},
      { ...PLACE, dev: null },
      { ...PLACE, reason: null },
      { ...PLACE, netns: 1 },
      { ...PLACE, location: { ...seenDrop().location, offset: 1 } },
      { ...PLACE, location: { ...seenDrop().location, module: 'x' } },
      { location: { symbol: null, offset: null, module: null, address: '0x1' } },
      { location: { symbol: null, offset: null, module: null, address: '0x2' } },
      { comm: 'NO_SOCKET' },
      { stack: ['a+0x1'] },
      { stack: ['a+0x1', 'b+0x2'] },
      { flow: flow(1) },
      { flow: flow(2) },
      { protocol: 0x0800 },
    ];
    expect(new Set([PLACE, ...others].map(rowId)).size).toBe(others.length + 1);
  });

  it('a name with any byte in it is one key', () => {
    const name = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    });
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(rowId({ comm: a }) === rowId({ comm: b })).toBe(a === b);
      }),
    );
  });
});

describe('drops counted as they are read', () => {
  it('row by row', () => {
    const stream = new DropStream(placeOf);
    expect(stream.add(seenDrop(), null)).toEqual(PLACE);
    stream.add(seenDrop(), null);
    stream.add(seenDrop({ dev: 's1' }), null);
    expect(stream.rows().map(({ key, count }) => [key.dev, count])).toEqual([
      ['s0', 2],
      ['s1', 1],
    ]);
    expect([stream.counted, stream.unplaced]).toEqual([3, 0]);
  });

  it('more rows than there is room for: counted, and said to be without a place', () => {
    const stream = new DropStream(({ netns }) => ({ netns }));
    const rows = 65_536;
    for (let netns = 0; netns < rows + 10; netns++) stream.add(seenDrop({ netns }), null);
    stream.add(seenDrop({ netns: 0 }), null);
    expect(stream.rows()).toHaveLength(rows);
    expect([stream.counted, stream.unplaced]).toEqual([rows + 11, 10]);
  });
});
