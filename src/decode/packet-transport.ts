import { type Payload, u16 } from './packet-bytes.js';
import type { Flow } from './packet-flow.js';

/**
 * Reads ports, TCP flags, or ICMP's type and code, as far as they are there.
 * @returns where the packet begins that an ICMP error quotes, if it is there; -1 for everything else
 */
export function readTransport(bytes: Uint8Array, { protocol, at, end }: Payload, flow: Flow): number {
  switch (protocol) {
    case TCP:
      readPorts(bytes, at, end, flow);
      if (at + 14 <= end) flow.flags = FLAGS[((bytes[at + 12]! & 1) << 8) | bytes[at + 13]!]!;
      return -1;
    case UDP:
    case DCCP:
    case SCTP:
    case UDP_LITE:
      readPorts(bytes, at, end, flow);
      return -1;
    case ICMP:
    case ICMPV6: {
      if (at < end) flow.icmpType = bytes[at]!;
      if (at + 2 > end) return -1;
      flow.icmpCode = bytes[at + 1]!;
      const isError = protocol === ICMP ? ICMP_ERRORS.has(bytes[at]!) : bytes[at]! < 128;
      return isError ? at + 8 : -1;
    }
    default:
      return -1;
  }
}

export const ICMP = 1;
const TCP = 6;
const UDP = 17;
const DCCP = 33;
const ICMPV6 = 58;
const SCTP = 132;
const UDP_LITE = 136;

function readPorts(bytes: Uint8Array, at: number, end: number, flow: Flow): void {
  if (at + 2 <= end) flow.sport = u16(bytes, at);
  if (at + 4 <= end) flow.dport = u16(bytes, at + 2);
}

/** Unreachable, source quench, redirect, time exceeded, parameter problem (RFC 1122, 3.2.2). */
const ICMP_ERRORS = new Set([3, 4, 5, 11, 12]);

/** AE is the ninth bit (RFC 9768). */
const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR', 'AE'];
const FLAGS = Array.from({ length: 512 }, (_, bits) =>
  FLAG_NAMES.filter((_name, bit) => (bits & (1 << bit)) !== 0).join(' '),
);
