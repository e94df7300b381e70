import type { LossRule } from './reconcile-loss.js';
import { dropped } from './reconcile-match.js';

/** What TCP counts as lost, connections that it refuses among it (net/ipv4/tcp_input.c, tcp_ipv4.c). */
export const TCP_RULES: readonly LossRule[] = [
  {
    counter: 'TcpInCsumErrors',
    isDrop: dropped(/^TCP_CSUM$/, /^tcp/),
    what: 'TCP segments had wrong checksums',
    next: 'capture them on the interface they come by; look at checksum offloading: ethtool -k DEV',
  },
  {
    counter: 'TcpInErrs',
    without: ['TcpInCsumErrors'],
    isDrop: dropped(/^(?:TCP_|PKT_TOO_SMALL|NO_SOCKET)/, /^tcp/),
    what: 'TCP segments were malformed, or opened a connection that was open',
    next: 'look at the drops above for what happened at the same time',
  },
  {
    counter: 'TcpExtListenOverflows',
    isDrop: dropped(/^(?:TCP_)?(?:LISTEN|ACCEPT)/, /^$/),
    silent: true,
    what: 'new TCP connections were refused because a program does not accept fast enough',
    next: 'find the full queue: ss -tlnp, Recv-Q above Send-Q; raise the backlog of listen(2) and net.core.somaxconn',
  },
  {
    counter: 'TcpExtTCPReqQFullDrop',
    isDrop: NEVER,
    silent: true,
    what: 'new TCP connections were refused because too many were half open, with SYN cookies off',
    next: 'switch on net.ipv4.tcp_syncookies, or raise net.ipv4.tcp_max_syn_backlog and the backlog of listen(2)',
  },
  {
    counter: 'TcpExtListenDrops',
    without: ['TcpExtListenOverflows', 'TcpExtTCPReqQFullDrop'],
    isDrop: NEVER,
    silent: true,
    what: 'new TCP connections were refused by a listening socket: half-open connections, memory or routes ran out',
    next: 'compare net.ipv4.tcp_max_syn_backlog with ss -tn state syn-recv; look at the route back',
  },
  {
    counter: 'TcpExtTCPBacklogDrop',
    isDrop: dropped(/^SOCKET_BACKLOG$/, /^tcp/),
    what: 'TCP segments came faster than a busy socket could take them',
    next: 'find the socket: ss -tanmp; give it a larger receive buffer',
  },
  {
    counter: 'TcpExtTCPRcvQDrop',
    isDrop: dropped(/^(?:PROTO_MEM|TCP_RCVQ)/, /^tcp/),
    what: 'TCP segments found no receive memory',
    next: 'compare /proc/net/sockstat with net.ipv4.tcp_mem; find the socket: ss -tanmp',
  },
  {
    counter: 'TcpExtTCPOFODrop',
    isDrop: dropped(/^(?:PROTO_MEM|TCP_OFO)/, /^tcp/),
    what: 'TCP segments that came too early found no receive memory',
    next: 'packets before them were lost elsewhere; find the socket: ss -tanmp',
  },
  {
    counter: 'TcpExtTCPZeroWindowDrop',
    isDrop: dropped(/^TCP_ZEROWINDOW$/, /^tcp/),
    what: 'TCP segments came although the receiver had said that it has no room',
    next: 'find the program that does not read: ss -tanmp',
  },
  {
    counter: 'TcpExtPAWSEstab',
    isDrop: dropped(/^TCP_(?:RFC7323|PAWS)/, /^tcp/),
    what: 'TCP segments carried a time stamp from the past',
    next: 'look for address translation that mixes up senders, or for very late packets',
  },
  {
    counter: 'TcpExtTCPMinTTLDrop',
    isDrop: dropped(/^TCP_MINTTL$/, /^tcp/),
    what: 'TCP segments came from further away than their socket allows',
    next: 'a program has asked for this (IP_MINTTL); BGP does',
  },
  {
    counter: 'TcpExtTCPAbortOnMemory',
    isDrop: NEVER,
    silent: true,
    what: 'TCP connections were broken off because TCP had used up its memory or too many were left without a program',
    next: 'compare /proc/net/sockstat with net.ipv4.tcp_mem and net.ipv4.tcp_max_orphans',
  },
  {
    counter: 'TcpExtTCPAbortOnClose',
    isDrop: NEVER,
    silent: true,
    what: 'programs closed TCP connections with data unread: it is gone, and the peer got a reset',
    next: 'nothing on the way lost it; where the data mattered, find the program that closes too early',
  },
  {
    counter: 'TcpExtIPReversePathFilter',
    isDrop: dropped(/^IP_RPFILTER$/, /^(?:ip_rcv|ip_route_input|fib_)/),
    what: 'packets came by an interface that the route back to their sender does not use',
    next: 'look at net.ipv4.conf.*.rp_filter and at ip route get SENDER',
  },
  {
    counter: 'TcpExtPFMemallocDrop',
    isDrop: dropped(/^PFMEMALLOC$/, /^(?:sk_|tcp|udp|ip|__netif)/),
    what: 'packets were refused because memory was so short that only swapping got any',
    next: 'see what uses the memory; raise vm.min_free_kbytes',
  },
];

/** No drop makes it rise: the kernel loses these packets in silence. */
function NEVER(): boolean {
  return false;
}
