import { ARP, datagram, ENDS, IPV4, OPEN, PAIR, pause, sendFrame, sendUdp } from './case-parts.js';
import type { DropCase, ExpectedDrop } from './drop-case.js';
import { since } from './kernels.js';
import { lost, UDP_OPEN } from './lost.js';
import type { NetLab } from './net-lab.js';
import { CLIENT, type NetPlan, SERVER } from './net-plan.js';
import { arp } from './packets.js';

const STRANGERS: NetPlan = { shape: 'pair', neighbours: false };
const NOBODY = '10.9.3.3';
const OTHER_MAC = '02:00:00:00:09:09';
const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const GOING_OUT = { dev: 'c0', netns: 'client' } as const;
const TO_NOBODY = { ...GOING_OUT, flow: { ...UDP_OPEN, dst: NOBODY } } as const;
/** How the kernel calls frames with a length for a type. */
const ETH_P_802_2 = 4;
const UNKNOWN_TYPE = { protocol: 0x88b5, flow: { family: 'other' } } as const;

/** Links, neighbours, and frames for somebody else. */
export const LINK_CASES: readonly DropCase[] = [
  {
    name: 'neighbour-unresolved',
    net: STRANGERS,
    setup: impatient,
    async inject(lab) {
      await sendUdp(lab.client, OPEN, 2, { dst: NOBODY });
      await pause(300);
    },
    drops: [lost('suspect', 'neigh_invalidate', 'NEIGH_FAILED', { ...TO_NOBODY, count: 2 })],
  },
  {
    name: 'neighbour-queue-full',
    net: STRANGERS,
    async setup(lab) {
      await impatient(lab);
      await lab.client.sysctl({ 'net.ipv4.neigh.c0.unres_qlen_bytes': 5000 });
    },
    async inject(lab) {
      const client = await lab.client.udp();
      await client.repeat(10, 'sendto', Buffer.alloc(1000), [NOBODY, OPEN]);
      await pause(300);
    },
    drops: [
      lost('suspect', '__neigh_event_send', 'NEIGH_QUEUEFULL', { ...TO_NOBODY, count: 8 }),
      lost('suspect', 'neigh_invalidate', 'NEIGH_FAILED', { ...TO_NOBODY, count: 2 }),
    ],
  },
  {
    name: 'peer-link-down',
    net: PAIR,
    async setup(lab) {
      await lab.server.ip('link set s0 down');
      // Its queue is taken away when the kernel gets round to it.
      for (let i = 0; i < 40; i++) {
        if (/state (LOWERLAYER)?DOWN/.test(await lab.client.run('ip', '-o', 'link', 'show', 'dev', 'c0')))
          break;
        await pause(50);
      }
    },
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [
      lost(
        'suspect',
        since({
          '5.10': 'kfree_skb_list',
          '6.1': 'kfree_skb_list_reason',
          '6.12': '__dev_queue_xmit',
          '7.2': '__tcf_kfree_skb_list',
        }),
        'QDISC_DROP',
        { ...GOING_OUT, count: 2 },
      ),
    ],
  },
  {
    name: 'frame-longer-than-mtu',
    net: PAIR,
    setup: (lab) => lab.client.ip('link set c0 mtu 3000'),
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { size: 2000 }),
    drops: [
      lost('suspect', since({ '5.10': '__dev_forward_skb', '6.1': '__dev_forward_skb2' }), 'NOT_SPECIFIED', {
        ...GOING_OUT,
        count: 2,
      }),
    ],
  },
  frame('other-hosts-mac', OTHER_MAC, IPV4, datagram(OPEN), lost('noise', 'ip_rcv_core', 'OTHERHOST')),
  frame(
    'unknown-vlan',
    SERVER.mac,
    0x8100,
    Buffer.concat([Buffer.from([0, 77, 8, 0]), datagram(OPEN)]),
    lost('noise', 'ip_rcv_core', 'OTHERHOST'),
  ),
  frame('unknown-ethertype', SERVER.mac, 0x88b5, Buffer.alloc(46), unhandled()),
  frame('unknown-ethertype-broadcast', BROADCAST, 0x88b5, Buffer.alloc(46), unhandled()),
  frame(
    'spanning-tree-garbage',
    '01:80:c2:00:00:00',
    38,
    Buffer.concat([Buffer.from('424203', 'hex'), Buffer.alloc(43)]),
    lost('noise', 'stp_pdu_rcv', 'NOT_SPECIFIED', { protocol: ETH_P_802_2, flow: { family: 'other' } }),
  ),
  frame(
    'arp-truncated',
    SERVER.mac,
    ARP,
    Buffer.from('0001', 'hex'),
    lost(null, 'arp_rcv', since({ '6.1': 'NOT_SPECIFIED', '7.2': 'PKT_TOO_SMALL' }), {
      protocol: ARP,
      flow: { family: 'arp' },
    }),
  ),
  frame('arp-for-another', BROADCAST, ARP, arp(1, CLIENT.mac, CLIENT.ip, '00:00:00:00:00:00', NOBODY)),
  frame(
    'multicast-without-listener',
    '01:00:5e:00:00:fb',
    IPV4,
    datagram(5353, {}, { ...ENDS, dst: '224.0.0.251' }),
    lost('noise', 'ip_rcv_finish_core', 'NOT_SPECIFIED', {
      flow: { ...UDP_OPEN, dst: '224.0.0.251', dport: 5353 },
    }),
  ),
  frame(
    'broadcast-without-listener',
    BROADCAST,
    IPV4,
    datagram(67, {}, { ...ENDS, dst: '255.255.255.255' }),
    lost('noise', since({ '5.10': '__udp4_lib_rcv', '7.2': 'udp_rcv' }), 'NOT_SPECIFIED', {
      flow: { ...UDP_OPEN, dst: '255.255.255.255', dport: 67 },
    }),
  ),
];

function frame(name: string, to: string, type: number, payload: Buffer, ...drops: ExpectedDrop[]): DropCase {
  return { name, net: PAIR, inject: (lab) => sendFrame(lab, to, type, payload), drops };
}

function unhandled(): ExpectedDrop {
  return lost('noise', '__netif_receive_skb_core', 'UNHANDLED_PROTO', UNKNOWN_TYPE);
}

/** One question of 100 ms is all that a neighbour gets. */
async function impatient(lab: NetLab): Promise<void> {
  await lab.client.sysctl({
    'net.ipv4.neigh.c0.mcast_solicit': 1,
    'net.ipv4.neigh.c0.retrans_time_ms': 100,
  });
}
