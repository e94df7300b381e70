import { macText } from './packet-address.js';
import { readArp } from './packet-arp.js';
import type { PacketBytes } from './packet-bytes.js';
import { emptyFlow, type Flow } from './packet-flow.js';
import { readIpv4 } from './packet-ipv4.js';
import { readIpv6 } from './packet-ipv6.js';
import { ETH_ARP, ETH_IPV4, ETH_IPV6, findNetwork } from './packet-link.js';
import { ICMP, readTransport } from './packet-transport.js';

export type { Flow, Fragment } from './packet-flow.js';

/** What the `struct sk_buff` says of its bytes: offsets from skb->head. Null and 0xffff are not set. */
export interface BufferOffsets {
  /** skb->network_header. */
  network: number | null;
  /** skb->transport_header. Never needed: before the IP layer has run, it is unset or the network header's. */
  transport: number | null;
  /** skb->mac_header. */
  mac: number | null;
  /** skb->data - skb->head. */
  data: number | null;
  /** skb->protocol in the host's byte order; 0 where not known, and of what is no packet. */
  protocol: number;
  /** skb->len: bytes from data on, also those that are not in the linear part. */
  length: number | null;
  /** skb->tail: the end of the linear part. Bytes beyond were never the packet's. */
  tail?: number | null;
}

/**
 * What the first bytes of a dropped packet say. Reads nothing beyond the packet's own end, by every account of where
 * that is, and nothing that is not there is guessed. Any bytes and any offsets will do.
 * @param head from skb->head on
 * @returns null where neither the buffer's protocol nor the bytes tell what this is
 */
export function decodeFlow(head: Uint8Array, at: BufferOffsets): Flow | null {
  const whole = wholeEnd(at);
  const tail = at.tail ?? null;
  const packet: PacketBytes = {
    bytes: head,
    end: Math.min(head.length, whole, tail !== null && tail >= 0 ? tail : head.length),
    big: at.length !== null && at.length > 0xffff,
  };
  const header = findNetwork(packet, {
    network: offset(at.network),
    mac: offset(at.mac),
    data: offset(at.data),
    end: whole,
    protocol: at.protocol,
  });
  if (header === null) return null;

  const flow = emptyFlow(familyOf(header.type));
  if (header.mac !== -1) {
    flow.macSrc = macText(head, header.mac + 6);
    flow.macDst = macText(head, header.mac);
  }
  if (header.vlan.length > 0) flow.vlan = header.vlan;
  if (header.type === ETH_ARP) readArp(packet, header.at, flow);
  else readIp(packet, header.at, flow, true);
  return flow;
}

/** As a u16 that says 0xffff where it is not set. */
function offset(value: number | null): number {
  return value !== null && Number.isInteger(value) && value >= 0 && value < 0xffff ? value : -1;
}

function wholeEnd({ data, length }: BufferOffsets): number {
  const known = data !== null && length !== null && data >= 0 && length >= 0;
  return known ? data + length : Number.POSITIVE_INFINITY;
}

function familyOf(type: number): Flow['family'] {
  if (type === ETH_IPV4) return 'ipv4';
  if (type === ETH_IPV6) return 'ipv6';
  return type === ETH_ARP ? 'arp' : 'other';
}

function readIp(packet: PacketBytes, at: number, flow: Flow, mayQuote: boolean): void {
  if (flow.family === 'other') return;
  const payload = flow.family === 'ipv4' ? readIpv4(packet, at, flow) : readIpv6(packet, at, flow);
  if (payload === null) return;
  const { bytes } = packet;
  const quoted = readTransport(bytes, payload, flow);
  if (quoted === -1 || !mayQuote) return;
  const inner = emptyFlow(payload.protocol === ICMP ? 'ipv4' : 'ipv6');
  readIp({ bytes, end: payload.end, big: false }, quoted, inner, false);
  if (inner.src !== null) flow.inner = inner;
}
