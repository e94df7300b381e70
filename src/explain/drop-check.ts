/**
 * Something on this host that tells more about a drop, named by the catalogue and looked up by whoever may look.
 *
 * - `counter`: SNMP counters as `nstat -az` names them (/proc/net/snmp, snmp6, netstat)
 * - `sysctl`: dotted names; `{dev}` stands for the interface the packet came by
 * - `socket`: the flow's receiving socket: its owner, queue, buffer and own drop count
 * - `sender`: the socket that the flow's packets come from, where it is one of this host
 * - `rules`: nft and iptables rules and chain policies that drop or reject
 * - `link`: the interface's state, MTU and statistics
 * - `softnet`: /proc/net/softnet_stat against its limits
 * - `qdisc`: the interface's queue disciplines and what they dropped
 * - `conntrack`: entries against the maximum, and the table's own counters
 * - `route`: the route this host has for the destination
 * - `neighbour`: the next hop's neighbour entry
 */
export type Check =
  | { readonly kind: 'counter' | 'sysctl'; readonly names: readonly string[] }
  | {
      readonly kind:
        | 'socket'
        | 'sender'
        | 'rules'
        | 'link'
        | 'softnet'
        | 'qdisc'
        | 'conntrack'
        | 'route'
        | 'neighbour';
    };
