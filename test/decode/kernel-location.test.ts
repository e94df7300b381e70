import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseLocation } from '../../src/decode/kernel-location.js';

it.each([
  ['__udp4_lib_rcv+0x235/0xd90', '__udp4_lib_rcv', 0x235, null],
  ['udp_rcv+0x452', 'udp_rcv', 0x452, null],
  ['ip_rcv_finish_core.constprop.0+0x20e/0x4a0', 'ip_rcv_finish_core.constprop.0', 0x20e, null],
  ['nft_do_chain+0x5cc/0x630 [nf_tables]', 'nft_do_chain', 0x5cc, 'nf_tables'],
  ['veth_xmit+0x1 [veth]', 'veth_xmit', 1, 'veth'],
  ['bpf_prog_6deef7357e7b4530_filter+0x1b/0x20', 'bpf_prog_6deef7357e7b4530_filter', 0x1b, null],
  ['$x+0x0/0x4 [a-b.c]', '$x', 0, 'a-b.c'],
])('%s', (text, symbol, offset, module) => {
  expect(parseLocation(text)).toEqual({ symbol, offset, module });
});

it.each([
  '',
  '0xffffffffc030e0de',
  'ffffffff899f2522',
  '(null)',
  'udp_rcv',
  'udp_rcv+452/0xc50',
  'udp_rcv+0x452/0xc50 [',
  'udp_rcv+0x452/0xc50 [a]b',
  'udp_rcv+0x452/0xc50\nx',
  ' udp_rcv+0x452/0xc50',
  'udp_rcv+0x452/0xc50 [nf tables]',
])('%j is no place', (text) => {
  expect(parseLocation(text)).toBeNull();
});

it('every frame of a recorded kernel path', () => {
  for (const kernel of ['6.1', '6.12', '7.2']) {
    const path = new URL(`../fixtures/${kernel}/hist/B-hist-stacktrace-key.txt`, import.meta.url);
    const frames = [...readFileSync(path, 'latin1').matchAll(/^ {9}(\S+)$/gm)].map(([, frame]) => frame!);
    expect(frames.length).toBeGreaterThan(10);
    for (const frame of frames) {
      const { symbol, offset } = parseLocation(frame)!;
      expect(frame.startsWith(`${symbol}+0x${offset.toString(16)}/`)).toBe(true);
    }
  }
});

it('what the kernel prints is read back, whatever the names', () => {
  const name = fc.stringMatching(/^[A-Za-z_.$][\w.$]{0,60}$/);
  const module = fc.option(fc.stringMatching(/^[\w-]{1,55}$/));
  fc.assert(
    fc.property(name, fc.nat(0xf_ffff), fc.option(fc.nat()), module, (symbol, offset, size, inside) => {
      const text =
        `${symbol}+0x${offset.toString(16)}${size === null ? '' : `/0x${size.toString(16)}`}` +
        (inside === null ? '' : ` [${inside}]`);
      expect(parseLocation(text)).toEqual({ symbol, offset, module: inside });
    }),
  );
});

it('any text ends in an answer', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const found = parseLocation(text);
      if (found !== null) expect(text.startsWith(found.symbol)).toBe(true);
    }),
  );
});
