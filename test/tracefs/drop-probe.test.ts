import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PacketOffsets } from '../../src/host/packet-offsets.js';
import { dropProbes, KEY_FIELDS, PACKET_FIELDS, traceSyntax } from '../../src/tracefs/drop-probe.js';

/** Linux 5.10.0-46, as its own type information has them. */
const OFFSETS: PacketOffsets = {
  dev: 16,
  sk: 24,
  len: 112,
  protocol: 176,
  macHeader: 182,
  networkHeader: 180,
  transportHeader: 178,
  head: 192,
  data: 200,
  tail: 184,
  users: 212,
  name: 0,
  ifindex: 256,
  deviceNet: 1264,
  inum: 144,
  socketNet: 48,
  packetType: 128,
};

const readme = (kernel: string) =>
  readFileSync(new URL(`../fixtures/${kernel}/tracing-README.txt`, import.meta.url), 'latin1');

const kinds = (kernel: string, options: Partial<Parameters<typeof dropProbes>[0]> = {}) =>
  dropProbes({
    name: 'drop',
    reason: kernel !== '5.10',
    socket: kernel === '6.12' || kernel === '7.2',
    offsets: OFFSETS,
    arch: 'x64',
    wanted: PACKET_FIELDS,
    syntax: traceSyntax(readme(kernel), ''),
    ...options,
  });

describe('what a kernel says it understands', () => {
  it.each([
    ['5.10', { tracepointProbes: false, eventProbes: false, hist: false }],
    ['6.1', { tracepointProbes: false, eventProbes: true, hist: true }],
    ['6.12', { tracepointProbes: true, eventProbes: true, hist: true }],
    ['7.2', { tracepointProbes: true, eventProbes: true, hist: true }],
  ])('%s', (kernel, expected) => {
    expect(traceSyntax(readme(kernel), '')).toEqual(expected);
  });
});

it('a tracepoint probe of somebody else leaves no room for one of ours', () => {
  const events = 'p:x/y do_syslog\nt:other/drops kfree_skb len=skb->len:u32\n';
  expect(traceSyntax(readme('6.12'), events).tracepointProbes).toBe(false);
  expect(traceSyntax(readme('6.12'), 't:other/x consume_skb\n').tracepointProbes).toBe(true);
});

describe('probes, best first', () => {
  it.each([
    ['5.10', ['p']],
    ['6.1', ['e']],
    ['6.12', ['t', 'e']],
    ['7.2', ['t', 'e']],
  ])('%s', (kernel, expected) => {
    expect(kinds(kernel).map(({ kind }) => kind)).toEqual(expected);
  });

  it('the keys alone leave the tracepoint probe to the packet', () => {
    expect(kinds('6.12', { wanted: KEY_FIELDS }).map(({ kind }) => kind)).toEqual(['e']);
  });

  it('without type information only the kernel itself can look members up', () => {
    expect(kinds('6.12', { offsets: null }).map(({ kind }) => kind)).toEqual(['t']);
    expect(kinds('6.1', { offsets: null })).toEqual([]);
  });

  it('on an architecture whose return address is not known there is no probe on the function', () => {
    expect(kinds('5.10', { arch: 'riscv64' })).toEqual([]);
    expect(kinds('5.10', { arch: 'arm64' })[0]?.args).toContain('loc=%lr:symbol');
  });

  it('the probe on the function leaves out packets that somebody still holds', () => {
    expect(kinds('5.10')[0]).toMatchObject({ symbol: 'kfree_skb', filter: 'users == 1 && skb != 0' });
    expect(kinds('5.10')[0]?.args).toMatch(
      /^users=\+212\(\$arg1\):s32 skb=\$arg1:x64 loc=\$stack0:symbol proto=/,
    );
  });

  it('members by offset, pointers followed', () => {
    const [probe] = kinds('6.1', { wanted: KEY_FIELDS });
    expect(probe?.args).toBe(
      'loc=$location:symbol reason=$reason:s32 proto=+176($skbaddr):x16 devp=+16($skbaddr):x64 ' +
        'dev=+0(+16($skbaddr)):string netns=+144(+1264(+16($skbaddr))):u32 sk=+24($skbaddr):x64 ' +
        'sknet=+144(+48(+24($skbaddr))):u32',
    );
  });

  it('no reason is asked of a kernel that has none', () => {
    expect(kinds('6.1', { reason: false })[0]?.args).not.toContain('reason');
  });

  it('a definition is shorter than the kernel takes', () => {
    for (const kernel of ['5.10', '6.1', '6.12', '7.2'])
      for (const { args } of kinds(kernel, { wanted: [...PACKET_FIELDS, 'comm'] }))
        expect(args.length).toBeLessThan(2000);
  });
});
