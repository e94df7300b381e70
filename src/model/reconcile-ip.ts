import type { LossRule, SeenDrops } from './reconcile-loss.js';
import { both, dropped, either, ON_THE_WAY_OUT } from './reconcile-match.js';

/** An IPv6 option that nobody knows counts as a broken header. */
const UNKNOWN_OPTION = ({ symbol, reason }: SeenDrops) =>
  reason === 'UNHANDLED_PROTO' && /^ip6_(?:tlvopt|parse_tlv)/.test(symbol ?? '');

const EACH_VERSION: readonly LossRule[] = both(
  '^(?:ip_|fib_|inet_frag|ipmr)',
  '^(?:ip6_|ipv6_|inet_frag|ip6mr)',
  (six, ip) => [
    {
      counter: `Ip${six}InHdrErrors`,
      isDrop: either(dropped(/^(?:IP_CSUM|IP_INHDR|PKT_TOO_SMALL|IPV6_)/, ip), UNKNOWN_OPTION),
      what: 'packets had a broken IP header, or had no hops left',
      next: 'look for routing loops (traceroute), and for a broken link or driver',
    },
    {
      counter: `Ip${six}InAddrErrors`,
      isDrop: dropped(/^(?:IP_INADDRERRORS|IP_INVALID|IP_LOCALNET|IPV6_|UNICAST_IN|INVALID_)/, ip),
      what: 'packets came for addresses that this host neither has nor forwards to',
      next: 'see whether this host should forward: sysctl net.ipv4.ip_forward',
    },
    {
      counter: six === '' ? 'IpExtInNoRoutes' : 'Ip6InNoRoutes',
      isDrop: dropped(/^IP_INNOROUTES$/, ip),
      what: 'packets came for which this host has no route',
      next: 'look at the routes: ip route get DESTINATION from SENDER iif DEV',
    },
    {
      counter: `Ip${six}InUnknownProtos`,
      isDrop: dropped(/^IP_NOPROTO$/, /^ip6?_(?:local_deliver|protocol_deliver|input)/),
      what: 'packets came of a protocol that nothing here takes',
      next: 'see whether its module is loaded (sctp, gre, esp, …)',
    },
    {
      counter: six === '' ? 'IpExtInTruncatedPkts' : 'Ip6InTruncatedPkts',
      isDrop: dropped(/^(?:PKT_TOO_SMALL|HDR_TRUNC)$/, ip),
      what: 'packets were shorter than they said',
      next: 'capture them on the interface they come by; suspect its driver or the sender',
    },
    {
      counter: `Ip${six}InDiscards`,
      isDrop: dropped(/^(?:NOMEM|IPV6DISABLED|XFRM_|SKB_|PFMEMALLOC)/, ip),
      what: 'received packets were thrown away without anything wrong with them, for want of memory',
      next: 'see what uses the memory: /proc/meminfo, /proc/net/sockstat',
    },
    {
      counter: `Ip${six}OutDiscards`,
      without: six === '' ? ['UdpSndbufErrors'] : ['Udp6SndbufErrors'],
      isDrop: ON_THE_WAY_OUT,
      what: 'packets of this host were refused on the way out',
      next: 'look at output rules (nft list ruleset), at the queues (tc -s qdisc) and at send buffers (ss -anmp)',
    },
    {
      counter: `Ip${six}ReasmTimeout`,
      isDrop: dropped(/^FRAG_/, /^(?:ip_expire|ip6_frag|ip6frag|inet_frag|ip_frag|nf_ct_frag6)/),
      what: 'fragmented packets never became whole: some of their fragments did not come',
      next: 'find where fragments get lost; many firewalls drop them',
    },
    {
      counter: `Ip${six}ReasmFails`,
      without: [`Ip${six}ReasmTimeout`],
      isDrop: dropped(
        /^(?:FRAG_|DUP_FRAG|NOMEM)/,
        /^(?:ip_defrag|ip_expire|ip6_frag|ip6frag|ipv6_frag|inet_frag|ip_frag|nf_ct_frag6)/,
      ),
      what: 'fragments were thrown away: too many at once, overlapping, or malformed',
      next: 'compare /proc/net/sockstat (FRAG) with net.ipv4.ipfrag_high_thresh',
    },
    {
      counter: `Ip${six}FragFails`,
      isDrop: dropped(/^PKT_TOO_BIG$/, /^ip6?_(?:do_|finish_|forward|fragment|exceeds)/),
      what: 'packets were too big for the way out and must not be split',
      next: 'look at the MTU of the interface and at whether ICMP "fragmentation needed" gets back to the sender',
    },
  ],
);

const REST: readonly LossRule[] = [
  {
    counter: 'Ip6InTooBigErrors',
    isDrop: dropped(/^PKT_TOO_BIG$/, /^ip6/),
    what: 'IPv6 packets to be forwarded were too big for the way out',
    next: 'look at the MTU of the interface and at whether ICMPv6 "packet too big" gets back to the sender',
  },
  // Not Ip6OutNoRoutes: on a host without IPv6 every program that tries it first makes that one rise.
  {
    counter: 'IpOutNoRoutes',
    isDrop: dropped(/^IP_OUTNOROUTES$/, /^(?:ip_|__ip_)/),
    silent: true,
    what: 'programs of this host sent to addresses for which there is no route',
    next: 'the programs were told (ENETUNREACH); look at the routes: ip route get DESTINATION',
  },
  {
    // For a program's own packets none is made; one to be forwarded is dropped (net/xfrm/xfrm_policy.c).
    counter: 'XfrmOutPolBlock',
    isDrop: dropped(/^XFRM_POLICY$/, /^(?:xfrm|ip6?_forward|dst_discard)/),
    what: 'packets were blocked on their way out by an IPsec policy with action block',
    next: 'the programs were told (EPERM); look at the policies: ip xfrm policy',
  },
  {
    counter: 'IcmpInCsumErrors',
    isDrop: dropped(/^ICMP_CSUM$/, /^icmp/),
    what: 'ICMP messages had wrong checksums',
    next: 'capture them on the interface they come by',
  },
  {
    counter: 'softnet dropped',
    isDrop: dropped(/^CPU_BACKLOG$/, /^_*(?:enqueue_to_backlog|netif_rx|netif_receive)/),
    host: true,
    what: "packets found a CPU's backlog full",
    next: 'see which CPU: cat /proc/net/softnet_stat; spread the load (RPS), or raise net.core.netdev_max_backlog',
  },
];

/** What IP counts as lost (net/ipv4, net/ipv6), and the queues below it. */
export const IP_RULES: readonly LossRule[] = [...EACH_VERSION, ...REST];
