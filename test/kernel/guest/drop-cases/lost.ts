import type { Verdict } from '../../../../src/explain/drop-verdict.js';
import { ENDS, ENDS6, IPV4, IPV6, OPEN, SHUT } from './case-parts.js';
import type { ExpectedDrop } from './drop-case.js';
import { type PerKernel, since } from './kernels.js';

/** A drop in the server on its way in: of a datagram for the open port, if nothing else is said. */
export function lost(
  verdict: PerKernel<Verdict | null>,
  symbol: PerKernel<string>,
  reason: PerKernel<string>,
  other: Partial<ExpectedDrop> = {},
): ExpectedDrop {
  const usual = { count: 1, dev: 's0', netns: 'server', protocol: IPV4, flow: UDP_OPEN } as const;
  return { ...usual, verdict, symbol, reason, ...other };
}

/** The same of IPv6. */
export function lost6(
  verdict: PerKernel<Verdict | null>,
  symbol: PerKernel<string>,
  reason: PerKernel<string>,
  other: Partial<ExpectedDrop> = {},
): ExpectedDrop {
  return lost(verdict, symbol, reason, { protocol: IPV6, flow: UDP6_OPEN, ...other });
}

/** A segment that reached TCP, which takes it from its device; the tracepoint tells the socket since 6.11. */
export function lostInTcp(
  verdict: Verdict,
  symbol: PerKernel<string>,
  reason: PerKernel<string>,
  flags = 'ACK',
): ExpectedDrop {
  return lost(verdict, symbol, reason, { dev: null, netns: OF_SOCKET, flow: { ...TCP_OPEN, flags } });
}

/** Known where the tracepoint has rx_sk. */
export const OF_SOCKET = since({ '5.10': null, '6.12': 'server' as const });

export const UDP_OPEN = { family: 'ipv4', proto: 'udp', ...ENDS, dport: OPEN, ttl: 64 } as const;
export const UDP_SHUT = { ...UDP_OPEN, dport: SHUT } as const;
export const UDP6_OPEN = { family: 'ipv6', proto: 'udp', ...ENDS6, dport: OPEN, ttl: 64 } as const;
export const UDP6_SHUT = { ...UDP6_OPEN, dport: SHUT } as const;
export const TCP_OPEN = { family: 'ipv4', proto: 'tcp', ...ENDS, sport: 4000, dport: OPEN, ttl: 64 } as const;

/** Up to 6.1 every message that ICMPv6 takes in ends in kfree_skb. */
export function icmpv6Taken(from: string, count = 1): ExpectedDrop {
  const flow = { family: 'ipv6', proto: 'icmpv6', src: from, dst: ENDS6.src } as const;
  return lost6('noise', 'icmpv6_rcv', 'NOT_SPECIFIED', { count, dev: 'c0', netns: 'client', flow });
}
