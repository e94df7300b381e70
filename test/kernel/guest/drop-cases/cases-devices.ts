import {
  addBridge,
  datagram,
  ENDS,
  IPV4,
  OPEN,
  PAIR,
  sendFrame,
  sendIp,
  sendUdp,
  TAP,
  TUN,
} from './case-parts.js';
import type { DropCase } from './drop-case.js';
import { since } from './kernels.js';
import { lost, UDP_OPEN } from './lost.js';
import { CLIENT, SERVER } from './net-plan.js';
import { ethernet, ipv4, udp } from './packets.js';

const OTHER_MAC = '02:00:00:00:09:09';
const BACK = { dev: 't0', flow: { ...UDP_OPEN, src: SERVER.ip, dst: CLIENT.ip } } as const;

/** Bridges, tunnels, and devices with a program at the other end. */
export const DEVICE_CASES: readonly DropCase[] = [
  {
    name: 'bridge-without-way-out',
    net: PAIR,
    setup: (lab) => addBridge(lab.server, 's0'),
    inject: (lab) => sendFrame(lab, OTHER_MAC, IPV4, datagram(OPEN)),
    drops: [lost(null, 'br_handle_frame_finish', since({ '6.1': 'NOT_SPECIFIED', '7.2': 'NO_TX_TARGET' }))],
  },
  {
    name: 'bridge-port-listening',
    net: PAIR,
    async setup(lab) {
      // The spanning tree protocol lets a new port wait for 15 s.
      await lab.server.ip(
        'link add br0 type bridge stp_state 1',
        'link set s0 master br0',
        'link set br0 up',
      );
      lab.afterwards(() => lab.server.ip('link del br0'));
    },
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [
      lost(null, 'br_handle_frame', since({ '6.1': 'NOT_SPECIFIED', '7.2': 'BRIDGE_INGRESS_STP_STATE' }), {
        count: 2,
      }),
    ],
  },
  {
    name: 'vxlan-unknown-vni',
    net: PAIR,
    setup: (lab) =>
      lab.server.ip(`link add vx0 type vxlan id 42 dstport 4789 local ${SERVER.ip}`, 'link set vx0 up'),
    inject(lab) {
      const inner = ethernet(CLIENT.mac, SERVER.mac, IPV4, datagram(OPEN));
      const vxlan = Buffer.concat([Buffer.from('0800000000002b00', 'hex'), inner]);
      return sendIp(lab, ipv4(CLIENT.ip, SERVER.ip, 17, udp(ENDS, 4000, 4789, vxlan)));
    },
    drops: [
      lost('suspect', 'vxlan_rcv', since({ '6.1': 'NOT_SPECIFIED', '6.12': 'VXLAN_VNI_NOT_FOUND' }), {
        flow: { ...UDP_OPEN, dport: 4789 },
      }),
    ],
  },
  {
    name: 'tun-reader-asleep',
    net: TUN,
    setup: (lab) => lab.server.ip('link set t0 txqueuelen 3'),
    inject: (lab) => sendUdp(lab.server, OPEN, 10, { dst: CLIENT.ip }),
    drops: [lost('suspect', 'tun_net_xmit', 'FULL_RING', { ...BACK, count: 7 })],
  },
  {
    name: 'tap-address-filter',
    net: TAP,
    setup: (lab) => lab.tunnel.call('filter_all'),
    inject: (lab) => sendUdp(lab.server, OPEN, 2, { dst: CLIENT.ip }),
    drops: [
      lost(since({ '5.10': null, '6.1': 'policy' }), 'tun_net_xmit', 'TAP_TXFILTER', { ...BACK, count: 2 }),
    ],
  },
  {
    // Dropped before there is a socket buffer to be freed.
    name: 'tap-xdp-native-drop',
    net: TAP,
    setup: (lab) => lab.server.xdp('t0', 1, true),
    inject: (lab) => lab.tunnel.repeat(3, 'send', ethernet(CLIENT.mac, SERVER.mac, IPV4, datagram(OPEN))),
    drops: [],
    unseen: { side: 'server', counter: 'dev:t0:rx_dropped', count: 3 },
  },
  {
    name: 'tun-garbage',
    net: TUN,
    inject: (lab) => lab.tunnel.attempt('send', Buffer.from('000102030405060708', 'hex')),
    drops: [
      lost(null, 'tun_get_user', 'NOT_SPECIFIED', {
        dev: since({ '5.10': null, '7.2': 't0' }),
        protocol: 0,
        flow: null,
      }),
    ],
  },
];
