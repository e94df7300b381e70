// Drops as a busy 6.12 router with four CPUs has them: some sixty places and reasons, a few of them most of the time,
// in runs (a flood, a full queue), with others among them. The same seed gives the same drops, as text and as pages.

/** Every drop in turn, always in the same object; the caller ends it. `lost`: events of its CPU lost before it. */
export function* drops(seed = 20) {
  const random = generator(seed);
  const processes = PROCESSES.map((comm) => ({
    comm,
    tid: comm === '<idle>' ? 0 : 10 + below(random, 90_000),
  }));
  const floods = [0, 1, 2, 3].map(() => flood(random, processes));
  const drop = {
    time: 6_110_431_207,
    cpu: 0,
    process: processes[0],
    flags: '..s1.',
    skb: 0,
    socket: 0,
    lost: 0,
    site: SITES[0],
  };
  const skbs = Uint32Array.from({ length: 4096 }, () => random() * 2 ** 32);
  let one = 0;
  for (;;) {
    // A CPU that drops goes on for some lines before the reader comes to the next one's.
    if (random() < 0.15) drop.cpu = below(random, 4);
    if (random() < 0.02) floods[drop.cpu] = flood(random, processes);
    const running = floods[drop.cpu];
    drop.lost = random() < 0.00002 ? 1 + below(random, 500) : 0;
    drop.time += 500 + below(random, 15_000);
    drop.process = running.process;
    drop.flags = running.flags;
    drop.site = random() < 0.1 ? place(random) : running.site;
    one = (one + 1 + below(random, 3)) & 4095;
    drop.skb = skbs[one];
    drop.socket = drop.site.socket ? skbs[one & 15] : 0;
    yield drop;
  }
}

/** The places where packets are dropped: location, its address, reason with its number, protocol. */
export const SITES = sites([
  // weight, location, reasons with protocols
  [400, '__udp4_lib_rcv+0x235/0xd90', 'NO_SOCKET 2048', 'UDP_CSUM 2048'],
  [300, '__dev_queue_xmit+0xcdc/0xf20', 'QDISC_DROP 2048', 'QDISC_DROP 34525', 'QDISC_DROP 2054'],
  [260, 'nft_do_chain+0x40e/0x630 [nf_tables]', 'NETFILTER_DROP 2048', 'NETFILTER_DROP 34525'],
  [160, 'udp_queue_rcv_one_skb+0x40a/0x530', 'SOCKET_RCVBUFF 2048'],
  [120, 'tcp_v4_rcv+0x9a/0x1360', 'NO_SOCKET 2048', 'TCP_CSUM 2048'],
  [90, 'ip_rcv_core+0x22b/0x330', 'OTHERHOST 2048', 'PKT_TOO_SMALL 2048', 'IP_CSUM 2048', 'IP_INHDR 2048'],
  [80, 'ip6_rcv_core+0x38c/0x520', 'IPV6DISABLED 34525', 'OTHERHOST 34525'],
  [70, 'unix_stream_connect+0x289/0x6b0', 'NOT_SPECIFIED 0'],
  [60, '__netif_receive_skb_core.constprop.0+0x144/0x1080', 'UNHANDLED_PROTO 34997', 'UNHANDLED_PROTO 35020'],
  [50, 'tcp_v6_rcv+0x88/0x12e0', 'NO_SOCKET 34525', 'TCP_CSUM 34525'],
  [50, 'tcp_rcv_established+0x1c7/0x8d0', 'TCP_OLD_DATA 2048', 'TCP_OLD_DATA 34525'],
  [
    40,
    'tcp_validate_incoming+0x11d/0x4f0',
    'TCP_INVALID_SEQUENCE 2048',
    'TCP_RFC7323_PAWS 2048',
    'TCP_INVALID_SYN 2048',
  ],
  [40, 'unix_release_sock+0x31b/0x470', 'SOCKET_CLOSE 0'],
  [30, 'udp_destruct_common+0xbd/0xf0', 'NOT_SPECIFIED 2048', 'NOT_SPECIFIED 34525'],
  [30, 'ip_error+0x97/0x200', 'IP_INNOROUTES 2048', 'IP_INADDRERRORS 2048', 'NOT_SPECIFIED 2048'],
  [30, 'nf_hook_slow+0x9b/0x110', 'NETFILTER_DROP 2048', 'NETFILTER_DROP 34525'],
  [25, 'ip_rcv_finish_core.isra.0+0x234/0x430', 'IP_RPFILTER 2048'],
  [25, '__netif_receive_skb_core.constprop.0+0x6d8/0x1080', 'TC_INGRESS 2048', 'TC_INGRESS 34525'],
  [20, 'ip_forward+0x26f/0x5f0', 'IP_INHDR 2048', 'PKT_TOO_BIG 2048'],
  [20, 'ip6_forward+0x63c/0x940', 'IP_INHDR 34525', 'PKT_TOO_BIG 34525'],
  [20, 'neigh_resolve_output+0x123/0x1d0', 'NEIGH_FAILED 2048', 'NEIGH_QUEUEFULL 2048'],
  [15, 'udp_queue_rcv_one_skb+0x128/0x530', 'SOCKET_FILTER 2048'],
  [15, 'udpv6_queue_rcv_one_skb+0x3f7/0x570', 'SOCKET_RCVBUFF 34525'],
  [15, 'ip_local_deliver_finish+0x76/0xa0', 'IP_NOPROTO 2048'],
  [12, 'br_handle_frame_finish+0x1e4/0x5c0 [bridge]', 'NOT_SPECIFIED 2048', 'NOT_SPECIFIED 2054'],
  [12, 'wg_packet_receive+0x2f1/0x6e0 [wireguard]', 'NOT_SPECIFIED 2048'],
  [10, 'vxlan_rcv+0x31f/0xd20 [vxlan]', 'VXLAN_VNI_NOT_FOUND 2048', 'VXLAN_INVALID_HDR 2048'],
  [10, 'tun_net_xmit+0x1e9/0x480 [tun]', 'FULL_RING 2048', 'FULL_RING 34525', 'DEV_READY 2048'],
  [10, 'icmp_rcv+0x18e/0x3d0', 'ICMP_CSUM 2048', 'INVALID_PROTO 2048'],
  [10, 'ndisc_rcv+0x7d/0x150', 'IPV6_NDISC_HOP_LIMIT 34525'],
  [8, 'arp_process+0x2b5/0xa10', 'NOT_SPECIFIED 2054'],
  [8, 'packet_rcv+0x71/0x4e0', 'PACKET_SOCK_ERROR 2048', 'PACKET_SOCK_ERROR 34525'],
  [6, 'enqueue_to_backlog+0x11b/0x3a0', 'CPU_BACKLOG 2048'],
  [6, 'do_xdp_generic+0x1d8/0x5e0', 'XDP 2048'],
]);

