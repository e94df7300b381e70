import { isArpHeader } from './packet-arp.js';
import { type PacketBytes, u16 } from './packet-bytes.js';
import { isIpv4Header } from './packet-ipv4.js';
import { isIpv6Header } from './packet-ipv6.js';

/** EtherTypes (include/uapi/linux/if_ether.h). */
export const ETH_IPV4 = 0x0800;
export const ETH_ARP = 0x0806;
export const ETH_IPV6 = 0x86dd;

/** Where a socket buffer says that things are: bytes from its head, -1 where it does not say. */
export interface LinkHints {
  network: number;
  mac: number;
  data: number;
  /** Where the packet ends, also beyond the bytes that are here; Infinity where not known. */
  end: number;
  /** EtherType, 0 where not known. */
  protocol: number;
}

export interface NetworkHeader {
  /** EtherType. */
  type: number;
  at: number;
  /** Where the Ethernet header before it is, -1 where there is none. */
  mac: number;
  /** Ids of the VLAN tags between the two, outermost first. */
  vlan: readonly number[];
}

/**
 * Finds the network header. What the kernel says of it holds only from some point of the packet's way on: a buffer
 * fresh from a driver has network_header 0 until __netif_receive_skb_core(), mac_header is what the last device left,
 * and with a VLAN protocol network_header is at the tag (received) or behind all of them (sent by a packet socket). So
 * an Ethernet header is believed where its type agrees with the buffer's protocol and its end with network_header, or
 * where network_header cannot be right.
 * @returns null where nothing tells what the bytes are: user data of a local socket can look like any packet
 */
export function findNetwork(packet: PacketBytes, hints: LinkHints): NetworkHeader | null {
  const { protocol, mac, data } = hints;
  const network = hints.network > 0 || data <= 0 ? hints.network : -1;

  const ethernet = readEthernet(packet, mac, protocol);
  if (ethernet !== null) {
    if (protocol !== 0 && leadsTo(ethernet, network)) return ethernet;
    const wrong = network === -1 || !fits(packet, skipTags(packet, protocol, network, -1));
    if ((wrong || leadsTo(ethernet, network)) && fits(packet, ethernet)) return ethernet;
  }
  if (protocol === 0) return null;
  if (network !== -1) return behindTags(packet, protocol, network);
  const pulled = behindTags(packet, protocol, data === -1 ? packet.end : data);
  // Payloads begin with anything: "Hello" is a version 4 with options.
  return fits(packet, pulled) && ownEnd(packet, pulled) <= hints.end
    ? pulled
    : { type: protocol, at: packet.end, mac: -1, vlan: NO_TAGS };
}

function readEthernet(packet: PacketBytes, mac: number, protocol: number): NetworkHeader | null {
  if (mac === -1 || mac + ETHERNET_BYTES > packet.end) return null;
  const outer = u16(packet.bytes, mac + 12);
  const header = skipTags(packet, outer, mac + ETHERNET_BYTES, mac);
  const agrees =
    protocol === 0 ||
    protocol === header.type ||
    (isTag(protocol) && isTag(outer)) ||
    // A length instead of a type (IEEE 802.3), for which the kernel has small numbers of its own.
    (protocol < LEAST_TYPE && outer < LEAST_TYPE);
  return agrees ? header : null;
}

/** Whether this is the end of the Ethernet header or of one of the tags behind it. */
function leadsTo({ mac, at }: NetworkHeader, network: number): boolean {
  const first = mac + ETHERNET_BYTES;
  return network >= first && network <= at;
}

function behindTags(packet: PacketBytes, protocol: number, at: number): NetworkHeader {
  const header = skipTags(packet, protocol, at, -1);
  if (header.vlan.length === 0 || fits(packet, header)) return header;
  const { bytes, end } = packet;
  if (isIpv4Header(bytes, at, end)) return { type: ETH_IPV4, at, mac: -1, vlan: NO_TAGS };
  if (isIpv6Header(bytes, at, end)) return { type: ETH_IPV6, at, mac: -1, vlan: NO_TAGS };
  return header;
}

function skipTags({ bytes, end }: PacketBytes, outer: number, from: number, mac: number): NetworkHeader {
  if (!isTag(outer)) return { type: outer, at: from, mac, vlan: NO_TAGS };
  const vlan: number[] = [];
  let type = outer;
  let at = from;
  while (isTag(type) && at + TAG_BYTES <= end && vlan.length < MOST_TAGS) {
    vlan.push(u16(bytes, at) & 0xfff);
    type = u16(bytes, at + 2);
    at += TAG_BYTES;
  }
  return { type, at, mac, vlan };
}

/** Whether a sound header of this type is there. Of types that this code cannot read none is. */
function fits({ bytes, end }: PacketBytes, { type, at }: NetworkHeader): boolean {
  if (type === ETH_IPV4) return isIpv4Header(bytes, at, end);
  if (type === ETH_IPV6) return isIpv6Header(bytes, at, end);
  return type === ETH_ARP && isArpHeader(bytes, at, end);
}

/** Where a sound header says that its packet ends. */
function ownEnd({ bytes }: PacketBytes, { type, at }: NetworkHeader): number {
  if (type === ETH_IPV4) return at + u16(bytes, at + 2);
  return type === ETH_IPV6 ? at + 40 + u16(bytes, at + 4) : at;
}

/** 802.1Q, 802.1ad and what came before it. */
function isTag(type: number): boolean {
  return type === 0x8100 || type === 0x88a8 || type === 0x9100;
}

const NO_TAGS: readonly number[] = [];
const ETHERNET_BYTES = 14;
const TAG_BYTES = 4;
/** As many as the kernel reads (include/linux/if_vlan.h VLAN_MAX_DEPTH). */
const MOST_TAGS = 8;
const LEAST_TYPE = 0x600;
