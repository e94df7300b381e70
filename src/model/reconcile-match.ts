import type { LossRule, SeenDrops } from './reconcile-loss.js';

/**
 * Whether a drop has one of these reasons; where the kernel gave none, or none in particular, whether one of these
 * functions dropped it.
 */
export function dropped(reasons: RegExp, symbols: RegExp): (drop: SeenDrops) => boolean {
  return ({ reason, symbol }) => {
    // A bare number is a reason that the kernel has not named.
    if (reason !== null && !/^(?:NOT_SPECIFIED|\d+)$/.test(reason)) return reasons.test(reason);
    // Without even a place, it may be any of them.
    return symbol === null || symbols.test(bareSymbol(symbol));
  };
}

export function either(...tests: readonly ((drop: SeenDrops) => boolean)[]): (drop: SeenDrops) => boolean {
  return (drop) => tests.some((test) => test(drop));
}

/** The rules of IPv4 and of IPv6, whose counters have a 6 in their names and whose functions are others. */
export function both(
  four: string,
  six: string,
  rules: (six: '' | '6', functions: RegExp) => LossRule[],
): LossRule[] {
  return [...rules('', new RegExp(four)), ...rules('6', new RegExp(six))];
}

/** What is refused on its way out, by filters, queues, neighbours or the interface (net/core/dev.c, net/sched). */
export const ON_THE_WAY_OUT = dropped(
  /^(?:QDISC|TC_|FQ_|CAKE_|NETFILTER|NEIGH|BPF_CGROUP|DEV_|TX_|NO_TX|FULL_RING|NOMEM|CPU_BACKLOG|SKB_|IP_OUTNOROUTES|XFRM|PKT_TOO_BIG|VXLAN|TUNNEL|BLACKHOLE|IPV6DISABLED|MAC_|LOCAL_MAC|HDR_TRUNC|RECURSION)/,
  /^(?!_*(?:udp|tcp|unix|ip6?_rcv|ip6?_mc_input|ip6?_local_deliver|ip6?_protocol_deliver|ip_error|icmpv?6?_rcv|inet_sock|sk_|skb_queue_purge|packet_|ping_rcv))/,
);

/** Without what compilers append to functions they have split or copied: `ip_rcv_finish_core.isra.0`. */
function bareSymbol(symbol: string): string {
  return symbol.replace(/\.(?:isra|constprop|part|cold|llvm)\b.*$/, '');
}
