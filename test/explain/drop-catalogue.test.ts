import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DroppedPacket } from '../../src/explain/drop-packet.js';
import type { Verdict } from '../../src/explain/drop-verdict.js';
import { btfReasons, CATALOGUE, formatReasons, type Kernel, readFixture } from './drop-kernels.js';

const KERNELS: readonly Kernel[] = ['5.10', '6.1', '6.12', '7.2'];

describe('every reason of a real kernel is explained', () => {
  it.each(['6.1', '6.12', '7.2'] as const)('%s', (kernel) => {
    const names = [...new Set([...formatReasons(kernel), ...btfReasons(kernel).keys()])];
    expect(names.length).toBeGreaterThan(60);
    const known = new Set(CATALOGUE.reasonNames());
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('every function of a real kernel that frees packets is explained', () => {
  it.each(KERNELS)('%s', (kernel) => {
    const symbols = readFixture(kernel, 'kfree_skb-callers.txt').trim().split('\n');
    expect(symbols.length).toBeGreaterThan(380);
    const unknown = symbols.filter((symbol) =>
      CATALOGUE.explain(null, symbol)?.what.includes('does not know'),
    );
    expect(unknown).toEqual([]);
  });
});

type Seen = readonly [symbol: string, reason: string | null, verdict: Verdict];

const NF: [Seen, Seen, Seen, Seen] = [
  ['nf_hook_slow', null, 'policy'],
  ['nf_hook_slow', 'NETFILTER_DROP', 'policy'],
  ['nft_do_chain', 'NETFILTER_DROP', 'policy'],
  ['nft_do_chain', 'NETFILTER_DROP', 'policy'],
];

const QDISC: [Seen, Seen, Seen, Seen] = [
  ['kfree_skb_list', null, 'suspect'],
  ['kfree_skb_list_reason', 'QDISC_DROP', 'suspect'],
  ['__dev_queue_xmit', 'QDISC_DROP', 'suspect'],
  ['__tcf_kfree_skb_list', 'QDISC_DROP', 'suspect'],
];

/** The same symbol on every kernel, a reason since 5.17. */
function same(symbol: string, reason: string, verdict: Verdict, before: Verdict): [Seen, Seen, Seen, Seen] {
  const seen: Seen = [symbol, reason, verdict];
  return [[symbol, null, before], seen, seen, seen];
}

function udp(reason: string): [Seen, Seen, Seen, Seen] {
  const [old, ...newer] = same('__udp4_lib_rcv', reason, 'suspect', 'suspect');
  return [old, newer[0], newer[1], ['udp_rcv', reason, 'suspect']];
}

/** Each way of losing a packet that was tried on the four kernels: where the drop was seen, and with which reason. */
const SCENARIOS: Record<string, { seen: [Seen, Seen, Seen, Seen]; packet?: DroppedPacket }> = {
  'UDP to a closed port': { seen: udp('NO_SOCKET') },
  'TCP to a closed port': { seen: same('tcp_v4_rcv', 'NO_SOCKET', 'suspect', 'suspect') },
  'nftables, input': { seen: NF },
  'nftables, reject': { seen: NF },
  'iptables, input': { seen: NF },
  'no route to forward by': { seen: same('ip_error', 'IP_INNOROUTES', 'suspect', 'suspect') },
  'blackhole route': { seen: same('ip_error', 'NOT_SPECIFIED', 'policy', 'suspect') },
  'unreachable route': { seen: same('ip_error', 'NOT_SPECIFIED', 'policy', 'suspect') },
  'forwarding is off': { seen: same('ip_error', 'IP_INADDRERRORS', 'suspect', 'suspect') },
  'strict rp_filter': {
    seen: [
      ['ip_rcv_finish_core.constprop.0', null, 'suspect'],
      ['ip_rcv_finish_core.constprop.0', 'IP_RPFILTER', 'suspect'],
      ['ip_rcv_finish_core.isra.0', 'IP_RPFILTER', 'suspect'],
      ['ip_rcv_finish_core', 'IP_RPFILTER', 'suspect'],
    ],
  },
  'time to live ran out': { seen: same('ip_forward', 'IP_INHDR', 'suspect', 'suspect') },
  'bad UDP checksum': { seen: udp('UDP_CSUM') },
  'bad TCP checksum': { seen: same('tcp_v4_rcv', 'TCP_CSUM', 'suspect', 'suspect') },
  'bad IP header checksum': { seen: same('ip_rcv_core', 'IP_CSUM', 'suspect', 'suspect') },
  'truncated IP packet': { seen: same('ip_rcv_core', 'PKT_TOO_SMALL', 'suspect', 'suspect') },
  'full receive buffer': { seen: same('udp_queue_rcv_one_skb', 'SOCKET_RCVBUFF', 'suspect', 'suspect') },
  'socket filter': { seen: same('udp_queue_rcv_one_skb', 'SOCKET_FILTER', 'policy', 'suspect') },
  'unknown IP protocol': { seen: same('ip_local_deliver_finish', 'IP_NOPROTO', 'suspect', 'suspect') },
  'unknown EtherType': {
    seen: [
      ['__netif_receive_skb_core', null, 'noise'],
      ['__netif_receive_skb_core.constprop.0', 'UNHANDLED_PROTO', 'noise'],
      ['__netif_receive_skb_core.constprop.0', 'UNHANDLED_PROTO', 'noise'],
      ['__netif_receive_skb_core.constprop.0', 'UNHANDLED_PROTO', 'noise'],
    ],
    packet: { protocol: 0x88b5 },
  },
  'tc ingress action': {
    seen: same('__netif_receive_skb_core', 'TC_INGRESS', 'policy', 'policy'),
    packet: { protocol: 0x0800 },
  },
  "another host's MAC address": {
    seen: same('ip_rcv_core', 'OTHERHOST', 'noise', 'noise'),
    packet: { packetType: 3 },
  },
  'IPv6 is off': { seen: same('ip6_rcv_core', 'IPV6DISABLED', 'policy', 'suspect') },
  'full tbf, netem, fq_codel; lossy netem; link of the peer down': { seen: QDISC },
  'ACK to a listening port': { seen: same('tcp_v4_rcv', 'NO_SOCKET', 'suspect', 'suspect') },
  'UDP socket closed with unread packets': {
    seen: same('udp_destruct_common', 'NOT_SPECIFIED', 'noise', 'noise'),
  },
  'Unix socket closed with unread packets': {
    seen: [
      ['unix_release_sock', null, 'noise'],
      ['unix_release_sock', 'NOT_SPECIFIED', 'noise'],
      ['unix_release_sock', 'SOCKET_CLOSE', 'noise'],
      ['unix_release_sock', 'SOCKET_CLOSE', 'noise'],
    ],
  },
  'ip command': { seen: same('unix_stream_connect', 'NOT_SPECIFIED', 'noise', 'noise') },
};

describe('verdicts of what was tried', () => {
  const rows = Object.entries(SCENARIOS).flatMap(([name, { seen, packet }]) =>
    KERNELS.map((kernel, i) => [name, kernel, seen[i] as Seen, packet] as const),
  );
  it.each(rows)('%s on %s', (_name, _kernel, [symbol, reason, verdict], packet) => {
    expect(CATALOGUE.verdict({ reason, symbol, ...packet })).toBe(verdict);
  });
});

const GROUP: DroppedPacket = { packetType: 2 };

/**
 * Every drop seen on the four kernels while nothing was wrong: pings, UDP of up to 20 kB and TCP between two
 * namespaces, Unix sockets, interfaces and bridges coming and going, multicasts and broadcasts nobody listens to.
 */
const HEALTHY: Record<
  Kernel,
  readonly (readonly [symbol: string, reason: string | null, packet?: DroppedPacket])[]
> = {
  '5.10': [
    ['ip6_mc_input', null],
    ['icmp_rcv', null],
    ['icmpv6_rcv', null],
    ['skb_release_data', null],
    ['unix_release_sock', null],
    ['unix_stream_connect', null],
    ['unix_dgram_sendmsg', null],
    ['br_dev_xmit', null, GROUP],
    ['__udp4_lib_rcv', null, { packetType: 1 }],
    ['ip_rcv_finish_core.constprop.0', null, GROUP],
    ['neigh_destroy', null],
  ],
  '6.1': [
    [
      'ip6_pkt_drop',
      'IP_INNOROUTES',
      { flow: { family: 'ipv6', proto: 'icmpv6', dst: 'ff02::16', flags: null } },
    ],
    ['ip6_mc_input', 'NOT_SPECIFIED'],
    ['icmp_rcv', 'NO_SOCKET'],
    ['icmpv6_rcv', 'NO_SOCKET'],
    ['icmpv6_rcv', 'NOT_SPECIFIED'],
    ['skb_release_data', 'NOT_SPECIFIED'],
    ['tcp_rcv_state_process', 'NOT_SPECIFIED'],
    ['tcp_data_queue', 'TCP_OLD_DATA'],
    ['unix_release_sock', 'NOT_SPECIFIED'],
    ['unix_stream_connect', 'NOT_SPECIFIED'],
    ['unix_dgram_sendmsg', 'NOT_SPECIFIED'],
    ['ip_rcv_finish_core.constprop.0', 'NOT_SPECIFIED', GROUP],
    ['__udp4_lib_rcv', 'NOT_SPECIFIED', { packetType: 1 }],
    ['neigh_destroy', 'NOT_SPECIFIED'],
  ],
  '6.12': [
    ['napi_get_frags_check', 'NOT_SPECIFIED'],
    ['vrf_fib_rule', 'NOT_SPECIFIED'],
    ['ip6_mc_input', 'NOT_SPECIFIED'],
    ['icmp_rcv', 'NO_SOCKET'],
    ['icmpv6_rcv', 'NO_SOCKET'],
    ['tcp_data_queue', 'TCP_OLD_DATA'],
    ['tcp_rcv_state_process', 'NOT_SPECIFIED'],
    ['unix_release_sock', 'SOCKET_CLOSE'],
    ['unix_stream_connect', 'NOT_SPECIFIED'],
    ['unix_dgram_sendmsg', 'NOT_SPECIFIED'],
    ['br_dev_xmit', 'NO_TX_TARGET', GROUP],
    ['ip_rcv_finish_core.isra.0', 'NOT_SPECIFIED', GROUP],
    ['__udp4_lib_rcv', 'NOT_SPECIFIED', { packetType: 1 }],
    ['neigh_destroy', 'QUEUE_PURGE'],
  ],
  '7.2': [
    ['ip6_mc_input', 'NOT_SPECIFIED'],
    ['ping_rcv', 'NO_SOCKET'],
    ['tcp_data_queue', 'TCP_OLD_DATA'],
    ['tcp_rcv_state_process', 'NOT_SPECIFIED'],
    ['unix_release_sock', 'SOCKET_CLOSE'],
    ['br_dev_xmit', 'NO_TX_TARGET', GROUP],
    ['ip_rcv_finish_core', 'NOT_SPECIFIED', GROUP],
    ['udp_rcv', 'NOT_SPECIFIED', { packetType: 1 }],
    ['neigh_destroy', 'QUEUE_PURGE'],
  ],
};

describe('what a healthy host drops is noise', () => {
  const rows = Object.entries(HEALTHY).flatMap(([kernel, drops]) =>
    drops.map(([symbol, reason, packet = {}]) => [kernel, symbol, reason, packet] as const),
  );
  it.each(rows)('%s: %s %s', (_kernel, symbol, reason, packet) => {
    expect(CATALOGUE.verdict({ reason, symbol, ...(packet ?? {}) })).toBe('noise');
  });
});

describe('what is known of the packet counts', () => {
  const flow = { family: 'ipv4', proto: 'tcp', dst: '10.0.0.1', flags: 'ACK' };

  it('nobody listens to a multicast: that is no loss', () => {
    const closed = { reason: 'NO_SOCKET', symbol: '__udp4_lib_rcv' };
    expect(CATALOGUE.verdict({ ...closed, flow: { ...flow, dst: '224.0.0.251' } })).toBe('noise');
    expect(CATALOGUE.verdict({ ...closed, flow: { ...flow, dst: '255.255.255.255' } })).toBe('noise');
    expect(CATALOGUE.verdict({ ...closed, flow: { ...flow, dst: 'ff02::fb' } })).toBe('noise');
    expect(CATALOGUE.verdict({ ...closed, flow: { ...flow, dst: '223.255.255.255' } })).toBe('suspect');
    expect(CATALOGUE.verdict({ ...closed, flow: { ...flow, dst: 'fe80::ff' } })).toBe('suspect');
    expect(CATALOGUE.verdict({ ...closed, flow: { ...flow, dst: null } })).toBe('suspect');
  });

  it('a multicast that did not fit its socket is one', () => {
    const full = { reason: 'SOCKET_RCVBUFF', symbol: 'udp_queue_rcv_one_skb' };
    expect(CATALOGUE.verdict({ ...full, flow: { ...flow, dst: '224.0.0.251' }, packetType: 2 })).toBe(
      'suspect',
    );
  });

  it('what the kernel tells a link that is going down', () => {
    const list = { reason: null, symbol: 'kfree_skb_list' };
    const report = { family: 'ipv6', proto: 'icmpv6', dst: 'ff02::16', flags: null };
    expect(CATALOGUE.verdict({ ...list, flow: report })).toBe('noise');
    expect(CATALOGUE.verdict({ ...list, flow: { ...flow, proto: 'igmp', dst: '224.0.0.22' } })).toBe('noise');
    expect(CATALOGUE.verdict({ ...list, flow: { ...report, dst: 'ff05::1' } })).toBe('suspect');
    expect(CATALOGUE.verdict({ ...list, flow: { ...flow, proto: 'udp', dst: '224.0.0.251' } })).toBe(
      'suspect',
    );
    expect(CATALOGUE.verdict({ reason: 'QDISC_DROP', symbol: 'kfree_skb_list_reason', flow: report })).toBe(
      'noise',
    );
  });

  it('what an idle member of a bond gets', () => {
    const idle = { reason: 'UNHANDLED_PROTO', symbol: '__netif_receive_skb_core', protocol: 0x0800 };
    expect(CATALOGUE.verdict({ ...idle, packetType: 0 })).toBe('suspect');
    expect(CATALOGUE.verdict({ ...idle, packetType: 1 })).toBe('noise');
    expect(CATALOGUE.verdict({ ...idle, packetType: 0, protocol: 0x88e5 })).toBe('suspect');
    expect(CATALOGUE.verdict({ ...idle, packetType: 0, protocol: 0x88b5 })).toBe('noise');
  });

  it('what IPsec has no state for', () => {
    const discarded = { reason: 'NOT_SPECIFIED', symbol: 'dst_discard_out' };
    expect(CATALOGUE.verdict({ ...discarded, protocol: 0x0800 })).toBe('suspect');
    expect(CATALOGUE.verdict({ ...discarded, protocol: 0x86dd })).toBe('policy');
    const empty = { ...flow, family: 'ipv6', proto: 'ipv6-nonxt' };
    expect(CATALOGUE.verdict({ ...discarded, protocol: 0x86dd, flow: empty })).toBe('noise');
  });

  it('before 6.15 a full accept queue looks like a late segment', () => {
    const drop = { reason: 'NOT_SPECIFIED', symbol: 'tcp_v4_rcv' };
    expect(CATALOGUE.verdict({ ...drop, flow })).toBe('suspect');
    expect(CATALOGUE.verdict({ ...drop, flow: { ...flow, flags: 'RST' } })).toBe('noise');
  });

  it('a reset needs no socket', () => {
    const closed = { reason: 'NO_SOCKET', symbol: 'tcp_v4_rcv' };
    expect(CATALOGUE.verdict({ ...closed, flow: { ...flow, flags: 'RST ACK' } })).toBe('noise');
    expect(CATALOGUE.verdict({ ...closed, flow: { ...flow, flags: 'SYN' } })).toBe('suspect');
  });

  it('the last segment of a connection that has ended is for nobody, also where the kernel gives no reason', () => {
    const late = { symbol: 'tcp_v4_rcv', flow: { ...flow, flags: 'FIN ACK' } };
    expect(CATALOGUE.verdict({ ...late, reason: null })).toBe('noise');
    expect(CATALOGUE.verdict({ ...late, reason: 'NOT_SPECIFIED' })).toBe('noise');
    expect(CATALOGUE.verdict({ ...late, reason: 'TCP_CSUM' })).toBe('suspect');
  });

  it('a keepalive probe is out of the window on purpose', () => {
    const out = { reason: 'TCP_INVALID_SEQUENCE', symbol: 'tcp_validate_incoming', flow };
    expect(CATALOGUE.verdict({ ...out, length: 32 })).toBe('noise');
    expect(CATALOGUE.verdict({ ...out, length: 1480 })).toBe('suspect');
    expect(CATALOGUE.verdict({ ...out, flow: { ...flow, flags: 'PSH ACK' }, length: 32 })).toBe('suspect');
  });

  it('before 5.17 an IP packet that the way in dropped was dropped by a rule', () => {
    const drop = { reason: null, symbol: '__netif_receive_skb_core' };
    expect(CATALOGUE.verdict(drop)).toBe('policy');
    expect(CATALOGUE.verdict({ ...drop, protocol: 0x86dd })).toBe('policy');
    expect(CATALOGUE.verdict({ ...drop, protocol: 0x88cc })).toBe('noise');
  });
});

describe('explanations', () => {
  it('are of the reason where there is one', () => {
    expect(CATALOGUE.explain('SOCKET_RCVBUFF', 'udp_queue_rcv_one_skb')).toEqual({
      title: 'SOCKET_RCVBUFF',
      what: 'The receive buffer of the socket was full, because the program reads more slowly than packets arrive.',
      next: 'Find out why the program is slow to read, then raise its SO_RCVBUF or net.core.rmem_max.',
      verdict: 'suspect',
      checks: [
        { kind: 'socket' },
        { kind: 'counter', names: ['UdpRcvbufErrors', 'Udp6RcvbufErrors'] },
        { kind: 'sysctl', names: ['net.core.rmem_max', 'net.core.rmem_default'] },
      ],
      kernels: 'Linux 5.18 and later',
    });
  });

  it('are of the function where there is none', () => {
    const old = CATALOGUE.explain(null, 'ip_rcv_finish_core.constprop.0');
    expect(old?.title).toBe('ip_rcv_finish_core.constprop.0()');
    expect(old?.what).toContain('reverse path filter');
    expect(CATALOGUE.explain('NOT_SPECIFIED', 'ip_error')?.what).toContain('blackhole');
    expect(CATALOGUE.explain(null, 'ip_error')?.what).not.toContain('blackhole');
    expect(CATALOGUE.explain('0', 'ip_error')).toEqual(CATALOGUE.explain('NOT_SPECIFIED', 'ip_error'));
  });

  it('take over what a function shares with its reason', () => {
    const { what, next, verdict, checks } = CATALOGUE.explain('NETFILTER_DROP', null) ?? {};
    expect(CATALOGUE.explain(null, 'nft_do_chain')).toMatchObject({ what, next, verdict, checks });
  });

  it('are honest of a function that nobody knows', () => {
    expect(CATALOGUE.explain(null, 'frobnicate_xmit')).toMatchObject({
      verdict: 'suspect',
      title: 'frobnicate_xmit()',
    });
    expect(CATALOGUE.explain(null, 'frobnicate_xmit')?.what).toContain('does not know');
    expect(CATALOGUE.explain('FROBNICATED', 'tcp_v4_rcv')?.what).toContain('FROBNICATED');
    expect(CATALOGUE.verdict({ reason: 'FROBNICATED', symbol: 'unix_release_sock' })).toBe('suspect');
    expect(CATALOGUE.explain(null, null)).toBeNull();
    expect(CATALOGUE.verdict({ reason: null, symbol: null })).toBe('suspect');
  });

  it('know families of functions', () => {
    expect(CATALOGUE.verdict({ reason: null, symbol: 'devlink_nl_frob_get_doit' })).toBe('noise');
    expect(CATALOGUE.verdict({ reason: null, symbol: 'nf_conntrack_frob' })).toBe('suspect');
    expect(CATALOGUE.verdict({ reason: null, symbol: 'nf_frob.isra.0' })).toBe('policy');
    expect(CATALOGUE.verdict({ reason: null, symbol: 'frob_notify' })).toBe('noise');
  });
});

describe('reasons that are numbers', () => {
  it('of one meaning are read as their names', () => {
    expect(CATALOGUE.explain('65540', 'ieee80211_rx_handlers_result')?.title).toBe('RX_DROP_U_DUP');
    expect(CATALOGUE.explain('0x10004', null)?.title).toBe('RX_DROP_U_DUP');
    expect(CATALOGUE.verdict({ reason: '65540', symbol: null })).toBe('noise');
  });

  it('of two meanings are told apart by the function', () => {
    // 2 was mac80211's second list until 6.16, and is Open vSwitch's in 7.2.
    expect(CATALOGUE.explain('0x20001', 'do_execute_actions')?.title).toBe('OVS_DROP_LAST_ACTION');
    expect(CATALOGUE.explain('0x20001', 'ieee80211_rx_handlers_result')?.title).toBe(
      'RX_DROP_M_UNEXPECTED_4ADDR_FRAME',
    );
  });

  it('are the worst they may be where nothing tells them apart', () => {
    expect(CATALOGUE.verdict({ reason: '0x20001', symbol: null })).toBe('suspect');
  });

  it('nobody knows are at least of a known subsystem', () => {
    expect(CATALOGUE.explain('0x1ffff', null)).toMatchObject({ title: '0x1ffff', verdict: 'suspect' });
    expect(CATALOGUE.explain('0x1ffff', null)?.what).toContain('mac80211');
    expect(CATALOGUE.explain('999', null)?.what).toContain('core');
    expect(CATALOGUE.explain('0x7770001', null)?.what).toContain('subsystem 1911');
  });
});

describe('total', () => {
  const VERDICTS = ['suspect', 'policy', 'noise'];
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom(...CATALOGUE.reasonNames(), '__proto__', 'constructor', '0x', '-1'),
  );
  const symbol = fc.oneof(fc.string(), fc.constantFrom(...CATALOGUE.functionNames(), '.', '*', 'toString'));

  it('whatever comes has a verdict, and the same one again', () => {
    const flow = fc.record({
      family: fc.string(),
      proto: maybe(fc.string()),
      dst: maybe(fc.string()),
      flags: maybe(fc.string()),
    });
    const drop = fc.record({
      reason: maybe(name),
      symbol: maybe(symbol),
      flow: maybe(flow),
      packetType: maybe(fc.integer()),
      protocol: maybe(fc.integer()),
      length: maybe(fc.integer()),
    });
    fc.assert(
      fc.property(drop, (drop) => {
        const verdict = CATALOGUE.verdict(drop);
        expect(VERDICTS).toContain(verdict);
        expect(CATALOGUE.verdict(drop)).toBe(verdict);
      }),
    );
  });

  it('whatever comes has an explanation in sentences', () => {
    fc.assert(
      fc.property(name, maybe(symbol), (reason, symbol) => {
        const { what = '', next = '', kernels = '' } = CATALOGUE.explain(reason, symbol) ?? {};
        expect(what.endsWith('.') && next.endsWith('.') && kernels !== '').toBe(true);
      }),
    );
  });

  it('a stream of made-up names does not fill the memory or change what is known', () => {
    for (let i = 0; i < 10_000; i++) CATALOGUE.verdict({ reason: `X${i}`, symbol: null });
    expect(CATALOGUE.verdict({ reason: 'NETFILTER_DROP', symbol: 'nf_hook_slow' })).toBe('policy');
  });
});
