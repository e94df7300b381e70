import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type BufferOffsets, decodeFlow } from '../../src/decode/packet.js';
import { ipv6Text } from '../../src/decode/packet-address.js';
import { wordsToBytes } from '../../src/decode/packet-words.js';
import type { FieldValue } from '../../src/decode/trace-record.js';
import { buildArp, buildIpv4, buildIpv6, icmp, inFrame, ports, tcp } from './packet-builder.js';
import { readSamples, readTrace } from './packet-samples.js';

const KERNELS = ['5.10', '6.1', '6.12', '7.2'];

const NOTHING = { proto: null, src: null, dst: null, sport: null, dport: null, flags: null, ttl: null };
const MAC = expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
const MACS = { macSrc: MAC, macDst: MAC };
const IPV4 = { ...NOTHING, ...MACS, family: 'ipv4', src: '10.1.1.1', dst: '10.1.1.2', ttl: 64 };
const IPV6 = { ...NOTHING, ...MACS, family: 'ipv6', src: 'fd00::1', dst: 'fd00::2', ttl: 64 };
const ARP = { ...NOTHING, ...MACS, family: 'arp', src: '10.1.1.1', dst: '10.1.1.2' };
const UDP = { ...IPV4, proto: 'udp', sport: 4000, dport: 53 };
const PORTLESS = { ...UDP, sport: null, dport: null };
const UDP6 = { ...IPV6, proto: 'udp', sport: 4000, dport: 53 };

/** What every frame says, wherever it is dropped. */
const FRAMES: Record<string, object> = {
  udp: UDP,
  'tcp-syn': { ...IPV4, proto: 'tcp', sport: 4001, dport: 80, flags: 'SYN' },
  'tcp-all-flags': {
    ...IPV4,
    proto: 'tcp',
    sport: 4001,
    dport: 80,
    flags: 'FIN SYN RST PSH ACK URG ECE CWR AE',
  },
  sctp: { ...IPV4, proto: 'sctp', sport: 4002, dport: 3868 },
  'icmp-echo': { ...IPV4, proto: 'icmp', icmpType: 8, icmpCode: 0 },
  'icmp-unreachable': {
    ...IPV4,
    proto: 'icmp',
    icmpType: 3,
    icmpCode: 3,
    inner: {
      ...NOTHING,
      family: 'ipv4',
      proto: 'udp',
      src: '10.1.1.1',
      dst: '10.1.1.2',
      ttl: 64,
      sport: 5353,
      dport: 4321,
    },
  },
  igmp: { ...IPV4, proto: 'igmp' },
  options: UDP,
  'first-fragment': { ...UDP, fragment: { id: 0x1234, offset: 0, more: true } },
  'later-fragment': { ...PORTLESS, fragment: { id: 0x1234, offset: 16, more: true } },
  'last-fragment': { ...PORTLESS, fragment: { id: 0x1234, offset: 32, more: false } },
  'bad-version': { ...NOTHING, ...MACS, family: 'ipv4' },
  'bad-ihl': PORTLESS,
  'long-ihl': PORTLESS,
  'total-too-long': UDP,
  // Two bytes behind the IP header are the packet's by its own account, the others are padding.
  'total-too-short': { ...UDP, dport: null },
  'total-below-header': PORTLESS,
  'cut-in-header': { ...PORTLESS, src: null, dst: null },
  udp6: UDP6,
  'tcp6-syn-ack': { ...IPV6, proto: 'tcp', sport: 443, dport: 5000, flags: 'SYN ACK' },
  'icmp6-echo': { ...IPV6, proto: 'icmpv6', icmpType: 128, icmpCode: 0 },
  'icmp6-unreachable': {
    ...IPV6,
    proto: 'icmpv6',
    icmpType: 1,
    icmpCode: 4,
    inner: {
      ...NOTHING,
      family: 'ipv6',
      proto: 'udp',
      src: 'fd00::1',
      dst: 'fd00::2',
      ttl: 64,
      sport: 6000,
      dport: 7000,
    },
  },
  extensions: UDP6,
  'first-fragment6': { ...UDP6, fragment: { id: 77, offset: 0, more: true } },
  'later-fragment6': { ...IPV6, proto: 'udp', fragment: { id: 77, offset: 16, more: true } },
  'no-next-header': { ...IPV6, proto: 'ipv6-nonxt' },
  'arp-request': { ...ARP, arpOp: 1 },
  'arp-reply': { ...ARP, arpOp: 2 },
  lldp: { ...NOTHING, ...MACS, family: 'other' },
  stp: { ...NOTHING, ...MACS, family: 'other' },
};

