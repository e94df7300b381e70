/** What the first bytes of a packet say. Null is not known: not in the bytes, or not of this protocol. */
export interface Flow {
  family: 'ipv4' | 'ipv6' | 'arp' | 'other';
  /** `tcp`, `udp`, `icmp`, `icmpv6`, …, or the number as text. */
  proto: string | null;
  /** IP addresses: dotted, or as RFC 5952 wants them. Of ARP: whose address is told, and whose is asked for. */
  src: string | null;
  dst: string | null;
  sport: number | null;
  dport: number | null;
  /** TCP flags as names, in the order of the header from FIN: `SYN ACK`; empty where none is set. */
  flags: string | null;
  ttl: number | null;
  /** Of an Ethernet frame: `02:00:00:00:00:01`. */
  macSrc?: string;
  macDst?: string;
  /** Ids of the VLAN tags in the bytes, outermost first. The kernel takes the outermost out where it can. */
  vlan?: readonly number[];
  /** 1 is a request, 2 a reply. */
  arpOp?: number;
  icmpType?: number;
  icmpCode?: number;
  fragment?: Fragment;
  /** The packet that an ICMP error is about. */
  inner?: Flow;
}

/** Part of an IP packet that was too long for a link. Only the one at offset 0 has ports. */
export interface Fragment {
  id: number;
  /** Bytes. */
  offset: number;
  /** Whether others follow. */
  more: boolean;
}

export function emptyFlow(family: Flow['family']): Flow {
  return { family, proto: null, src: null, dst: null, sport: null, dport: null, flags: null, ttl: null };
}
