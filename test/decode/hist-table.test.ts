import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HistKey, type HistTable, parseHistTable } from '../../src/decode/hist-table.js';

const KERNELS = ['6.1', '6.12', '7.2'];

/** Names that were given to processes while packets were dropped: the first name one, the second name two, and so on. */
const COMMS = [
  'plain',
  'a }, hitcount:',
  'x\n{ loc: 5, de',
  ', dev: lo } hit',
  '\xff\xfe\x80\x01',
  '  two sides',
  '}',
  ' } hitcount: 9',
  '         5, rea',
  '\nTotals:\n    H',
  '',
  '\t\r\x1b[31m',
  '             5',
  '(fault)',
  'python3',
];
/** Interfaces, each the `lo` of another network namespace; after the last one it goes on with the first. */
const DEVS = [
  'lo',
  'a},x',
  '},n=5}',
  '\xffdev\xfe',
  '(fault)',
  '}hitcount=9',
  '123456789012345',
  '",{}',
  '{,=[active]',
  '}',
];
/** Two packets that are no packets: a local socket's, without an interface. */
const LOCAL = { dev: '', comm: 'unix user', count: 2 };

describe.each(KERNELS)('tables of kernel %s', (kernel) => {
  const odd = ['filename.txt', 'len-buckets.txt', 'len-log2.txt', 'syscall.txt'];

  it.each(readdirSync(folder(kernel)).filter((name) => !odd.includes(name)))('%s adds up', (name) => {
    for (const table of read(kernel, name)) {
      expect(table.malformed).toEqual([]);
      expect(table.entries).toHaveLength(table.entriesTotal);
      expect(sum(table)).toBe(table.hits);
    }
  });

  it('processes, whatever they call themselves', () => {
    const [table] = read(kernel, 'comm.txt');
    expect(table!.keys).toEqual(['comm']);
    const counts = table!.entries.map(({ keys, hitcount }) => [keys[0], hitcount]);
    expect(counts).toHaveLength(COMMS.length + 1);
    expect(counts).toEqual(
      expect.arrayContaining([...COMMS.map((comm, index) => [comm, index + 1]), [LOCAL.comm, LOCAL.count]]),
    );
  });

  it('threads by pid and the name that goes with it', () => {
    const [table] = read(kernel, 'execname.txt');
    expect(table!.keys).toEqual(['common_pid', 'reason']);
    const threads = table!.entries.map(({ keys }) => keys[0] as { tid: number; comm: string });
    expect(threads.map(({ comm }) => comm).sort()).toEqual([...COMMS, LOCAL.comm].sort());
    expect(new Set(threads.map(({ tid }) => tid)).size).toBe(threads.length);
  });

  it('interfaces, whatever they are called; what the kernel could not read is empty', () => {
    const expected = new Map(DEVS.map((dev) => [dev, 0]));
    for (const index of COMMS.keys()) {
      const dev = DEVS[index % DEVS.length]!;
      expected.set(dev, expected.get(dev)! + index + 1);
    }
    expected.set(LOCAL.dev, LOCAL.count);
    for (const [name, column] of [
      ['dev-loc.txt', 0],
      ['dev-cpu.txt', 0],
      ['two-tables.txt', 1],
    ] as const) {
      const [table] = read(kernel, name);
      const counts = new Map<HistKey, number>();
      for (const { keys, hitcount } of table!.entries) {
        counts.set(keys[column]!, (counts.get(keys[column]!) ?? 0) + hitcount);
      }
      expect(counts, name).toEqual(expected);
    }
  });

  it('two triggers on one event', () => {
    const [places, names] = read(kernel, 'two-tables.txt');
    expect(places!.info).toBe(
      'hist:keys=loc.sym-offset,dev,netns:vals=hitcount:sort=hitcount:size=2048 [active]',
    );
    expect(names!.info).toBe(
      'hist:keys=comm,reason:vals=hitcount:sort=hitcount.descending:size=2048 [active]',
    );
    expect(places!.keys).toEqual(['loc', 'dev', 'netns']);
    expect(places!.hits).toBe(122);
    expect(names!.hits).toBe(122);
    const [symbol] = places!.entries.find(({ keys }) => keys[1] === '')!.keys;
    expect(symbol).toEqual({
      address: expect.any(BigInt),
      symbol: expect.stringMatching(/^unix_release_sock\+0x[0-9a-f]+\/0x[0-9a-f]+$/),
    });
  });

  it.each(['stack-dev.txt', 'dev-stack.txt'])('kernel paths beside names: %s', (name) => {
    const [table] = read(kernel, name);
    const path = name === 'stack-dev.txt' ? 0 : 1;
    expect(table!.keys[path]).toMatch(/^(common_)?stacktrace$/);
    for (const { keys } of table!.entries) {
      expect(keys[1 - path]).toBe('a},x');
      expect(keys[path]).toContainEqual(expect.stringMatching(/^(__udp4_lib_rcv|udp_rcv)\+0x/));
      expect((keys[path] as string[]).length).toBeGreaterThanOrEqual(16);
    }
  });

  it('a table that was full says how many found no room, beside its hits', () => {
    // 400 lengths, one packet each, and room for 128.
    const [table] = read(kernel, 'len-overflow.txt');
    expect(table).toMatchObject({ entriesTotal: 128, hits: 128, dropped: 272 });
    expect(new Set(table!.entries.map(({ keys }) => keys[0])).size).toBe(128);
    expect(table!.entries.every(({ hitcount }) => hitcount === 1)).toBe(true);
  });

  it('states, filters and names of triggers', () => {
    expect(read(kernel, 'paused.txt')).toEqual([
      {
        keys: ['dev'],
        info: 'hist:keys=dev:vals=hitcount:sort=hitcount:size=2048 [paused]',
        entries: [],
        hits: 0,
        entriesTotal: 0,
        dropped: 0,
        malformed: [],
      },
    ]);
    expect(read(kernel, 'filtered.txt')).toMatchObject([
      { keys: ['dev'], entries: [{ keys: ['lo'], hitcount: 18 }] },
    ]);
    const [named] = read(kernel, 'named.txt');
    expect(named!.keys).toEqual(['dev', 'len']);
    expect(named!.entries.map(({ keys }) => keys).sort()).toEqual([
      ['lo', 10],
      ['lo', 11],
      ['lo', 9],
    ]);
  });

  it('what kwho never asks for is unreadable, and shown as it stands', () => {
    for (const name of ['len-buckets.txt', 'len-log2.txt', 'syscall.txt']) {
      const [table] = read(kernel, name);
      expect(table!.entries).toEqual([]);
      expect(table!.malformed).toHaveLength(table!.entriesTotal);
    }
    expect(read(kernel, 'len-log2.txt')[0]!.malformed).toContain('{ len: ~ 2^4  } hitcount:          8');
  });

  it('a name of more than 50 bytes can end its own line early; the totals tell', () => {
    const [table] = read(kernel, 'filename.txt');
    expect(table!.entries).toContainEqual({ keys: [`/tmp/t/${'x'.repeat(44)}`], hitcount: 3 });
    expect(table!.malformed).toEqual(['{ filename: zz } hitcount:          6']);
    expect(sum(table!)).not.toBe(table!.hits);
  });

  it('every rendering of an address is the same address', () => {
    const address = (name: string) => {
      const [key] = read(kernel, `B-hist-location-${name}.txt`)[0]!.entries[0]!.keys;
      return typeof key === 'bigint' ? key : (key as { address: bigint }).address;
    };
    expect(address('plain')).toBe(address('hex'));
    expect(address('sym')).toBe(address('hex'));
    expect(address('reason-protocol')).toBe(address('hex'));
    const [symbol] = read(kernel, 'B-hist-location-sym.txt')[0]!.entries[0]!.keys;
    expect(symbol).toMatchObject({ symbol: kernel === '7.2' ? 'udp_rcv' : '__udp4_lib_rcv' });
  });
});