/** Received, the outermost tag has been taken out of the bytes; sent by a packet socket, all are there. */
const TAGGED: Record<string, { received: object; sent: object }> = {
  vlan: { received: UDP, sent: { ...UDP, vlan: [5] } },
  'vlan-arp': { received: { ...ARP, arpOp: 1 }, sent: { ...ARP, arpOp: 1, vlan: [7] } },
  qinq: { received: { ...UDP6, vlan: [11] }, sent: { ...UDP6, vlan: [100, 11] } },
  'three-tags': { received: { ...UDP, vlan: [2, 3] }, sent: { ...UDP, vlan: [1, 2, 3] } },
};

describe.each(KERNELS)('packets that kernel %s dropped', (kernel) => {
  const samples = readSamples(kernel);

  it.each(['ingress', 'prerouting', 'qdisc'])('of every kind, in %s', (stage) => {
    let seen = 0;
    for (const [name, expected] of Object.entries(FRAMES)) {
      seen += check(`${stage} ${name}`, expected);
    }
    for (const [name, { received, sent }] of Object.entries(TAGGED)) {
      seen += check(`${stage} ${name}`, stage === 'qdisc' ? sent : received);
    }
    // ARP never gets to IP's prerouting hook.
    expect(seen).toBe(stage === 'prerouting' ? 31 : 34);
  });

  it('of its own stack: before there is an Ethernet header, and neighbour discovery', () => {
    expect(flows('output own')).toEqual([
      {
        ...NOTHING,
        family: 'ipv4',
        proto: 'udp',
        src: '10.1.1.1',
        dst: '10.1.1.2',
        ttl: 64,
        sport: expect.any(Number),
        dport: 9,
      },
      {
        ...NOTHING,
        family: 'ipv6',
        proto: 'tcp',
        src: 'fd00::1',
        dst: 'fd00::2',
        ttl: 64,
        sport: expect.any(Number),
        dport: 80,
        flags: 'SYN',
      },
    ]);
    expect(flows('qdisc own udp')).toContainEqual({ ...ARP, macDst: 'ff:ff:ff:ff:ff:ff', arpOp: 1 });
    expect(flows('qdisc own tcp6')).toContainEqual({
      ...IPV6,
      proto: 'icmpv6',
      dst: 'ff02::1:ff00:2',
      ttl: 255,
      macDst: '33:33:ff:00:00:02',
      icmpType: 135,
      icmpCode: 0,
    });
  });

  it('takes no user data of a local socket for a packet, though it looks like one', () => {
    const scenario = samples.get('unix user data that looks like IPv4')!;
    const unix = scenario.filter(({ at }) => at.protocol === 0);
    expect(unix.map(({ head }) => head[0])).toEqual([0x45]);
    expect(unix.map(({ head, at }) => decodeFlow(head, at))).toEqual([null]);
  });

  function check(scenario: string, expected: object): number {
    const found = flows(scenario);
    if (found.length > 0) expect(found, scenario).toContainEqual(expected);
    return Math.min(1, found.length);
  }

  function flows(scenario: string) {
    return samples.get(scenario)!.map(({ head, at }) => decodeFlow(head, at));
  }
});

