import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortByAddress } from '../../src/host/sort-by-address.js';
import { findSymbols, KernelSymbols } from '../../src/host/symbols.js';

const KERNELS = ['5.10', '6.1', '6.12', '7.2'];

describe.each(KERNELS)('symbols of kernel %s', (kernel) => {
  const text = readFileSync(new URL(`../fixtures/${kernel}/kallsyms.grep.txt`, import.meta.url));
  const lines = text.toString('latin1').trimEnd().split('\n');
  const symbols = KernelSymbols.parse(text);

  it('resolves every function, at its address and inside', () => {
    for (const [address, type, symbol] of lines.map((line) => line.split(' '))) {
      const value = BigInt(`0x${address}`);
      if (!'tTwW'.includes(type!)) {
        expect(symbols.resolve(value), symbol).toBeNull();
        continue;
      }
      expect(symbols.resolve(value)).toEqual({ symbol, offset: 0, module: null });
      expect(symbols.resolve(value + 5n)).toEqual({ symbol, offset: 5, module: null });
      expect(symbols.resolveHiLo(Number(value >> 32n), Number(value & 0xffffffffn))).toBe(symbol);
    }
  });

  it('finds addresses by name, data included', () => {
    for (const [address, , symbol] of lines.map((line) => line.split(' '))) {
      expect(symbols.addresses(symbol!)).toEqual([BigInt(`0x${address}`)]);
    }
    for (const name of ['', 'do_sysl', 'o_syslog', 'do_syslog ', 'kmsg'])
      expect(symbols.addresses(name)).toEqual([]);
  });
});

describe('resolve', () => {
  it('names the module', () => {
    const symbols = parse('ffffffffc0631010 t ovl_put_super\t[overlay]\nffffffff81000000 T _text\n');
    expect(symbols.resolve(0xffffffffc0631020n)).toEqual({
      symbol: 'ovl_put_super',
      offset: 16,
      module: 'overlay',
    });
    expect(symbols.addresses('ovl_put_super')).toEqual([0xffffffffc0631010n]);
  });

  it.each([
    ['a function before data', '0 d data\n0 t function\n', 'function'],
    ['global before local', '0 t common_interrupt_return\n0 T swapgs_restore_regs\n', 'swapgs_restore_regs'],
    ['fewer leading underscores', '0 T __pi_memcpy\n0 T memcpy\n0 T ___memcpy\n', 'memcpy'],
    ['no leading dot', '0 T .sys_read\n0 T sys_read\n', 'sys_read'],
    ['no suffix', '0 t read.cold\n0 t write\n', 'write'],
    ['the first of equals', '0 T first\n0 T second\n', 'first'],
  ])('prefers among aliases: %s', (_, text, expected) => {
    expect(parse(`${text}1000 T far\n`).resolve(0n)?.symbol).toBe(expected);
  });

  it('answers nothing below the first symbol, in data, and far behind the last', () => {
    const symbols = parse('1000 T a\n2000 d data\n3000 t b\n');
    expect(symbols.resolve(0xfffn)).toBeNull();
    expect(symbols.resolve(0x2001n)).toBeNull();
    expect(symbols.resolve(0x3000n + 0x10_0000n)?.symbol).toBe('b');
    expect(symbols.resolve(0x3001n + 0x10_0000n)).toBeNull();
  });

  it('tells apart addresses that differ only in the high half', () => {
    const symbols = parse('ffff800080001000 T arm\nffffffff80001000 T x86\n');
    for (let i = 0; i < 2; i++) {
      expect(symbols.resolveHiLo(0xffff8000, 0x80001000)).toBe('arm');
      expect(symbols.resolveHiLo(0xffffffff, 0x80001000)).toBe('x86');
      expect(symbols.resolveHiLo(1, 0x80001000)).toBeNull();
    }
  });

  it('keeps answering rightly when more addresses are asked for than it remembers', () => {
    const symbols = parse(
      Array.from({ length: 300 }, (_, i) => `${(64 * i).toString(16)} t f${i}\n`).join(''),
    );
    const wrong: number[] = [];
    for (let lo = 0; lo < 64 * 300; lo++) if (symbols.resolveHiLo(0, lo) !== `f${lo >> 6}`) wrong.push(lo);
    expect(wrong).toEqual([]);
  });
});

describe('hidden addresses', () => {
  it('are noticed and never resolved', () => {
    const symbols = parse('0000000000000000 T _text\n0000000000000000 t do_syslog\n');
    expect(symbols.hidden).toBe(true);
    expect(symbols.resolve(0n)).toBeNull();
    expect(symbols.addresses('do_syslog')).toEqual([0n]);
    expect(parse('').hidden).toBe(true);
    expect(parse('0 D percpu\nffffffff81000000 T _text\n').hidden).toBe(false);
  });
});

