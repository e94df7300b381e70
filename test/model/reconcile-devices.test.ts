import { describe, expect, it } from 'vitest';
import { reconcile } from '../../src/model/reconcile.js';
import type { SeenDrops } from '../../src/model/reconcile-loss.js';

const HOST = 4026531840;
const C = 4026532196;
const S = 4026532248;

describe('as measured on 6.12', () => {
  // Five packets that the peer's MTU is too small for: one drop each, counted at both ends of the pair.
  it('a packet that is counted at both ends of a veth pair', () => {
    const drops = [drop({ symbol: '__dev_forward_skb2', netns: C, dev: 'vc', count: 5 })];
    expect(told(drops, { [C]: { vc: { tx_dropped: 5 } }, [S]: { vs: { rx_dropped: 5 } } })).toEqual([]);
  });

  it('an EtherType that nothing takes', () => {
    const drops = [
      drop({
        reason: 'UNHANDLED_PROTO',
        symbol: '__netif_receive_skb_core.constprop.0',
        netns: S,
        dev: 'vs',
        count: 3,
      }),
    ];
    expect(told(drops, { [S]: { vs: { rx_dropped: 3 } } })).toEqual([]);
    expect(told(drops, { [S]: { other: { rx_dropped: 3 } } })).toEqual(['other rx_dropped +3']);
    expect(told(drops, { [C]: { vs: { rx_dropped: 3 } } })).toEqual(['vs rx_dropped +3']);
  });

  it("a CPU's full backlog", () => {
    const drops = [
      drop({ reason: 'CPU_BACKLOG', symbol: 'enqueue_to_backlog', netns: S, dev: 'vs', count: 1 }),
    ];
    expect(told(drops, { [S]: { vs: { rx_dropped: 1 } } })).toEqual([]);
    // The other end of the veth pair.
    expect(told(drops, { [C]: { vc: { tx_dropped: 1 } } })).toEqual([]);
    expect(told(drops, { [C]: { vc: { rx_dropped: 1 } } })).toEqual(['vc rx_dropped +1']);
  });
});

it('what happens above the interface explains nothing of what it lost', () => {
  const above: [reason: string | null, symbol: string][] = [
    ['NO_SOCKET', '__udp4_lib_rcv'],
    ['SOCKET_RCVBUFF', 'udp_queue_rcv_one_skb'],
    ['NETFILTER_DROP', 'nft_do_chain'],
    ['OTHERHOST', 'ip_rcv_core'],
    ['NOT_SPECIFIED', 'ip6_mc_input'],
    [null, 'tcp_v4_rcv'],
    [null, 'nf_hook_slow'],
  ];
  const drops = above.map(([reason, symbol]) => drop({ reason, symbol, netns: HOST, dev: 'eth0', count: 9 }));
  expect(told(drops, { [HOST]: { eth0: { rx_dropped: 9 } } })).toEqual(['eth0 rx_dropped +9']);
});

it('no drop explains what the card never handed over', () => {
  const drops = [drop({ symbol: null, netns: HOST, dev: 'eth0', count: 100 })];
  expect(told(drops, { [HOST]: { eth0: { rx_missed_errors: 7 } } })).toEqual(['eth0 rx_missed_errors +7']);
  expect(
    reconcile({ drops: [], counters: rises({ [HOST]: { eth0: { rx_missed_errors: 7 } } }), lost: 100 }),
  ).toMatchObject({
    unexplained: [{ count: 7 }],
  });
});

it('errors and their parts are one loss, whether the driver adds them up or not', () => {
  const parts = { rx_fifo_errors: 4, rx_frame_errors: 3 };
  expect(told([], { [HOST]: { eth0: { rx_errors: 7, ...parts } } })).toEqual(['eth0 rx_errors +7']);
  expect(told([], { [HOST]: { eth0: { rx_errors: 0, ...parts } } })).toEqual(['eth0 rx_errors +7']);
  expect(told([], { [HOST]: { eth0: { tx_errors: 2, tx_carrier_errors: 2 } } })).toEqual([
    'eth0 tx_errors +2',
  ]);
});

it.each<[Record<string, number>, string[]]>([
  // veth and virtio count by queue, mlx5 also in all.
  [{ 'rx_queue_0_xdp_drops (ethtool -S)': 3, 'rx_queue_1_xdp_drops (ethtool -S)': 2 }, ['eth0 XDP drops +5']],
  [{ 'rx_xdp_drop (ethtool -S)': 5, 'rx0_xdp_drop (ethtool -S)': 5 }, ['eth0 XDP drops +5']],
  [{ 'rx_out_of_buffer (ethtool -S)': 5 }, []],
])('drops of XDP programs: %j', (counters, expected) => {
  expect(told([], { [HOST]: { eth0: counters } })).toEqual(expected);
});

it('says what to look at, with the name of the interface where a shell takes it as it is', () => {
  const next = (dev: string) =>
    reconcile({ drops: [], counters: rises({ [HOST]: { [dev]: { tx_dropped: 1 } } }) }).unexplained[0].next;
  expect(next('eth0.5')).toBe("see the driver's own counters: ethtool -S eth0.5");
  for (const dev of ['$(reboot)', '-x', 'a;b', 'a\nb']) expect(next(dev)).not.toContain(dev);
});

it('traffic is no loss', () => {
  const healthy = {
    rx_bytes: 1000,
    rx_packets: 10,
    multicast: 3,
    tx_bytes: 500,
    tx_packets: 5,
    collisions: 1,
  };
  expect(told([], { [HOST]: { eth0: healthy } })).toEqual([]);
});

type Devices = Record<number, Record<string, Record<string, number>>>;

function told(drops: SeenDrops[], devices: Devices): string[] {
  return reconcile({ drops, counters: rises(devices) }).unexplained.map(
    ({ name, count }) => `${name} +${count}`,
  );
}

function rises(devices: Devices) {
  return Object.entries(devices).map(([netns, named]) => ({
    netns: Number(netns),
    counters: new Map(),
    devices: new Map(
      Object.entries(named).map(([dev, counters]) => [dev, new Map(Object.entries(counters))]),
    ),
  }));
}

function drop(facts: Partial<SeenDrops>): SeenDrops {
  return { reason: 'NOT_SPECIFIED', symbol: null, netns: null, dev: null, count: 1, ...facts };
}
