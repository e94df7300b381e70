import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LocationNames } from '../../src/host/location-names.js';

const KALLSYMS = [
  'ffffffff81b4c840 T __udp4_lib_rcv',
  'ffffffff81b4d5d0 T udp_rcv',
  'ffffffff81b4d600 t never_returns',
  'ffffffff81b4d620 t next_one',
  '',
].join('\n');
const NFT = 'ffffffffc0a10000 t nft_do_chain\t[nf_tables]\n';

/** A host whose modules come and go. */
function host(kallsyms = KALLSYMS) {
  const state = { kallsyms, modules: 'ext4 1 0 - Live 0x0\n', reads: 0 };
  const names = new LocationNames(
    () => {
      state.reads++;
      return Buffer.from(state.kallsyms, 'latin1');
    },
    () => state.modules,
  );
  names.refresh();
  return { state, names };
}

it('the function that holds a return address', () => {
  const { names } = host();
  expect(names.name(0xffffffff81b4ca75n)).toEqual({ symbol: '__udp4_lib_rcv', offset: 0x235, module: null });
});

it.each(['5.10', '6.1', '6.12', '7.2'])('every function of Linux %s, in its unsorted list', (kernel) => {
  const text = readFileSync(new URL(`../fixtures/${kernel}/kallsyms.grep.txt`, import.meta.url), 'latin1');
  const { names } = host(text);
  let functions = 0;
  for (const [address, type, symbol] of text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/\s+/))) {
    if (!'tT'.includes(type!)) continue;
    functions++;
    expect(names.name(BigInt(`0x${address}`) + 5n)).toEqual({ symbol, offset: 5, module: null });
  }
  expect(functions).toBeGreaterThan(10);
});

describe('a return address behind the last instruction of a function', () => {
  it('is in that function, not at the start of the next', () => {
    const { names } = host();
    expect(names.name(0xffffffff81b4d620n)).toEqual({ symbol: 'never_returns', offset: 0x20, module: null });
    expect(names.name(0xffffffff81b4d621n)).toEqual({ symbol: 'next_one', offset: 1, module: null });
  });

  it('also where the kernel’s tables name the next one', () => {
    const { names } = host();
    names.learn(0xffffffff81b4d620n, 'next_one+0x0/0x40');
    expect(names.name(0xffffffff81b4d620n)).toEqual({ symbol: 'never_returns', offset: 0x20, module: null });
  });

  it('stays as the kernel named it where nothing better is known', () => {
    const { names } = host('0000000000000000 T never_returns\n0000000000000000 T next_one\n');
    names.learn(0xffffffff81b4d620n, 'next_one+0x0/0x40');
    expect(names.name(0xffffffff81b4d620n)).toEqual({ symbol: 'next_one', offset: 0, module: null });
  });
});

describe('what the kernel has named', () => {
  const PRINTED = 'nft_do_chain+0x5cc/0x630 [nf_tables]                    ';
  const PLACE = { symbol: 'nft_do_chain', offset: 0x5cc, module: 'nf_tables' };

  it('needs no list of symbols', () => {
    const { names, state } = host();
    names.learn(0xffffffffc0a105ccn, PRINTED);
    expect(names.name(0xffffffffc0a105ccn)).toEqual(PLACE);
    expect(state.reads).toBe(0);
  });

  it('is remembered beyond the life of its module', () => {
    const { names, state } = host();
    names.learn(0xffffffffc0a105ccn, PRINTED);
    state.modules = '';
    names.refresh();
    names.learn(0xffffffffc0a105ccn, '0xffffffffc0a105cc');
    expect(names.name(0xffffffffc0a105ccn)).toEqual(PLACE);
  });

  it('is learned also of an address that had no name before', () => {
    const { names } = host();
    expect(names.name(0xffffffffc0a105ccn)).toBeNull();
    names.learn(0xffffffffc0a105ccn, PRINTED);
    expect(names.name(0xffffffffc0a105ccn)).toEqual(PLACE);
  });

  it('a bare address is no name', () => {
    const { names } = host();
    names.learn(0xffffffffc0a105ccn, '0xffffffffc0a105cc');
    expect(names.name(0xffffffffc0a105ccn)).toBeNull();
  });
});

describe('a module that is gone', () => {
  const OTHER = 'ffffffffc0900000 t ovl_exit\t[overlay]\n';
  const LOADED = 'nf_tables 4096 0 - Live 0xffffffffc0a10000\noverlay 4096 0 - Live 0xffffffffc0900000 (E)\n';
  const UNLOADED = 'overlay 4096 0 - Live 0xffffffffc0900000 (E)\n';

  it('has its names for what is told late', () => {
    const { names, state } = host(KALLSYMS + OTHER + NFT);
    state.modules = LOADED;
    expect(names.name(0xffffffff81b4ca75n)).toMatchObject({ symbol: '__udp4_lib_rcv' });
    state.kallsyms = KALLSYMS + OTHER;
    state.modules = UNLOADED;
    expect(names.name(0xffffffffc0a105ccn)).toEqual({
      symbol: 'nft_do_chain',
      offset: 0x5cc,
      module: 'nf_tables',
    });
  });

  it('is not taken for the end of another', () => {
    const { names, state } = host(KALLSYMS + OTHER);
    state.modules = UNLOADED;
    expect(names.name(0xffffffffc0900100n)).toMatchObject({ symbol: 'ovl_exit' });
    expect(names.name(0xffffffffc0901000n)).toMatchObject({ symbol: 'ovl_exit' });
    expect(names.name(0xffffffffc0901001n)).toBeNull();
  });
});

describe('a module that is loaded later', () => {
  it('is found after the next look at the modules', () => {
    const { names, state } = host();
    expect(names.name(0xffffffffc0a105ccn)).toBeNull();
    state.kallsyms = KALLSYMS + NFT;
    expect(names.name(0xffffffffc0a105ccn)).toBeNull();
    state.modules = `nf_tables 1 0 - Live 0x0\n${state.modules}`;
    names.refresh();
    expect(names.name(0xffffffffc0a105ccn)).toMatchObject({ symbol: 'nft_do_chain', module: 'nf_tables' });
    expect(names.name(0xffffffff81b4ca75n)).toMatchObject({ symbol: '__udp4_lib_rcv' });
  });

  it('the list is read only when an address asks, and again only when modules have changed', () => {
    const { names, state } = host();
    names.refresh();
    expect(state.reads).toBe(0);
    for (const address of [1n, 2n, 0xffffffff81b4ca75n]) names.name(0xffffffff81b4ca00n + address);
    names.refresh();
    names.name(0xffffffff81b4c999n);
    expect(state.reads).toBe(1);
    state.modules = '';
    names.refresh();
    names.name(0xffffffff81b4c998n);
    expect(state.reads).toBe(2);
  });
});

it('where addresses are hidden (kptr_restrict) nothing is guessed', () => {
  const { names } = host('0000000000000000 T __udp4_lib_rcv\n0000000000000000 t udp_rcv\n');
  for (const address of [0n, 1n, 0xffffffff81b4ca75n, 0xffffffffffffffffn])
    expect(names.name(address)).toBeNull();
});