describe('the first 192 bytes alone, as earlier probes fetched them', () => {
  const probes = KERNELS.flatMap((kernel) =>
    (kernel === '5.10' ? ['kph'] : kernel === '6.1' ? ['kph', 'epr'] : ['kph', 'epr', 'tp5']).map((probe) => [
      kernel,
      probe,
    ]),
  );

  it.each(probes)('kernel %s, probe %s', (kernel, probe) => {
    const path = new URL(`../fixtures/${kernel}/B-probe-${probe}.trace.txt`, import.meta.url);
    const [trace, format] = readFileSync(path, 'latin1').split(/\n# format:\n(?=# name: )/);
    const [fields] = readTrace(trace!, format!);
    const head = wordsToBytes(fields!.hd as readonly FieldValue[], 8);
    expect(head).toHaveLength(192);
    expect(decodeFlow(head, { ...UNSET, network: 16, transport: 36, mac: 2, protocol: 0x0800 })).toEqual({
      ...NOTHING,
      family: 'ipv4',
      proto: 'udp',
      src: '127.0.0.1',
      dst: '127.0.0.1',
      sport: expect.any(Number),
      dport: 9,
      ttl: 64,
      macSrc: '00:00:00:00:00:00',
      macDst: '00:00:00:00:00:00',
    });
  });
});

const UNSET: BufferOffsets = {
  network: null,
  transport: null,
  mac: null,
  data: null,
  protocol: 0,
  length: null,
};

const LOOPBACK = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const IP = { ttl: 9, src: [192, 0, 2, 1], dst: [192, 0, 2, 2] };
const PLAIN = { ...IP, options: 0, id: 0, offset: 0, more: false };
const DATAGRAM = buildIpv4(PLAIN, ports(17, 1000, 2000));
const FRAME = inFrame(0x0800, DATAGRAM, []);

describe('where the network header is', () => {
  const at = (changes: Partial<BufferOffsets>): BufferOffsets => ({ ...UNSET, protocol: 0x0800, ...changes });

  it('a buffer fresh from a driver: network_header still 0, data behind the Ethernet header', () => {
    const head = behind(32, FRAME.bytes);
    expect(decodeFlow(head, at({ network: 0, mac: 32, data: 46, length: 28 }))).toEqual(FRAME.flow);
    expect(decodeFlow(head, at({ network: 0, mac: 0xffff, data: 46, length: 28 }))).toEqual(DATAGRAM.flow);
    expect(decodeFlow(head, at({ network: 0xffff, mac: 32 }))).toEqual(FRAME.flow);
    expect(decodeFlow(head, at({ network: 0xffff, mac: 0xffff, data: 46, length: 28 }))).toEqual(
      DATAGRAM.flow,
    );
  });

  it('a mac_header that an earlier device left is no Ethernet header', () => {
    const head = behind(64, DATAGRAM.bytes);
    expect(decodeFlow(head, at({ network: 64, mac: 4 }))).toEqual(DATAGRAM.flow);
    expect(decodeFlow(head, at({ network: 64, mac: 50 }))).toEqual(DATAGRAM.flow);
    expect(decodeFlow(head, at({ network: 64, mac: 64 }))).toEqual(DATAGRAM.flow);
  });

  it('in a tunnel the Ethernet header may be that of the outer packet, or of the inner one', () => {
    const outer = inFrame(
      0x0800,
      buildIpv4(PLAIN, { protocol: 4, bytes: [...DATAGRAM.bytes], flow: {} }),
      [],
    );
    const inner = { network: 16 + 14 + 20, mac: 16, data: 16 + 14 + 20, length: 28 };
    expect(decodeFlow(behind(16, outer.bytes), at(inner))).toEqual(DATAGRAM.flow);

    const gre = { protocol: 47, bytes: [0, 0, 0x65, 0x58, ...FRAME.bytes], flow: { proto: 'gre' } };
    const wrapped = buildIpv4(PLAIN, gre);
    expect(decodeFlow(behind(16, wrapped.bytes), at({ network: 16, mac: 40 }))).toEqual(wrapped.flow);
  });

  it('a protocol that was behind a tag left in the bytes', () => {
    const tagged = inFrame(0x0800, DATAGRAM, [{ type: 0x8100, id: 6, priority: 0 }]);
    expect(decodeFlow(behind(16, tagged.bytes), at({ network: 34, mac: 16 }))).toEqual(tagged.flow);
  });

  it('an Ethernet header that fits outweighs a network_header where nothing fits', () => {
    expect(decodeFlow(behind(32, FRAME.bytes), at({ network: 90, mac: 32 }))).toEqual(FRAME.flow);
    expect(decodeFlow(behind(32, FRAME.bytes), at({ network: 8, mac: 32 }))).toEqual(FRAME.flow);
  });

  it('data is believed only where a sound header is: a payload may begin like one', () => {
    const head = behind(32, Uint8Array.from(Buffer.from('Hello, this is a text of some length.')));
    expect(decodeFlow(head, at({ network: 0, data: 32, length: 37 }))).toEqual({
      ...NOTHING,
      family: 'ipv4',
    });
  });

  it('a VLAN protocol without an Ethernet header: at the tag, or behind it', () => {
    const head = behind(18, inFrame(0x0800, DATAGRAM, [{ type: 0x8100, id: 6, priority: 1 }]).bytes);
    const tagged = { protocol: 0x8100, data: 0 };
    expect(decodeFlow(head, { ...UNSET, ...tagged, network: 32 })).toEqual({ ...DATAGRAM.flow, vlan: [6] });
    expect(decodeFlow(head, { ...UNSET, ...tagged, network: 36 })).toEqual(DATAGRAM.flow);
  });

  it('a buffer without a protocol: an Ethernet header with something sound behind it, or nothing', () => {
    const head = behind(32, FRAME.bytes);
    expect(decodeFlow(head, { ...UNSET, mac: 32, network: 46 })).toEqual(FRAME.flow);
    expect(decodeFlow(head, { ...UNSET, network: 46 })).toBeNull();
    expect(decodeFlow(new Uint8Array(0), UNSET)).toBeNull();
  });

  it('nothing to be seen but the protocol', () => {
    expect(decodeFlow(new Uint8Array(0), at({ network: 16 }))).toEqual({ ...NOTHING, family: 'ipv4' });
    expect(decodeFlow(new Uint8Array(64), at({ network: 600 }))).toEqual({ ...NOTHING, family: 'ipv4' });
    expect(decodeFlow(new Uint8Array(64), { ...UNSET, network: 16, protocol: 0x88b5 })).toEqual({
      ...NOTHING,
      family: 'other',
    });
  });
});

describe('what belongs to the packet', () => {
  it('nothing behind tail, nor behind data and length', () => {
    const head = behind(32, FRAME.bytes);
    const cut = { ...DATAGRAM.flow, sport: 1000, dport: null };
    const flow = (changes: Partial<BufferOffsets>) =>
      decodeFlow(head, { ...UNSET, protocol: 0x0800, network: 46, ...changes });
    expect(flow({ tail: 32 + 14 + 20 + 2 })).toEqual(cut);
    expect(flow({ data: 46, length: 22 })).toEqual(cut);
    // Pulled up to the payload: data and length still tell the same end.
    expect(flow({ data: 66, length: 2 })).toEqual(cut);
    // Parts of a long packet lie elsewhere.
    expect(flow({ data: 46, length: 9000, tail: 68 })).toEqual(cut);
  });

  it('a length of 0 says nothing where the kernel joined packets to more than 65535 bytes', () => {
    const joined = DATAGRAM.bytes.slice();
    joined.set([0, 0], 2);
    const v6 = buildIpv6({ ttl: 1, src: LOOPBACK, dst: LOOPBACK }, [], tcp(1, 2, 0x10));
    v6.bytes.set([0, 0], 4);
    const flow = (bytes: Uint8Array, protocol: number, length: number) =>
      decodeFlow(bytes, { ...UNSET, protocol, network: 0, data: 0, length });
    expect(flow(joined, 0x0800, 70_000)).toEqual(DATAGRAM.flow);
    expect(flow(joined, 0x0800, 28)).toEqual({ ...DATAGRAM.flow, sport: null, dport: null });
    expect(flow(v6.bytes, 0x86dd, 70_000)).toEqual(v6.flow);
    expect(flow(v6.bytes, 0x86dd, 60)).toEqual({ ...v6.flow, sport: null, dport: null, flags: null });
  });

  it.each([
    ['TCP', 0x0800, buildIpv4(PLAIN, tcp(1000, 2000, 0x012))],
    [
      'TCP over IPv6',
      0x86dd,
      buildIpv6({ ttl: 1, src: LOOPBACK, dst: LOOPBACK }, [], tcp(1000, 2000, 0x112)),
    ],
    ['ICMP', 0x0800, buildIpv4(PLAIN, icmp(1, 11, 1, DATAGRAM))],
    ['ARP', 0x0806, buildArp(1, IP.src, IP.dst)],
  ])('every number of bytes of %s', (_name, protocol, packet) => {
    const said = (flow: object | null) =>
      Object.entries(flow ?? {}).filter(([name, value]) => value !== null && name !== 'inner');
    let last = 0;
    for (let size = 0; size <= packet.bytes.length; size += 1) {
      const flow = decodeFlow(packet.bytes.subarray(0, size), { ...UNSET, protocol, network: 0 });
      expect(said(packet.flow)).toEqual(expect.arrayContaining(said(flow)));
      expect(said(flow).length).toBeGreaterThanOrEqual(last);
      last = said(flow).length;
      if (flow?.inner !== undefined)
        expect(said(packet.flow.inner!)).toEqual(expect.arrayContaining(said(flow.inner)));
    }
    expect(decodeFlow(packet.bytes, { ...UNSET, protocol, network: 0 })).toEqual(packet.flow);
  });

  it('a quoted packet ends where the one that quotes it ends', () => {
    const error = buildIpv4(PLAIN, icmp(1, 3, 3, DATAGRAM));
    const flow = (total: number) => {
      error.bytes.set([0, total], 2);
      return decodeFlow(error.bytes, { ...UNSET, protocol: 0x0800, network: 0 });
    };
    expect(flow(56)).toEqual(error.flow);
    expect(flow(50)?.inner).toEqual({ ...DATAGRAM.flow, dport: null });
    // Not even its sender's address.
    expect(flow(43)).toMatchObject({ icmpType: 3, icmpCode: 3 });
    expect(flow(43)).not.toHaveProperty('inner');
  });

  it('the ninth byte of a fragmented packet begins no header', () => {
    const fragment = buildIpv6({ ttl: 1, src: LOOPBACK, dst: LOOPBACK }, [], {
      protocol: 44,
      bytes: [17, 0, 0, 8, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8],
      flow: { proto: 'udp', fragment: { id: 9, offset: 8, more: false } },
    });
    expect(decodeFlow(fragment.bytes, { ...UNSET, protocol: 0x86dd, network: 0 })).toEqual(fragment.flow);
  });

  it('an extension header that is cut leaves the protocol open', () => {
    const packet = buildIpv6(
      { ttl: 1, src: LOOPBACK, dst: LOOPBACK },
      [{ protocol: 60, length: 1 }],
      tcp(1, 2, 2),
    );
    const flow = decodeFlow(packet.bytes.subarray(0, 47), { ...UNSET, protocol: 0x86dd, network: 0 });
    expect(flow).toEqual({ ...NOTHING, family: 'ipv6', src: '::1', dst: '::1', ttl: 1 });
  });

  it('ARP for something else than IPv4 has no addresses', () => {
    const { bytes } = buildArp(1, [192, 0, 2, 1], [192, 0, 2, 2]);
    bytes.set([0x86, 0xdd, 6, 16], 2);
    expect(decodeFlow(bytes, { ...UNSET, protocol: 0x0806, network: 0 })).toEqual({
      ...NOTHING,
      family: 'arp',
      arpOp: 1,
    });
  });
});

describe('IPv6 addresses as RFC 5952 has them', () => {
  it.each([
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010000000000010000000000000001', '2001:0:0:1::1'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['fe800000000000000000000000000000', 'fe80::'],
    ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
    ['0064ff9b0000000000000000c0000201', '64:ff9b::c000:201'],
    ['000000000000000000000000c0000201', '::c000:201'],
    ['0000000000000000ffff0000c0000201', '::ffff:0:c000:201'],
  ])('%s is %s', (hex, text) => {
    expect(ipv6Text(Buffer.from(`ff${hex}`, 'hex'), 1)).toBe(text);
  });
});

describe('words to bytes', () => {
  it('of 64 bits, numbers and bigints, and what is neither', () => {
    const words = [0x0102030405, 0xfedcba9876543210n, -1, null, 'x'];
    expect(Buffer.from(wordsToBytes(words, 8)).toString('hex')).toBe(
      '05040302010000001032547698badcfeffffffffffffffff00000000000000000000000000000000',
    );
  });

  it('of 32 bits, into the middle of other bytes, as many as there is room for', () => {
    const bytes = new Uint8Array(10).fill(0xee);
    expect(wordsToBytes([0x01020304, 0xfffffffe, 7], 4, bytes.subarray(1))).toHaveLength(8);
    expect(Buffer.from(bytes).toString('hex')).toBe('ee04030201feffffffee');
  });
});

function behind(headroom: number, bytes: Uint8Array): Uint8Array {
  const head = new Uint8Array(headroom + bytes.length + 16).fill(0xa5);
  head.set(bytes, headroom);
  return head;
}
