import type { Flow } from '../../src/decode/packet.js';

/** Writes packets, for tests: the other direction of src/decode/packet.ts, in the simplest words. */
export interface BuiltPacket {
  bytes: Uint8Array;
  flow: Flow;
}

const NOTHING = { proto: null, src: null, dst: null, sport: null, dport: null, flags: null, ttl: null };

export interface IpOptions {
  ttl: number;
  src: readonly number[];
  dst: readonly number[];
}

export interface Ipv4Options extends IpOptions {
  /** In words of four bytes. */
  options: number;
  id: number;
  /** In units of eight bytes. */
  offset: number;
  more: boolean;
}

export interface Layer {
  protocol: number;
  bytes: readonly number[];
  flow: Partial<Flow>;
}

export function buildIpv4(options: Ipv4Options, upper: Layer): BuiltPacket {
  const { ttl, src, dst, id, offset, more } = options;
  const header = 20 + options.options * 4;
  const bytes = Uint8Array.from([
    0x40 | (header / 4),
    0,
    ...u16(header + upper.bytes.length),
    ...u16(id),
    ...u16((more ? 0x2000 : 0) | offset),
    ttl,
    upper.protocol,
    0,
    0,
    ...src,
    ...dst,
    ...new Array(options.options * 4).fill(1),
    ...upper.bytes,
  ]);
  const later: Partial<Flow> = { proto: upper.flow.proto ?? null };
  return {
    bytes,
    flow: {
      family: 'ipv4',
      ...NOTHING,
      ...(offset > 0 ? later : upper.flow),
      ttl,
      src: src.join('.'),
      dst: dst.join('.'),
      ...(offset > 0 || more ? { fragment: { id, offset: offset * 8, more } } : {}),
    },
  };
}

export interface Extension {
  protocol: number;
  /** Units of eight bytes (words of four for the authentication header, less those it always has). */
  length: number;
}

/** Extension headers whose length field counts in eights: all but fragment (44) and authentication (51). */
export const EIGHTS = [0, 43, 60, 135, 139, 140];

export function buildIpv6(
  { ttl, src, dst }: IpOptions,
  extensions: readonly Extension[],
  upper: Layer,
): BuiltPacket {
  const next = [...extensions.map(({ protocol }) => protocol), upper.protocol];
  const chain = extensions.flatMap(({ protocol, length }, index) => {
    const size = protocol === 51 ? (length + 2) * 4 : (length + 1) * 8;
    return [next[index + 1]!, length, ...new Array(size - 2).fill(0)];
  });
  const payload = [...chain, ...upper.bytes];
  return {
    bytes: Uint8Array.from([
      0x60,
      0,
      0,
      0,
      ...u16(payload.length),
      next[0]!,
      ttl,
      ...src,
      ...dst,
      ...payload,
    ]),
    flow: { family: 'ipv6', ...NOTHING, ...upper.flow, ttl, src: ipv6Text(src), dst: ipv6Text(dst) },
  };
}

export function buildArp(op: number, sender: readonly number[], target: readonly number[]): BuiltPacket {
  return {
    bytes: Uint8Array.from([
      0,
      1,
      8,
      0,
      6,
      4,
      ...u16(op),
      2,
      0,
      0,
      0,
      0,
      1,
      ...sender,
      0,
      0,
      0,
      0,
      0,
      0,
      ...target,
    ]),
    flow: { family: 'arp', ...NOTHING, src: sender.join('.'), dst: target.join('.'), arpOp: op },
  };
}

const PORTS = new Map([
  [17, 'udp'],
  [33, 'dccp'],
  [132, 'sctp'],
  [136, 'udplite'],
]);
export const PORT_PROTOCOLS = [...PORTS.keys()];
const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR', 'AE'];

export function tcp(sport: number, dport: number, flags: number): Layer {
  return {
    protocol: 6,
    bytes: [
      ...u16(sport),
      ...u16(dport),
      ...new Array(8).fill(7),
      0x50 | (flags >> 8),
      flags & 0xff,
      0,
      0,
      0,
      0,
      0,
      0,
    ],
    flow: { proto: 'tcp', sport, dport, flags: FLAGS.filter((_, bit) => flags & (1 << bit)).join(' ') },
  };
}

export function ports(protocol: number, sport: number, dport: number): Layer {
  const bytes = [...u16(sport), ...u16(dport), 0, 8, 0, 0];
  return { protocol, bytes, flow: { proto: PORTS.get(protocol) ?? null, sport, dport } };
}

/** @param rest from the fifth byte on */
export function icmp(protocol: 1 | 58, type: number, code: number, quoted: BuiltPacket | null): Layer {
  return {
    protocol,
    bytes: [type, code, 0, 0, 0, 0, 0, 0, ...(quoted?.bytes ?? [])],
    flow: {
      proto: protocol === 1 ? 'icmp' : 'icmpv6',
      icmpType: type,
      icmpCode: code,
      ...(quoted === null ? {} : { inner: quoted.flow }),
    },
  };
}

/** The Ethernet header and VLAN tags before it. */
export function inFrame(
  type: number,
  packet: BuiltPacket,
  tags: readonly { type: number; id: number; priority: number }[],
): BuiltPacket & { network: number } {
  const types = [...tags.map((tag) => tag.type), type];
  const link = [
    ...[0x02, 0, 0x5e, 0, 0, 0x0b],
    ...[0x02, 0, 0x5e, 0, 0, 0x0a],
    ...u16(types[0]!),
    ...tags.flatMap(({ id, priority }, index) => [...u16((priority << 13) | id), ...u16(types[index + 1]!)]),
  ];
  const macs = { macSrc: '02:00:5e:00:00:0a', macDst: '02:00:5e:00:00:0b' };
  const vlan = tags.length > 0 ? { vlan: tags.map(({ id }) => id) } : {};
  return {
    bytes: Uint8Array.from([...link, ...packet.bytes]),
    flow: { ...packet.flow, ...macs, ...vlan },
    network: link.length,
  };
}

/** As the WHATWG URL standard serializes addresses: RFC 5952 but for the dotted form. */
export function ipv6Text(bytes: readonly number[]): string {
  const groups = bytes.flatMap((_, i) =>
    i % 2 === 0 ? [((bytes[i]! << 8) | bytes[i + 1]!).toString(16)] : [],
  );
  if (groups.slice(0, 6).join() === '0,0,0,0,0,ffff') return `::ffff:${bytes.slice(12).join('.')}`;
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function u16(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}