describe('lines that are none', () => {
  const head = '# event histogram\n#\n# trigger info: hist:keys=n:vals=hitcount:size=2048 [active]\n#\n\n';
  const line = '{ n:          5 } hitcount:          2\n';
  const ENTRY = { keys: [5], hitcount: 2 };
  const totals = '\nTotals:\n    Hits: 2\n    Entries: 1\n    Dropped: 0\n';

  it('are kept as they stand, between those that are', () => {
    const bad = [
      '{ n:  5 } hitcount:          2',
      '{ n:          5 } hitcount: 2',
      '{ m:          5 } hitcount:          2',
    ];
    const text = `${head}x\n${line}${bad.join('\n')}\n${line}${totals}`;
    expect(parseHistTable(text).tables).toMatchObject([
      { entries: [ENTRY, ENTRY], malformed: ['x', ...bad], hits: 2, entriesTotal: 1 },
    ]);
  });

  it('a text that ends too early has what it has', () => {
    expect(parseHistTable(head + line).tables).toMatchObject([
      { entries: [{ keys: [5] }], hits: 0, entriesTotal: 0 },
    ]);
    expect(parseHistTable(head + line.slice(0, -1)).tables).toMatchObject([
      { entries: [], malformed: [line.slice(0, -1)] },
    ]);
    expect(parseHistTable(`${head}${line}${totals.slice(0, 25)}`).tables).toMatchObject([
      { hits: 2, dropped: 0 },
    ]);
  });

  it('a table without its totals ends where the next one begins', () => {
    const { tables } = parseHistTable(`${head}${line}${head}${line}${totals}`);
    expect(tables).toMatchObject([
      { entries: [ENTRY], hits: 0, malformed: [] },
      { entries: [ENTRY], hits: 2, malformed: [] },
    ]);
  });

  it('no trigger, no table', () => {
    expect(parseHistTable('')).toEqual({ tables: [] });
    expect(parseHistTable('# event histogram')).toEqual({ tables: [] });
  });

  it('a trigger without keys, or with more than the kernel allows, has no readable lines', () => {
    const table = (info: string, entry: string) =>
      parseHistTable(`# event histogram\n#\n# trigger info: ${info}\n#\n\n${entry}\n${totals}`).tables[0]!;
    expect(table('hist:', ' } hitcount:          2')).toMatchObject({ keys: [], entries: [] });
    const many = '{ a:          1, b:          1, c:          1, d:          1 } hitcount:          2';
    expect(table('hist:keys=a,b,c,d:vals=hitcount', many)).toMatchObject({ entries: [], malformed: [many] });
  });

  it('an address has 64 bits', () => {
    const hex = head.replace('keys=n', 'keys=n.hex');
    const table = (digits: string) =>
      parseHistTable(`${hex}{ n: ${digits} } hitcount:          2\n`).tables[0]!;
    expect(table('ffffffff8b3420b5').entries[0]!.keys).toEqual([0xffffffff8b3420b5n]);
    expect(table('1ffffffff8b3420b5').malformed).toHaveLength(1);
  });

  it('numbers have the width that the kernel gives them', () => {
    const table = (value: string) =>
      parseHistTable(`${head}{ n: ${value} } hitcount:          2\n${totals}`).tables[0]!;
    expect(table('18446744073709551615').entries[0]!.keys).toEqual([0xffff_ffff_ffff_ffffn]);
    expect(table('9007199254740991').entries[0]!.keys).toEqual([Number.MAX_SAFE_INTEGER]);
    expect(table('9007199254740992').entries[0]!.keys).toEqual([2n ** 53n]);
    expect(table('           5').malformed).toHaveLength(1);
    expect(table('123456789012345678901').malformed).toHaveLength(1);
  });
});

