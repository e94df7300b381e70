import { ARP, addBridge, datagram, IPV4, OPEN, PAIR, sendFrame, sendUdp } from './case-parts.js';
import type { DropCase } from './drop-case.js';
import { since } from './kernels.js';
import { lost } from './lost.js';
import type { NetLab } from './net-lab.js';
import { CLIENT, SERVER } from './net-plan.js';
import { arp } from './packets.js';

const OTHER_MAC = '02:00:00:00:09:09';
const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const VLAN = 0x8100;
const MPLS = 0x8847;
const TAGGED = Buffer.concat([Buffer.from('004d0800', 'hex'), datagram(OPEN)]);
const LABELLED = Buffer.concat([Buffer.from('00064140', 'hex'), datagram(OPEN)]);

/** A buffer for the sake of the buffer; 5.10 does not try. */
const UNSENT = { count: 'any', protocol: 0, flow: null } as const;
const NAPI_ADDED = since({ '5.10': 'napi_get_frags_check', '7.2': 'netif_napi_add_weight_locked' });

/** Interfaces that belong to another one: of bridges, bonds, VRFs, VLANs; and what is below IP. */
export const MEMBER_CASES: readonly DropCase[] = [
  {
    name: 'bridge-ports-isolated',
    net: PAIR,
    async setup(lab) {
      await twoPorts(lab);
      await lab.server.run('bridge', 'link', 'set', 'dev', 's0', 'isolated', 'on');
      await lab.server.run('bridge', 'link', 'set', 'dev', 'p0', 'isolated', 'on');
    },
    inject: (lab) => sendFrame(lab, OTHER_MAC, IPV4, datagram(OPEN)),
    drops: [
      lost('suspect', 'br_handle_frame_finish', since({ '6.1': 'NOT_SPECIFIED', '7.2': 'NO_TX_TARGET' })),
    ],
  },
  {
    name: 'bridge-vlan-not-allowed',
    net: PAIR,
    async setup(lab) {
      await twoPorts(lab);
      await lab.server.ip('link set br0 type bridge vlan_filtering 1');
    },
    inject: (lab) => sendFrame(lab, OTHER_MAC, VLAN, TAGGED),
    drops: [lost('suspect', 'br_allowed_ingress', 'NOT_SPECIFIED')],
  },
  {
    name: 'bond-member-idle',
    net: PAIR,
    async setup(lab) {
      await lab.server.ip(
        'link add bond0 address 02:00:00:00:02:02 type bond mode active-backup',
        'link add d0 type veth peer name d1',
        'link set s0 down',
        'link set s0 master bond0',
        'link set d0 master bond0',
        'link set d1 up',
        'link set bond0 up',
        'link set bond0 type bond active_slave d0',
      );
    },
    inject: (lab) => sendFrame(lab, SERVER.mac, IPV4, datagram(OPEN)),
    drops: [
      lost(since({ '5.10': 'policy', '6.1': 'suspect' }), '__netif_receive_skb_core', 'UNHANDLED_PROTO'),
    ],
  },
  {
    name: 'vrf-socket-outside',
    net: PAIR,
    async setup(lab) {
      await lab.outside('modprobe', 'vrf');
      await lab.server.ip('link add vrf0 type vrf table 10', 'link set vrf0 up', 'link set s0 master vrf0');
      await lab.server.udp(OPEN);
    },
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [
      lost('suspect', since({ '5.10': '__udp4_lib_rcv', '7.2': 'udp_rcv' }), 'NO_SOCKET', {
        count: 2,
        dev: 'vrf0',
      }),
    ],
  },
  {
    name: 'vlan-interface-down',
    net: PAIR,
    setup: (lab) => lab.server.ip('link add link s0 name s0.77 type vlan id 77'),
    inject: (lab) => sendFrame(lab, SERVER.mac, VLAN, TAGGED),
    drops: [lost('suspect', 'vlan_do_receive', 'NOT_SPECIFIED')],
  },
  {
    name: 'mpls-without-route',
    net: PAIR,
    async setup(lab) {
      await lab.outside('modprobe', 'mpls_router');
      await lab.server.sysctl({ 'net.mpls.platform_labels': 1000, 'net.mpls.conf.s0.input': 1 });
    },
    inject: (lab) => sendFrame(lab, SERVER.mac, MPLS, LABELLED),
    drops: [lost('suspect', 'mpls_forward', 'NOT_SPECIFIED', { protocol: MPLS, flow: { family: 'other' } })],
  },
  {
    name: 'arp-unknown-operation',
    net: PAIR,
    inject: (lab) => sendFrame(lab, BROADCAST, ARP, arp(9, CLIENT.mac, CLIENT.ip, CLIENT.mac, SERVER.ip)),
    drops: [
      lost('suspect', 'arp_process', 'NOT_SPECIFIED', {
        protocol: ARP,
        flow: { family: 'arp', src: CLIENT.ip, dst: SERVER.ip },
      }),
    ],
  },
  {
    // Each makes and frees a buffer or a message that no network ever saw.
    name: 'healthy-interfaces-made',
    net: PAIR,
    async setup(lab) {
      await lab.outside('modprobe', '-a', 'vrf', 'vxlan', 'wireguard', 'ip_gre');
    },
    async inject(lab) {
      await lab.server.ip(
        'link add vrf7 type vrf table 77',
        'link add vx7 type vxlan id 7 dstport 4789 dev s0',
        'link add wg7 type wireguard',
        `link add gre7 type gretap local ${SERVER.ip} remote ${CLIENT.ip}`,
        ...['vrf7', 'vx7', 'wg7', 'gre7'].map((dev) => `link set ${dev} up`),
        ...['vrf7', 'vx7', 'wg7', 'gre7'].map((dev) => `link del ${dev}`),
      );
    },
    drops: [
      lost('noise', 'vrf_fib_rule', 'NOT_SPECIFIED', {
        ...UNSENT,
        dev: null,
        netns: since({ '5.10': 'server', '7.2': null }),
      }),
      ...['vx7', 'wg7', 'gre7'].map((dev) => lost('noise', NAPI_ADDED, 'NOT_SPECIFIED', { ...UNSENT, dev })),
    ],
  },
];

/** A bridge of s0 and of p0, which has something at its other end. */
async function twoPorts(lab: NetLab): Promise<void> {
  await lab.server.ip('link add p0 type veth peer name q0', 'link set p0 up', 'link set q0 up');
  await addBridge(lab.server, 's0', 'p0');
}