describe('parse', () => {
  it('steps over lines of any other form', () => {
    const odd = [
      '',
      'zz T a',
      '12',
      '12 T',
      '12 T ',
      '12  T x',
      '12345678901234567 T long',
      '12 T \t[m]',
      '1 T ok',
    ];
    const symbols = parse(odd.join('\n'));
    expect(symbols.resolve(1n)?.symbol).toBe('ok');
    expect(symbols.addresses('a')).toEqual([]);
  });

  it('takes pieces cut anywhere, in one reused buffer', () => {
    const text = Buffer.from('1000 T a\n2000 t b\t[mod]\n3000 w c\n');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (size) => {
        const symbols = KernelSymbols.parse(pieces(text, size));
        expect(symbols.resolve(0x2001n)).toEqual({ symbol: 'b', offset: 1, module: 'mod' });
        expect(symbols.resolve(0x3000n)?.symbol).toBe('c');
      }),
    );
  });

  it('resolves as a plain search over the lines does', () => {
    const address = fc.oneof(
      fc.bigInt(1n, 0x40_0000n),
      fc.bigInt(0xffff_ffff_8000_0000n, 0xffff_ffff_8040_0000n),
    );
    fc.assert(
      fc.property(fc.uniqueArray(address, { minLength: 1, maxLength: 60 }), fc.nat(60), (list, sorted) => {
        const ascending = list.slice(0, sorted).sort((a, b) => (a < b ? -1 : 1));
        const addresses = [...ascending, ...list.slice(sorted)];
        const symbols = parse(addresses.map((start, i) => `${start.toString(16)} t s${i}\n`).join(''));
        for (const wanted of addresses.flatMap((start) => [start, start + 3n, start - 1n])) {
          const nearest = addresses.filter((start) => start <= wanted).sort((a, b) => (a < b ? 1 : -1))[0];
          const holds = nearest !== undefined && wanted - nearest <= 0x10_0000n;
          expect(symbols.resolve(wanted)?.symbol).toBe(holds ? `s${addresses.indexOf(nearest)}` : undefined);
        }
      }),
    );
  });

  it('is total over arbitrary bytes', () => {
    const alphabet = fc.constantFrom(...Buffer.from('09afT dt\t[]\n_.x'));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(alphabet, fc.nat(255)), { maxLength: 200 }),
        fc.bigInt(),
        (bytes, address) => {
          const symbols = KernelSymbols.parse(Uint8Array.from(bytes));
          symbols.resolve(address);
          symbols.addresses('a');
        },
      ),
    );
  });
});

describe('sortByAddress', () => {
  it('sorts as comparing does, equal ones in the order given', () => {
    const half = fc.oneof(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.constantFrom(0, 1, 0xffff, 0x10000, 0xffffffff),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(half, half), { maxLength: 100 }), (pairs) => {
        const hi = Uint32Array.from(pairs, ([value]) => value);
        const lo = Uint32Array.from(pairs, ([, value]) => value);
        const expected = pairs.map((_, i) => i).sort((a, b) => hi[a]! - hi[b]! || lo[a]! - lo[b]! || a - b);
        expect([...sortByAddress(hi, lo)]).toEqual(expected);
      }),
    );
  });
});

describe('findSymbols', () => {
  const text = readFileSync(new URL('../fixtures/5.10/kallsyms.grep.txt', import.meta.url));

  it('finds names in pieces of any size, and stops when it has them all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), (size) => {
        const found = findSymbols(
          reader(text, size),
          new Set(['do_syslog', 'do_syslog.part.0', 'kmsg_con.9', 'nope']),
        );
        expect([...found]).toEqual([
          ['do_syslog.part.0', [0xffffffff834fef30n]],
          ['do_syslog', [0xffffffff834ff900n]],
          ['kmsg_con.9', [0xffffffff86039cc4n]],
        ]);
      }),
    );
    let reads = 0;
    const read = reader(text, 64);
    findSymbols(() => (reads++ < 1000 ? read() : null), new Set(['kmsg_dump_reason_str']));
    expect(reads).toBe(1);
  });

  it('keeps every address seen, hidden ones as zero', () => {
    const twice = Buffer.from('10 t kmsg_open\n20 t kmsg_open\t[m]\n0 t kmsg_read');
    expect(findSymbols(reader(twice, 4096), new Set(['kmsg_open', 'kmsg_read']))).toEqual(
      new Map([
        ['kmsg_open', [0x10n, 0x20n]],
        ['kmsg_read', [0n]],
      ]),
    );
  });

  it('reads nothing for no names', () => {
    const read = (): Uint8Array | null => {
      throw new Error('read');
    };
    expect(findSymbols(read, new Set()).size).toBe(0);
  });
});

describe.runIf(existsSync('/proc/kallsyms'))('the running kernel', () => {
  it('finds the same by both ways', () => {
    const text = readFileSync('/proc/kallsyms');
    const symbols = KernelSymbols.parse(text);
    const found = findSymbols(
      reader(text, 65536),
      new Set(['do_syslog', '__x64_sys_syslog', '__arm64_sys_syslog']),
    );
    expect(found.size).toBeGreaterThan(0);
    for (const [name, addresses] of found) {
      expect(symbols.addresses(name)).toEqual(addresses);
      if (!symbols.hidden)
        expect(symbols.resolve(addresses[0]! + 1n)).toMatchObject({ symbol: name, offset: 1 });
    }
  });
});

function parse(text: string): KernelSymbols {
  return KernelSymbols.parse(Buffer.from(text, 'latin1'));
}

function* pieces(text: Uint8Array, size: number): Generator<Uint8Array> {
  const read = reader(text, size);
  for (let piece = read(); piece !== null; piece = read()) yield piece;
}

/** Hands out the text through one buffer that every call overwrites. */
function reader(text: Uint8Array, size: number): () => Uint8Array | null {
  const buffer = new Uint8Array(size);
  let at = 0;
  return () => {
    buffer.fill(0x3f);
    const piece = text.subarray(at, at + size);
    at += piece.length;
    buffer.set(piece);
    return piece.length === 0 ? null : buffer.subarray(0, piece.length);
  };
}
