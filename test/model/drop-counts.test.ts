import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DropReasons } from '../../src/decode/drop-reasons.js';
import { parseHistTable } from '../../src/decode/hist-table.js';
import { parseLocation } from '../../src/decode/kernel-location.js';
import { DropCounts } from '../../src/model/drop-counts.js';

type Line = [string, number];

/** A file of tables as the kernel prints it. */
function file(...tables: { keys: string; lines: Line[]; dropped?: number }[]): string {
  return tables
    .map(({ keys, lines, dropped = 0 }) => {
      const hits = lines.reduce((sum, [, count]) => sum + count, 0);
      const body = lines
        .map(([text, count]) => `{ ${text} } hitcount: ${String(count).padStart(10)}\n`)
        .join('');
      return (
        `# event histogram\n#\n# trigger info: hist:keys=${keys}:vals=hitcount:sort=hitcount:size=8192 [active]\n#\n\n` +
        `${body}\nTotals:\n    Hits: ${hits}\n    Entries: ${lines.length}\n    Dropped: ${dropped}\n`
      );
    })
    .join('\n\n');
}

const UDP = '[ffffffff81b4ca75] __udp4_lib_rcv+0x235/0xd90';
const CLOSE = '[ffffffff81b4878d] udp_destruct_common+0xbd/0xf0';
const place = (symbol: string, reason: number, last: string) =>
  `loc: ${symbol.padEnd('[ffffffff81b4ca75] '.length + 55)}, reason: ${String(reason).padStart(10)}, ${last}`;
const owner = (device: string, dev: string, netns: number) =>
  `devp: ${device}, dev: ${dev.padEnd(50)}, netns: ${String(netns).padStart(10)}`;

const TOTAL = 'loc.sym-offset,reason,proto';
const DEVICES = 'loc.sym-offset,reason,devp.hex';
const NAMES = 'devp.hex,dev,netns';
const ONE = 'ffff888004a95000';
const TWO = 'ffff888004a96000';
const HOST = 4026531840;

function counts(): DropCounts {
  return new DropCounts({
    reasons: new DropReasons(null),
    hasReason: true,
    swapped: true,
    name: (_, text) => parseLocation(text.trim()),
    netnsName: (inum) => (inum === HOST ? null : 'server'),
  });
}

function read(total: Line[], devices: Line[], names: Line[], dropped = 0) {
  const [a, b, c] = parseHistTable(
    file(
      { keys: TOTAL, lines: total, dropped },
      { keys: DEVICES, lines: devices },
      { keys: NAMES, lines: names },
    ),
  ).tables;
  return { total: a!, devices: b!, names: c!, sockets: [], extra: null };
}

const rowsOf = (table: DropCounts) =>
  table.rows().map(({ key, count }) => [key.location?.symbol, key.reason, key.dev, key.netns, count]);

