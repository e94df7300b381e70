import { ipv4Text } from './packet-address.js';
import { type PacketBytes, u16 } from './packet-bytes.js';
import type { Flow } from './packet-flow.js';

/** Whether ARP for IPv4 is there (RFC 826), whatever the link below. */
export function isArpHeader(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 8 <= end && u16(bytes, at + 2) === 0x0800 && bytes[at + 5] === 4;
}

/** Reads the operation, and both IP addresses where they are IPv4's. */
export function readArp({ bytes, end }: PacketBytes, at: number, flow: Flow): void {
  if (at + 8 > end) return;
  flow.arpOp = u16(bytes, at + 6);
  if (!isArpHeader(bytes, at, end)) return;
  const hardware = bytes[at + 4]!;
  const sender = at + 8 + hardware;
  const target = sender + 4 + hardware;
  if (sender + 4 <= end) flow.src = ipv4Text(bytes, sender);
  if (target + 4 <= end) flow.dst = ipv4Text(bytes, target);
}
