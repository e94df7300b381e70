import { OPEN, PAIR, pause, sendUdp } from './case-parts.js';
import type { DropCase } from './drop-case.js';
import { since } from './kernels.js';
import { lost } from './lost.js';
import type { NetLab } from './net-lab.js';

/** Since 6.13 it would say more, for some queues; these say QDISC_DROP. */
const BY_QDISC = since({
  '5.10': 'kfree_skb_list',
  '6.1': 'kfree_skb_list_reason',
  '6.12': '__dev_queue_xmit',
  '7.2': '__tcf_kfree_skb_list',
});
const XDP = { ABORTED: 0, DROP: 1, REDIRECT: 4 };
const GOING_OUT = { dev: 'c0', netns: 'client' } as const;
const BY_XDP = since({ '5.10': 'netif_receive_generic_xdp', '6.1': 'do_xdp_generic' });

/** Traffic control, queues and XDP. */
export const QUEUE_CASES: readonly DropCase[] = [
  {
    name: 'tc-ingress-drop',
    net: PAIR,
    setup: (lab) =>
      lab.server.tc('qdisc add dev s0 ingress', 'filter add dev s0 ingress matchall action drop'),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('policy', '__netif_receive_skb_core', 'TC_INGRESS', { count: 2 })],
  },
  {
    name: 'tc-egress-drop',
    net: PAIR,
    setup: (lab) => lab.client.tc('qdisc add dev c0 clsact', 'filter add dev c0 egress matchall action drop'),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [
      lost(since({ '5.10': null, '6.1': 'policy' }), '__dev_queue_xmit', 'TC_EGRESS', {
        ...GOING_OUT,
        count: 2,
      }),
    ],
  },
  {
    name: 'tc-police',
    net: PAIR,
    setup: (lab) =>
      lab.server.tc(
        'qdisc add dev s0 ingress',
        'filter add dev s0 ingress matchall action police rate 8kbit burst 1500 conform-exceed drop',
      ),
    inject: (lab) => flood(lab),
    drops: [lost('policy', '__netif_receive_skb_core', 'TC_INGRESS', { count: 'injected' })],
  },
  lossy('netem-loss', 'netem loss 100%'),
  lossy('blackhole-qdisc', 'blackhole'),
  lossy('drr-without-class', 'drr'),
  lossy('etf-without-send-time', 'etf clockid CLOCK_TAI delta 200000'),
  lossy('class-filter-drop', 'handle 1: prio', 'filter add dev c0 parent 1: matchall action drop'),
  overflowing(
    'red-limit',
    'qdisc add dev c0 root handle 1: tbf rate 8kbit burst 1600 limit 100000',
    'qdisc add dev c0 parent 1:1 handle 2: red limit 4000 min 1100 max 2200 avpkt 1000 burst 2 probability 1',
  ),
  overflowing('netem-limit', 'qdisc add dev c0 root netem delay 60s limit 3'),
  overflowing('tbf-limit', 'qdisc add dev c0 root tbf rate 8kbit burst 1600 limit 3000'),
  ...['pfifo limit 3', 'bfifo limit 3000', 'fq_codel limit 3', 'codel limit 3', 'sfq limit 3'].map((qdisc) =>
    overflowing(
      `${qdisc.split(' ')[0]?.replace('_', '-')}-limit`,
      'qdisc add dev c0 root handle 1: tbf rate 8kbit burst 1600 limit 100000',
      `qdisc add dev c0 parent 1:1 handle 2: ${qdisc}`,
    ),
  ),
  {
    name: 'cpu-backlog-full',
    net: PAIR,
    async setup(lab) {
      // What has come together in 200 ms leaves within one softirq.
      await lab.client.tc('qdisc add dev c0 root netem slot 200ms 200ms');
      await lab.globally('/proc/sys/net/core/netdev_max_backlog', 1);
    },
    async inject(lab) {
      const socket = await lab.server.udp(OPEN);
      await sendUdp(lab.client, OPEN, 10);
      await pause(500);
      return 10 - (await socket.drain());
    },
    drops: [lost('suspect', 'enqueue_to_backlog', 'CPU_BACKLOG', { count: 'injected' })],
  },
  xdp('xdp-generic-drop', XDP.DROP, false),
  xdp('xdp-generic-aborted', XDP.ABORTED, false),
  xdp('xdp-native-drop', XDP.DROP, true),
  {
    name: 'xdp-generic-redirect-failed',
    net: PAIR,
    setup: (lab) => lab.server.xdp('s0', XDP.REDIRECT, false),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [
      lost(
        since({ '5.10': null, '6.1': 'suspect' }),
        since({ '5.10': '__netif_receive_skb_core', '6.1': 'do_xdp_generic' }),
        'XDP',
        { count: 2 },
      ),
    ],
  },
];

function lossy(name: string, qdisc: string, ...more: string[]): DropCase {
  return {
    name,
    net: PAIR,
    setup: (lab) => lab.client.tc(`qdisc add dev c0 root ${qdisc}`, ...more),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('suspect', BY_QDISC, 'QDISC_DROP', { ...GOING_OUT, count: 2 })],
  };
}

function overflowing(name: string, ...commands: string[]): DropCase {
  return {
    name,
    net: PAIR,
    setup: (lab) => lab.client.tc(...commands),
    async inject(lab) {
      await flood(lab);
      // What still waits must not come when nobody listens any more.
      lab.afterwards(() => lab.client.tc('qdisc del dev c0 root'));
      const json = await lab.client.run('tc', '-s', '-j', 'qdisc', 'show', 'dev', 'c0');
      return Math.max(...(JSON.parse(json) as { drops: number }[]).map(({ drops }) => drops));
    },
    drops: [lost('suspect', BY_QDISC, 'QDISC_DROP', { ...GOING_OUT, count: 'injected' })],
  };
}

/** SKB_DROP_REASON_XDP is not for a program's own verdict. */
function xdp(name: string, verdict: number, native: boolean): DropCase {
  const symbol = native ? since({ '5.10': 'veth_poll', '6.1': 'veth_xdp_rcv_skb' }) : BY_XDP;
  return {
    name,
    net: PAIR,
    setup: (lab) => lab.server.xdp('s0', verdict, native),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('policy', symbol, 'NOT_SPECIFIED', { count: 2 })],
  };
}

/** Ten datagrams at once to a listening server. Returns how many it did not get. */
async function flood(lab: NetLab): Promise<number> {
  const socket = await lab.server.udp(OPEN);
  await sendUdp(lab.client, OPEN, 10, { size: 1000 });
  return 10 - (await socket.drain());
}