describe('the kernel’s tables, joined', () => {
  it('location and reason from one, interface and namespace from the other', () => {
    const table = counts();
    table.update(
      read(
        [
          [place(UDP, 3, 'proto:          8'), 7],
          [place(CLOSE, 2, 'proto:          8'), 3],
        ],
        [
          [place(UDP, 3, `devp: ${ONE}`), 4],
          [place(UDP, 3, `devp: ${TWO}`), 3],
          [place(CLOSE, 2, 'devp: 1010001800003c0'), 3],
        ],
        [
          [owner(ONE, 'lo', HOST), 4],
          [owner(TWO, 's0', 4026532208), 3],
          [owner('1010001800003c0', '', 82940264), 3],
        ],
      ),
    );
    expect(rowsOf(table)).toEqual([
      ['__udp4_lib_rcv', '3', 'lo', HOST, 4],
      ['__udp4_lib_rcv', '3', 's0', 4026532208, 3],
      ['udp_destruct_common', '2', null, null, 3],
    ]);
    expect(table.counted).toBe(10);
    expect(table.unplaced).toBe(0);
    expect(table.protocols().map(({ key, count }) => [key.protocol, count])).toEqual([
      [2048, 7],
      [2048, 3],
    ]);
  });

  it('an interface renamed on the way: what was counted before keeps the old name', () => {
    const table = counts();
    const total = (n: number): Line[] => [[place(UDP, 3, 'proto:          8'), n]];
    const device = (n: number): Line[] => [[place(UDP, 3, `devp: ${ONE}`), n]];
    table.update(read(total(4), device(4), [[owner(ONE, 'old', HOST), 4]]));
    table.update(
      read(total(9), device(9), [
        [owner(ONE, 'old', HOST), 4],
        [owner(ONE, 'new', HOST), 5],
      ]),
    );
    expect(rowsOf(table)).toEqual([
      ['__udp4_lib_rcv', '3', 'old', HOST, 4],
      ['__udp4_lib_rcv', '3', 'new', HOST, 5],
    ]);
  });

  it('of packets without a device, the namespace is the socket’s', () => {
    const table = counts();
    const nobody = 'devp: 1010001800003c0';
    const tables = read(
      [[place(CLOSE, 2, 'proto:          8'), 9]],
      [
        [place(CLOSE, 2, nobody), 4],
        [place(CLOSE, 2, 'devp: 0'), 5],
      ],
      [],
    );
    const [own, receiver] = parseHistTable(
      file(
        { keys: 'loc.sym-offset,reason,sknet', lines: [[place(CLOSE, 2, 'sknet: 4026532208'), 4]] },
        { keys: 'loc.sym-offset,reason,rxnet', lines: [[place(CLOSE, 2, 'rxnet: 4026532208'), 2]] },
      ),
    ).tables;
    table.update({ ...tables, sockets: [own!, receiver!] });
    expect(rowsOf(table)).toEqual([
      ['udp_destruct_common', '2', null, 4026532208, 6],
      ['udp_destruct_common', '2', null, null, 3],
    ]);
    expect(table.counted).toBe(9);
  });

  it('what found no room is counted, and said to be without a place', () => {
    const table = counts();
    table.update(read([[place(UDP, 3, 'proto:          8'), 7]], [], [], 5));
    expect(table.counted).toBe(12);
    expect(table.unplaced).toBe(5);
  });

  it('hits beyond the lines are drops that came while the kernel printed', () => {
    const table = counts();
    const text = file({ keys: TOTAL, lines: [[place(UDP, 3, 'proto:          8'), 7]] });
    const [total] = parseHistTable(text.replace('Hits: 7', 'Hits: 9')).tables;
    table.update({ total: total!, devices: null, names: null, sockets: [], extra: null });
    expect([table.counted, table.unplaced]).toEqual([7, 0]);
  });

  it('hits of lines that cannot be read are counted without a place', () => {
    const table = counts();
    const lines: Line[] = [
      [place(UDP, 3, 'proto:          8'), 7],
      ['what is this', 2],
    ];
    const [total] = parseHistTable(file({ keys: TOTAL, lines })).tables;
    expect(total?.malformed).toHaveLength(1);
    table.update({ total: total!, devices: null, names: null, sockets: [], extra: null });
    expect([table.counted, table.unplaced]).toEqual([9, 2]);
  });

  it('names of processes, and paths', () => {
    const table = counts();
    const nothing = { devices: null, names: null, sockets: [] };
    const read = (text: string) => parseHistTable(text).tables[0]!;
    const total = read(file({ keys: TOTAL, lines: [] }));
    const comm = read(file({ keys: 'comm', lines: [[`comm: ${'python3'.padEnd(50)}`, 4]] }));
    table.update({ total, ...nothing, extra: comm });
    expect(table.extras('comm')).toEqual([{ key: { comm: 'python3' }, count: 4 }]);
    const recorded = new URL('../fixtures/6.12/hist/B-hist-stacktrace-key.txt', import.meta.url);
    table.update({ total, ...nothing, extra: read(readFileSync(recorded, 'latin1')) });
    const [path] = table.extras('stack');
    expect(path?.key.stack?.slice(0, 2)).toEqual(['__udp4_lib_rcv+0x235', 'ip_protocol_deliver_rcu+0xb7']);
    expect(path?.count).toBeGreaterThan(0);
    table.update({ total, ...nothing, extra: null });
    expect(table.extras('comm')).toEqual([]);
  });

  it('at the end, what no device line accounts for is a row of its own', () => {
    const table = counts();
    table.update(
      read(
        [[place(UDP, 3, 'proto:          8'), 7]],
        [[place(UDP, 3, `devp: ${ONE}`), 4]],
        [[owner(ONE, 'lo', HOST), 4]],
      ),
    );
    table.settle();
    expect(rowsOf(table)).toEqual([
      ['__udp4_lib_rcv', '3', 'lo', HOST, 4],
      ['__udp4_lib_rcv', '3', null, null, 3],
    ]);
  });

  it('nothing is counted twice or lost, in whatever order tables grow', () => {
    const step = fc.record({ first: fc.nat(50), second: fc.nat(50), lag: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const table = counts();
        let [first, second] = [0, 0];
        for (const { first: a, second: b, lag } of steps) {
          first += a;
          second += b;
          const names: Line[] = [
            [owner(ONE, 'a', HOST), Math.max(0, first - lag)],
            [owner(ONE, 'b', HOST), second],
          ];
          table.update(
            read(
              [[place(UDP, 3, 'proto:          8'), first + second]],
              [[place(UDP, 3, `devp: ${ONE}`), first + second]],
              names,
            ),
          );
          expect(table.rows().reduce((sum, { count }) => sum + count, 0)).toBe(first + second);
        }
        table.settle();
        expect(table.rows().reduce((sum, { count }) => sum + count, 0)).toBe(table.counted);
      }),
    );
  });
});
