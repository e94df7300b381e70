import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSocketMemory } from '../../src/host/net-socket-memory.js';
import { parseInetSockets, parsePacketSockets, TCP_LISTEN } from '../../src/host/socket-table.js';
import { netFixture } from './net-fixture.js';

// The fixtures come from a machine with the low byte first, as this one must be.
describe('/proc/net/{udp,tcp,raw}', () => {
  it('a UDP socket that nobody reads', () => {
    expect(parseInetSockets(netFixture('udp.after'))).toEqual({
      sockets: [
        {
          local: { address: '10.0.0.2', port: 5001 },
          remote: { address: '0.0.0.0', port: 0 },
          state: 7,
          receiveQueue: 214_272,
          inode: 2336,
          drops: 307,
        },
      ],
      malformed: 0,
    });
  });

  it('an IPv6 one', () => {
    expect(parseInetSockets(netFixture('udp6.after')).sockets).toMatchObject([
      { local: { address: '::', port: 5002 }, remote: { address: '::', port: 0 }, drops: 307 },
    ]);
  });

  it('TCP: who listens, and connections that nobody has accepted', () => {
    const { sockets } = parseInetSockets(netFixture('tcp.after'));
    expect(sockets[0]).toMatchObject({
      local: { address: '0.0.0.0', port: 80 },
      state: TCP_LISTEN,
      receiveQueue: 2,
      inode: 2338,
      drops: null,
    });
    expect(sockets.slice(1)).toMatchObject([
      { remote: { address: '10.0.0.1' }, inode: 0 },
      { remote: { address: '10.0.0.1' }, inode: 0 },
    ]);
  });

  it('raw: the port is the protocol', () => {
    expect(parseInetSockets(netFixture('raw.after')).sockets.map(({ local }) => local.port)).toContain(253);
  });

  it.each([
    ['0000000000000000FFFF00000200000A', '10.0.0.2'],
    ['000000000000000000000000010000FF', '::ff00:1'],
    ['000000000000000000000000FF000001', '::100:ff'],
    ['B80D0120000000000000000001000000', '2001:db8::1'],
    ['000080FE00000000FFD1AF786B0E26FE', 'fe80::78af:d1ff:fe26:e6b'],
    ['01000000020000000300000004000000', '0:1:0:2:0:3:0:4'],
    ['B80D0120000001000000000001000100', '2001:db8:1::1:1'],
  ])('%s is %s', (hex, address) => {
    const line = `0: ${hex}:0001 ${'0'.repeat(32)}:0000 07 00000000:00000000 00:00000000 00000000 0 0 5 2 0 0`;
    expect(parseInetSockets(`heading\n${line}\n`).sockets[0]?.local.address).toBe(address);
  });

  it('is total, and counts what is none', () => {
    const good = netFixture('udp.after').split('\n')[1] as string;
    const damaged = fc
      .record({ at: fc.nat(good.length - 1), with: fc.string({ unit: 'binary', maxLength: 3 }) })
      .map((cut) => good.slice(0, cut.at) + cut.with + good.slice(cut.at + 1));
    const line = fc.oneof(fc.string({ unit: 'binary' }), damaged, fc.constant(good));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        const text = ['heading', ...lines].join('\n');
        const count = text.split('\n').length - 1;
        const { sockets, malformed } = parseInetSockets(text);
        expect(sockets.length + malformed).toBeLessThanOrEqual(count);
        for (const { local, receiveQueue, inode } of sockets) {
          expect([local.port, receiveQueue, inode].every(Number.isSafeInteger)).toBe(true);
        }
        const packets = parsePacketSockets(text);
        expect(packets.sockets.length + packets.malformed).toBeLessThanOrEqual(count);
      }),
    );
  });
});

it('/proc/net/packet', () => {
  expect(parsePacketSockets(netFixture('packet.after'))).toMatchObject({
    sockets: [{ protocol: 3, ifindex: 0, receiveMemory: 213_888 }],
    malformed: 0,
  });
});

const ALL_IT_GETS = { acceptLimit: null, device: null, onlyIpv6: false };

describe('ss -anme', () => {
  it('what is queued, how much fits, and what was refused', () => {
    expect([...parseSocketMemory(netFixture('ss-u.txt')).values()]).toEqual([
      { received: 214_272, receiveBuffer: 212_992, drops: 307, ...ALL_IT_GETS },
      { received: 214_272, receiveBuffer: 212_992, drops: 307, ...ALL_IT_GETS },
    ]);
  });

  it('what it takes packets from', () => {
    const sockets = [...parseSocketMemory(netFixture('ss-u-bound.txt')).values()];
    expect(sockets.map(({ device, onlyIpv6 }) => [device, onlyIpv6])).toEqual([
      ['dm0', false],
      [null, true],
      ['dm0', true],
    ]);
  });

  it('how many connections a listening socket lets wait', () => {
    expect(parseSocketMemory(netFixture('ss-t.txt'))).toEqual(
      new Map([[2338, { received: 0, receiveBuffer: 131_072, drops: 12, ...ALL_IT_GETS, acceptLimit: 1 }]]),
    );
  });

  it("a control group's name passes for nothing else", () => {
    const text =
      'UNCONN 5 0 *:1 *:* ino:7 sk:1 cgroup:/x%y:1 ino:9 v6only:1 skmem:(r1,rb1,d1)\n\t skmem:(r5,rb6,t0,tb1,f0,w0,o0,bl0,d8)\n';
    expect([...parseSocketMemory(text)]).toEqual([
      [7, { received: 5, receiveBuffer: 6, drops: 8, ...ALL_IT_GETS }],
    ]);
  });

  it('is total', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parseSocketMemory(text).size).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});
