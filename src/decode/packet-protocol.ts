/** The name that /etc/protocols and IANA have for what an IP header carries, or the number as text. */
export function protocolName(protocol: number): string {
  return PROTOCOLS[protocol]!;
}

const NAMES: Record<number, string> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipip',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  46: 'rsvp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmpv6',
  59: 'ipv6-nonxt',
  88: 'eigrp',
  89: 'ospf',
  103: 'pim',
  108: 'ipcomp',
  112: 'vrrp',
  115: 'l2tp',
  132: 'sctp',
  136: 'udplite',
};

const PROTOCOLS = Array.from({ length: 256 }, (_, protocol) => NAMES[protocol] ?? String(protocol));
