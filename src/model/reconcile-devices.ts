import type { ByteString } from '../decode/trace-record.js';
import type { CountedLoss, CounterRise, SeenDrops } from './reconcile-loss.js';
import { dropped } from './reconcile-match.js';

/** What an interface has counted as lost, and how much of it no drop explains. */
export interface DeviceLoss {
  told: CountedLoss;
  unexplained: number;
}

/**
 * Losses below IP: many a driver and every card throws packets away before the kernel has a buffer for them, or frees
 * them as if they had been sent.
 */
export function deviceLosses(rise: CounterRise, drops: readonly SeenDrops[], lost: number): DeviceLoss[] {
  return [...rise.devices].flatMap(([dev, counters]) => {
    const read = (name: string) => counters.get(name) ?? 0;
    return DEVICE_RULES.flatMap(({ name, count, isDrop, what, next }) => {
      const total = count(read, counters);
      if (total <= 0) return [];
      const seen =
        isDrop === null
          ? 0
          : lost + sum(drops.filter((drop) => isDrop(drop) && isAt(drop, rise.netns, dev, name)));
      const told = { netns: rise.netns, name: `${dev} ${name}`, count: total, what, next: at(next, dev) };
      return [{ told, unexplained: Math.max(0, total - seen) }];
    });
  });
}

interface DeviceRule {
  name: string;
  count: (read: (name: string) => number, all: ReadonlyMap<string, number>) => number;
  /** null: the kernel never has a buffer of these. */
  isDrop: ((drop: SeenDrops) => boolean) | null;
  what: string;
  next: string;
}

/** What the kernel or a driver drops at an interface, and not above it. */
const BELOW_IP = dropped(
  /^(?:UNHANDLED_PROTO|CPU_BACKLOG|QDISC|TC_|XDP|DEV_|FULL_RING|NOMEM|SKB_|TAP_|HDR_TRUNC|VLAN|VXLAN|TUNNEL|BRIDGE|NO_TX|LOCAL_MAC|MAC_|PFMEMALLOC|TX_|RX_|QUEUE_PURGE|IP_TUNNEL)/,
  /^(?!_*(?:udp|tcp|unix|ip6?_|ipv6|icmp|inet_sock|sk_|nf_|nft_|packet_|ping_rcv|arp_|neigh|ndisc))/,
);

/** A packet handed from one interface to another is counted at both, and seen at one. */
const HANDED_OVER = /^(?:__)?(?:dev_forward_skb|veth_|netkit_|macvlan_|ipvlan_|tun_|tap_|br_)/;

/** What a veth sends is received at once, and counts as not sent where no processor took it. */
const REFUSED_BY_PEER = /^enqueue_to_backlog$/;

const DEVICE_RULES: readonly DeviceRule[] = [
  {
    name: 'rx_missed_errors',
    count: (read) => read('rx_missed_errors'),
    isDrop: null,
    what: 'the card threw away packets because the driver had not emptied its buffers in time',
    next: 'enlarge the ring (ethtool -G), spread the interrupts; see which CPU is busy: cat /proc/net/softnet_stat',
  },
  {
    name: 'rx_dropped',
    count: (read) => read('rx_dropped'),
    isDrop: BELOW_IP,
    what: 'the driver threw away packets that it had received',
    next: "see the driver's own counters: ethtool -S DEV; it may have run out of memory, or XDP may have dropped them",
  },
  {
    name: 'rx_errors',
    // Drivers disagree on whether the sum has its parts in it.
    count: (read) => Math.max(read('rx_errors'), read('rx_fifo_errors') + read('rx_frame_errors')),
    isDrop: BELOW_IP,
    what: 'packets came in broken, or found the card without room',
    next: 'see which errors: ip -s -s link show DEV; suspect cable, optics or duplex when they are frame or checksum errors',
  },
  {
    name: 'tx_dropped',
    count: (read) => read('tx_dropped'),
    isDrop: BELOW_IP,
    what: 'the driver threw away packets that it was to send',
    next: "see the driver's own counters: ethtool -S DEV",
  },
  {
    name: 'tx_errors',
    count: (read) => Math.max(read('tx_errors'), read('tx_fifo_errors') + read('tx_carrier_errors')),
    isDrop: (drop) => BELOW_IP(drop) || /^(?:ip|NEIGH)/.test(drop.symbol ?? ''),
    what: 'packets could not be sent',
    next: 'see which errors: ip -s -s link show DEV; look for a lost link, or a tunnel without a route',
  },
  {
    name: 'XDP drops',
    count: (_, all) => xdpDrops(all),
    isDrop: dropped(/^XDP/, /^$/),
    what: 'an XDP program threw away packets in the driver, where nothing else sees them',
    next: 'see which program: ip link show DEV (prog/xdp), bpftool net; this may be its purpose',
  },
];

/** Names that a shell would take apart stay out of commands. */
function at(next: string, dev: ByteString): string {
  return /^\w[\w.@-]*$/.test(dev) ? next.replaceAll('DEV', dev) : next;
}

function isAt({ netns, dev, symbol }: SeenDrops, where: number, at: ByteString, counter: string): boolean {
  if (dev === null || HANDED_OVER.test(symbol ?? '')) return true;
  if (counter === 'tx_dropped' && REFUSED_BY_PEER.test(symbol ?? '')) return true;
  return dev === at && (netns === null || netns === where);
}

/** Drivers count for each queue, for all of them, or both. */
function xdpDrops(counters: ReadonlyMap<string, number>): number {
  const named = [...counters].filter(([name]) => /xdp.*drop/i.test(name));
  const [queues, totals] = [true, false].map((wanted) =>
    named.reduce((total, [name, count]) => (/\d/.test(name) === wanted ? total + count : total), 0),
  );
  return Math.max(queues ?? 0, totals ?? 0);
}

function sum(drops: readonly SeenDrops[]): number {
  return drops.reduce((total, { count }) => total + count, 0);
}
