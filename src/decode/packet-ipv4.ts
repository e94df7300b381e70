import { ipv4Text } from './packet-address.js';
import { type PacketBytes, type Payload, u16 } from './packet-bytes.js';
import type { Flow } from './packet-flow.js';
import { protocolName } from './packet-protocol.js';

/** Whether a header is there that the kernel would not throw away at first sight (net/ipv4/ip_input.c ip_rcv_core()). */
export function isIpv4Header(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + LEAST_BYTES > end || bytes[at]! >> 4 !== 4) return false;
  const header = (bytes[at]! & 15) * 4;
  const total = u16(bytes, at + 2);
  return header >= LEAST_BYTES && (total >= header || total === 0);
}

/**
 * Reads as much of an IPv4 header (RFC 791) as is there, also of one that is damaged behind its version.
 * @returns null where no payload can be told: the header is damaged or cut, or this is a later fragment
 */
export function readIpv4({ bytes, end, big }: PacketBytes, at: number, flow: Flow): Payload | null {
  if (at >= end || bytes[at]! >> 4 !== 4) return null;
  if (at + 8 < end) flow.ttl = bytes[at + 8]!;
  if (at + 9 < end) flow.proto = protocolName(bytes[at + 9]!);
  if (at + 16 <= end) flow.src = ipv4Text(bytes, at + 12);
  if (at + LEAST_BYTES > end) return null;
  flow.dst = ipv4Text(bytes, at + 16);

  const position = u16(bytes, at + 6);
  const offset = (position & 0x1fff) * 8;
  const more = (position & 0x2000) !== 0;
  if (more || offset > 0) flow.fragment = { id: u16(bytes, at + 4), offset, more };

  const header = (bytes[at]! & 15) * 4;
  const total = u16(bytes, at + 2);
  const unsaid = total === 0 && big;
  if (offset > 0 || header < LEAST_BYTES || (total < header && !unsaid)) return null;
  return { protocol: bytes[at + 9]!, at: at + header, end: unsaid ? end : Math.min(end, at + total) };
}

const LEAST_BYTES = 20;
