import type { LossRule } from './reconcile-loss.js';
import { both, dropped, ON_THE_WAY_OUT } from './reconcile-match.js';

/** What UDP counts as lost (net/ipv4/udp.c, net/ipv6/udp.c). */
export const UDP_RULES: readonly LossRule[] = both(
  '^_*udp(?!v?6|_destruct)',
  '^_*udp(?:v?6)(?!_destruct)',
  (six, udp) => [
    {
      counter: `Udp${six}NoPorts`,
      isDrop: dropped(/^NO_SOCKET$/, udp),
      what: 'UDP packets came for ports on which no program listens',
      next: 'see which ports are open: ss -uanp',
    },
    {
      counter: `Udp${six}RcvbufErrors`,
      isDrop: dropped(/^SOCKET_RCVBUFF$/, udp),
      what: "UDP packets found their socket's receive buffer full",
      next: 'see which sockets drop: ss -uanmp; give them a larger SO_RCVBUF, or read faster',
    },
    {
      counter: `Udp${six}MemErrors`,
      isDrop: dropped(/^PROTO_MEM$/, udp),
      what: 'UDP packets were refused because UDP as a whole had used up its memory',
      next: 'compare /proc/net/sockstat with net.ipv4.udp_mem',
    },
    {
      counter: `Udp${six}InCsumErrors`,
      isDrop: dropped(/^(?:UDP_CSUM|SKB_CSUM)$/, udp),
      what: 'UDP packets had wrong checksums',
      next: 'capture them on the interface they come by; look at checksum offloading: ethtool -k DEV',
    },
    {
      counter: `Udp${six}InErrors`,
      without: [`Udp${six}RcvbufErrors`, `Udp${six}MemErrors`, `Udp${six}InCsumErrors`],
      isDrop: dropped(
        /^(?:SOCKET_FILTER|XFRM_POLICY|PKT_TOO_SMALL|UDP_|SKB_|SOCKET_BACKLOG|IP_RPFILTER)/,
        udp,
      ),
      what: "UDP packets were refused: by their socket's filter, by an IPsec policy, or because they were malformed",
      next: 'look for filters that programs attach: ss -0 -u -b',
    },
    {
      counter: `Udp${six}SndbufErrors`,
      isDrop: ON_THE_WAY_OUT,
      what: 'programs could not send UDP packets: their send buffer or the queue of the interface was full',
      next: 'the programs were told (EAGAIN or ENOBUFS); look at their send buffers: ss -uanmp, and at the queues: tc -s qdisc',
    },
  ],
);