/** The kernel's own printing, hist_trigger_print_key(), in the simplest words. */
interface Column {
  key: string;
  stack?: boolean;
  value: fc.Arbitrary<{ printed: string; read: HistKey }>;
}

const syntax = [
  '{ ',
  ' } ',
  ', ',
  'dev: ',
  'n: ',
  'hitcount: ',
  '\n',
  '         5',
  '\nTotals:\n',
  '[',
  ']',
  '  ',
  '\xff',
];
const piece = fc.oneof(
  fc.constantFrom(...syntax),
  fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
);
const hostile = (longest: number) =>
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('').slice(0, longest));
const unblanked = (text: string) => text.replace(/ +$/, '');

const number = fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map((value) => ({
  printed: String(value).padStart(10),
  read: exact(BigInt(value)),
}));
const address = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const symbolText = fc.stringMatching(
  /^[a-z_][a-z_.0-9]{0,70}\+0x[0-9a-f]{1,4}\/0x[0-9a-f]{1,4}( \[[a-z_]{1,20}\])?$/,
);
const text = (key: string): Column => ({
  key,
  value: hostile(15).map((value) => ({ printed: value.padEnd(50), read: unblanked(value) })),
});
const COLUMNS: readonly Column[] = [
  { key: 'n', value: number },
  { key: 'm.hex', value: address.map((value) => ({ printed: value.toString(16), read: exact(value) })) },
  symbols('loc.sym-offset', 55),
  symbols('place.sym', 45),
  text('dev'),
  text('comm'),
  {
    key: 'common_pid.execname',
    value: fc.tuple(hostile(15), fc.nat()).map(([comm, tid]) => ({
      printed: `${comm.padEnd(16)}[${String(tid).padStart(10)}]`,
      read: { tid, comm: unblanked(comm) },
    })),
  },
  {
    key: 'common_stacktrace',
    stack: true,
    value: fc.array(symbolText, { maxLength: 4 }).map((frames) => ({
      printed: frames.map((frame) => `         ${frame}\n`).join(''),
      read: frames,
    })),
  },
];

