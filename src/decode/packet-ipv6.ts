import { ipv6Text } from './packet-address.js';
import { type PacketBytes, type Payload, u16 } from './packet-bytes.js';
import type { Flow } from './packet-flow.js';
import { protocolName } from './packet-protocol.js';

export function isIpv6Header(bytes: Uint8Array, at: number, end: number): boolean {
  return at + HEADER_BYTES <= end && bytes[at]! >> 4 === 6;
}

/**
 * Reads as much of an IPv6 header (RFC 8200) and of the extension headers behind it as is there.
 * @returns null where no payload can be told: the headers are cut or damaged, or this is a later fragment
 */
export function readIpv6(packet: PacketBytes, at: number, flow: Flow): Payload | null {
  const { bytes, end, big } = packet;
  if (at >= end || bytes[at]! >> 4 !== 6) return null;
  if (at + 7 < end) flow.ttl = bytes[at + 7]!;
  if (at + 24 <= end) flow.src = ipv6Text(bytes, at + 8);
  if (at + HEADER_BYTES > end) return null;
  flow.dst = ipv6Text(bytes, at + 24);

  const length = u16(bytes, at + 4);
  const unsaid = length === 0 && big;
  const ends = unsaid ? end : Math.min(end, at + HEADER_BYTES + length);
  return skipExtensions(bytes, bytes[at + 6]!, at + HEADER_BYTES, ends, flow);
}

const HEADER_BYTES = 40;

/** Every extension header has 8 bytes or more: the walk ends with the bytes. */
function skipExtensions(
  bytes: Uint8Array,
  first: number,
  from: number,
  end: number,
  flow: Flow,
): Payload | null {
  let protocol = first;
  let at = from;
  while (isExtension(protocol)) {
    if (at + 8 > end) return null;
    if (protocol === FRAGMENT) {
      const position = u16(bytes, at + 2);
      const offset = position & 0xfff8;
      const id = u16(bytes, at + 4) * 0x1_0000 + u16(bytes, at + 6);
      flow.fragment = { id, offset, more: (position & 1) !== 0 };
      if (offset > 0) {
        // What follows is the middle of something: only its number is known.
        if (!isExtension(bytes[at]!)) flow.proto = protocolName(bytes[at]!);
        return null;
      }
    }
    const bytesLong = extensionBytes(protocol, bytes[at + 1]!);
    protocol = bytes[at]!;
    at += bytesLong;
  }
  flow.proto = protocolName(protocol);
  return { protocol, at, end };
}

function extensionBytes(protocol: number, length: number): number {
  if (protocol === FRAGMENT) return 8;
  // RFC 4302 counts words of 4 bytes less two, all others units of 8 less one.
  return protocol === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8;
}

/** Hop-by-hop, routing, fragment, authentication, destination options, mobility, HIP, shim6. */
function isExtension(protocol: number): boolean {
  switch (protocol) {
    case 0:
    case 43:
    case FRAGMENT:
    case AUTHENTICATION:
    case 60:
    case 135:
    case 139:
    case 140:
      return true;
    default:
      return false;
  }
}

const FRAGMENT = 44;
const AUTHENTICATION = 51;
