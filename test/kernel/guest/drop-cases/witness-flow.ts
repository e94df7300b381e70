import type { Flow } from '../../../../src/decode/packet.js';

const NOTHING = { proto: null, src: null, dst: null, sport: null, dport: null, flags: null, ttl: null };
const PROTOCOLS = new Map([
  [1, 'icmp'],
  [2, 'igmp'],
  [4, 'ipip'],
  [6, 'tcp'],
  [17, 'udp'],
  [47, 'gre'],
  [50, 'esp'],
  [58, 'icmpv6'],
  [59, 'ipv6-nonxt'],
]);
const FRAGMENT = 44;
/** Hop-by-hop options, routing, fragment, destination options; of the cases, each has one. */
const EXTENSIONS = new Set([0, 43, FRAGMENT, 60]);
const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

/** What a packet's bytes say, read the plain way. @param head the buffer from its start @param at its network header */
export function flowOf(head: Buffer, protocol: number, at: number): Flow | null {
  if (at === 0 || at === 0xffff || at + 28 > head.length) return null;
  const bytes = head.subarray(at);
  if (protocol === 0x0806)
    return { ...NOTHING, family: 'arp', src: ip(bytes.subarray(14, 18)), dst: ip(bytes.subarray(24, 28)) };
  if (protocol === 0x0800) return ipv4(bytes);
  return protocol === 0x86dd && bytes.length >= 44 ? ipv6(bytes) : { ...NOTHING, family: 'other' };
}

function ipv4(bytes: Buffer): Flow {
  const proto = bytes[9]!;
  const first = (bytes.readUInt16BE(6) & 0x1fff) === 0;
  return {
    family: 'ipv4',
    ...PORTLESS,
    proto: PROTOCOLS.get(proto) ?? String(proto),
    src: ip(bytes.subarray(12, 16)),
    dst: ip(bytes.subarray(16, 20)),
    ...(first ? transport(proto, bytes.subarray((bytes[0]! & 15) * 4)) : {}),
    ttl: bytes[8]!,
  };
}

function ipv6(bytes: Buffer): Flow {
  let proto = bytes[6]!;
  let at = 40;
  if (EXTENSIONS.has(proto)) {
    const more = proto === FRAGMENT ? 0 : bytes[at + 1]!;
    proto = bytes[at]!;
    at += 8 + 8 * more;
  }
  return {
    family: 'ipv6',
    ...PORTLESS,
    proto: PROTOCOLS.get(proto) ?? String(proto),
    src: ip6(bytes.subarray(8, 24)),
    dst: ip6(bytes.subarray(24, 40)),
    ...transport(proto, bytes.subarray(at)),
    ttl: bytes[7]!,
  };
}

const PORTLESS = { sport: null, dport: null, flags: null };

function transport(proto: number, bytes: Buffer): Partial<Flow> {
  if ((proto !== 6 && proto !== 17) || bytes.length < 14) return {};
  const ports = { sport: bytes.readUInt16BE(0), dport: bytes.readUInt16BE(2) };
  if (proto === 17) return ports;
  return { ...ports, flags: FLAGS.filter((_, i) => bytes[13]! & (1 << i)).join(' ') };
}

function ip(bytes: Buffer): string {
  return [...bytes].join('.');
}

/** RFC 5952. */
function ip6(bytes: Buffer): string {
  const text = `:${Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':')}:`;
  const zeros = (text.match(/:(0:){2,}/g) ?? []).sort((a, b) => b.length - a.length);
  return text.replace(zeros[0] ?? '', zeros[0] ? '::' : '').replace(/^:(?!:)|(?<!:):$/g, '');
}