const printedTable = fc
  .tuple(fc.shuffledSubarray([...COLUMNS], { minLength: 1, maxLength: 3 }), fc.boolean(), fc.nat(1000))
  .chain(([columns, otherSums, dropped]) =>
    fc
      .array(fc.tuple(fc.tuple(...columns.map(({ value }) => value)), fc.integer({ min: 1, max: 2 ** 33 })), {
        maxLength: 5,
      })
      .map((rows) => {
        const anyStack = columns.some(({ stack }) => stack);
        const lines = rows.map(([values, hitcount]) => {
          const keys = columns.map(
            ({ key, stack }, i) => `${nameOf(key)}:${stack ? '\n' : ' '}${values[i]!.printed}`,
          );
          const sums = otherSums ? '  len:         26' : '';
          return `{ ${keys.join(', ')}${anyStack ? '' : ' '}} hitcount: ${String(hitcount).padStart(10)}${sums}\n`;
        });
        const hits = rows.reduce((total, [, hitcount]) => total + hitcount, 0);
        const info = `hist:keys=${columns.map(({ key }) => key).join()}:vals=hitcount:sort=hitcount:size=2048 [active]`;
        const entries = rows.map(([values, hitcount]) => ({
          keys: values.map(({ read }) => read),
          hitcount,
        }));
        const keys = columns.map(({ key }) => nameOf(key));
        const table: HistTable = {
          keys,
          info,
          entries,
          hits,
          entriesTotal: rows.length,
          dropped,
          malformed: [],
        };
        return {
          table,
          text: `# event histogram\n#\n# trigger info: ${info}\n#\n\n${lines.join('')}\nTotals:\n    Hits: ${hits}\n    Entries: ${rows.length}\n    Dropped: ${dropped}\n`,
        };
      }),
  );

describe('properties', () => {
  it('gives back what the kernel printed, whatever names are in it', () => {
    fc.assert(
      fc.property(fc.array(printedTable, { maxLength: 3 }), (printed) => {
        const file = printed.map((table) => table.text).join('\n\n');
        expect(parseHistTable(file).tables).toEqual(printed.map(({ table }) => table));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives back long names that do not imitate the line they are in', () => {
    const name = fc
      .array(fc.oneof(fc.constantFrom('{ ', ', ', '\n', '}', 'hitcount'), fc.string()), { maxLength: 40 })
      .map((parts) =>
        parts
          .join('')
          .replaceAll(/[^\x01-\xff]/g, '')
          .slice(0, 255),
      );
    fc.assert(
      fc.property(name, (filename) => {
        fc.pre(!filename.includes(' } hitcount: '));
        const file = `# event histogram\n#\n# trigger info: hist:keys=filename:vals=hitcount\n#\n\n{ filename: ${filename.padEnd(50)} } hitcount:          1\n\nTotals:\n    Hits: 1\n    Entries: 1\n    Dropped: 0\n`;
        const expected = filename.length > 50 ? filename : unblanked(filename);
        expect(parseHistTable(file).tables).toMatchObject([{ entries: [{ keys: [expected], hitcount: 1 }] }]);
      }),
      { numRuns: 1000 },
    );
  });

  it('is total, and leaves out nothing that is in a table', () => {
    const info = fc.constantFrom(
      'n',
      'dev',
      'n,dev',
      'loc.sym,dev',
      'stacktrace,dev',
      'n.hex,common_pid.execname',
      'x.y',
      '',
    );
    const header = info.map(
      (keys) => `# event histogram\n#\n# trigger info: hist:keys=${keys}:vals=hitcount\n#\n\n`,
    );
    const scrap = fc.oneof(
      piece,
      header,
      fc.constantFrom('{ dev: ', '{ n: ', ' } hitcount:          5\n', '         f+0x1\n', ' '.repeat(50)),
    );
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 40 }), (scraps) => {
        for (const { entries, malformed, keys } of parseHistTable(scraps.join('')).tables) {
          for (const entry of entries) expect(entry.keys).toHaveLength(keys.length);
          expect(malformed.every((line) => line !== '' && !line.includes('\n'))).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

function symbols(key: string, width: number): Column {
  return {
    key,
    value: fc.tuple(address, symbolText).map(([at, symbol]) => ({
      printed: `[${at.toString(16)}] ${symbol.padEnd(width)}`,
      read: { address: at, symbol },
    })),
  };
}

function nameOf(key: string): string {
  return key.split('.')[0]!;
}

function exact(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function folder(kernel: string): string {
  return new URL(`../fixtures/${kernel}/hist/`, import.meta.url).pathname;
}

function read(kernel: string, name: string): HistTable[] {
  return parseHistTable(readFileSync(`${folder(kernel)}${name}`, 'latin1')).tables;
}

function sum({ entries }: HistTable): number {
  return entries.reduce((total, { hitcount }) => total + hitcount, 0);
}
