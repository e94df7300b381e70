import type { Verdict } from './drop-verdict.js';

/** What may be known of a dropped packet beside where and why; null and absent are not known. */
export interface DroppedPacket {
  readonly flow?: {
    readonly family: string;
    readonly proto: string | null;
    readonly dst: string | null;
    readonly flags: string | null;
  } | null;
  /** skb->pkt_type (include/uapi/linux/if_packet.h): 0 host, 1 broadcast, 2 multicast, 3 other host, 4 outgoing. */
  readonly packetType?: number | null;
  /** EtherType, in the host's byte order. */
  readonly protocol?: number | null;
  /** skb->len: bytes from the header of the layer that dropped it. */
  readonly length?: number | null;
}

/** Packets of which the same reason or function means something else than usual. */
export type PacketKind =
  | 'group'
  | 'membership'
  | 'otherhost'
  | 'reset'
  | 'fin'
  | 'bare-ack'
  | 'other-protocol'
  | 'carried'
  | 'empty'
  | 'ipv4';

/** @returns the verdict for the first kind that the packet is known to be of */
export function verdictOfKind(
  kinds: readonly (readonly [PacketKind, Verdict])[],
  packet: DroppedPacket,
): Verdict | null {
  for (const [kind, verdict] of kinds) if (KINDS[kind](packet)) return verdict;
  return null;
}

export function isPacketKind(name: string): name is PacketKind {
  return Object.hasOwn(KINDS, name);
}

const KINDS: Record<PacketKind, (packet: DroppedPacket) => boolean> = {
  group: ({ packetType, flow }) =>
    packetType === BROADCAST || packetType === MULTICAST || isGroupAddress(flow?.dst ?? null),
  // What the kernel itself tells a link: who it is, and which groups it is in. It goes on while the link goes down.
  membership: ({ flow }) =>
    flow?.proto === 'igmp' || (flow?.proto === 'icmpv6' && (flow.dst?.startsWith('ff02:') ?? false)),
  otherhost: ({ packetType }) => packetType === OTHER_HOST,
  reset: ({ flow }) => flow?.proto === 'tcp' && (flow.flags?.includes('RST') ?? false),
  fin: ({ flow }) => flow?.proto === 'tcp' && (flow.flags?.includes('FIN') ?? false),
  // A bare header, or one with timestamps: keepalive probes and duplicate acknowledgements.
  'bare-ack': ({ flow, length }) =>
    flow?.proto === 'tcp' && flow.flags === 'ACK' && (length === 20 || length === 32),
  'other-protocol': ({ protocol }) => typeof protocol === 'number' && !SPOKEN.has(protocol),
  // Traffic of users for this very host, rather than what neighbours announce.
  carried: ({ packetType, protocol }) =>
    packetType === HOST && typeof protocol === 'number' && CARRYING.has(protocol),
  // It says itself that nothing follows its header: RFC 8200, 4.7.
  empty: ({ flow }) => flow?.proto === 'ipv6-nonxt',
  ipv4: ({ protocol }) => protocol === 0x0800,
};

const HOST = 0;
const BROADCAST = 1;
const MULTICAST = 2;
const OTHER_HOST = 3;

/** EtherTypes that every host with an IP stack handles: IPv4, IPv6, ARP; 0 is not set. */
const SPOKEN = new Set([0, 0x0800, 0x86dd, 0x0806]);

/** EtherTypes that carry what users send: IPv4, IPv6, VLAN tags, MPLS, PPPoE sessions, MACsec. */
const CARRYING = new Set([0x0800, 0x86dd, 0x8100, 0x88a8, 0x8847, 0x8848, 0x8864, 0x88e5]);

/** Multicast, or broadcast to everybody; a subnet's own broadcast address cannot be told from others. */
function isGroupAddress(address: string | null): boolean {
  if (address === null) return false;
  if (address.includes(':')) return address.startsWith('ff');
  return Number(address.slice(0, address.indexOf('.'))) >= 224;
}