/** Numbers in [0, 1) from a seed (mulberry32). */
export function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function below(random, limit) {
  return Math.floor(random() * limit);
}

function sites(rows) {
  const numbers = new Map();
  return rows.flatMap(([weight, location, ...ways], row) =>
    ways.map((way, index) => {
      const [reason, protocol] = way.split(' ');
      if (!numbers.has(reason)) numbers.set(reason, 2 + numbers.size);
      return {
        // The first way of a place is the usual one.
        weight: index === 0 ? weight : weight / 8,
        location,
        /** The lower 32 bits; the upper ones are all set. */
        addressLow: (location.endsWith(']') ? 0xc0a00000 : 0xb6e00000) + row * 0x1370 + 0x235,
        reason,
        reasonNumber: numbers.get(reason),
        protocol: Number(protocol),
        /** Where a socket is known. */
        socket: /^(udp|tcp)/.test(location) && !reason.startsWith('NO_'),
      };
    }),
  );
}

const PROCESSES = [
  ...new Array(5).fill('<idle>'),
  ...[
    'python3',
    'nginx',
    'ksoftirqd/1',
    'systemd-resolve',
    'kworker/2:1',
    'iperf3',
    '<...>',
    'haproxy',
    'node',
    'x [001] y',
  ],
];
const FLAGS = ['..s1.', '..s1.', '..s1.', '..s2.', '.Ns1.', 'b.s1.', '...1.', 'd.s2.'];

const TOTAL = SITES.reduce((sum, { weight }) => sum + weight, 0);

function flood(random, processes) {
  const process = processes[below(random, processes.length)];
  return { process, flags: FLAGS[below(random, FLAGS.length)], site: place(random) };
}

function place(random) {
  let dice = random() * TOTAL;
  for (const site of SITES) {
    dice -= site.weight;
    if (dice < 0) return site;
  }
  return SITES[0];
}
