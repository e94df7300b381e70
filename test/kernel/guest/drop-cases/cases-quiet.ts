import { ENDS, OPEN, PAIR, PAIR6, pause, sendUdp, TUN } from './case-parts.js';
import type { DropCase } from './drop-case.js';
import { AF_INET6, AF_UNIX, SOCK_DGRAM } from './host.js';
import { since } from './kernels.js';
import { lost, UDP_OPEN } from './lost.js';
import { CLIENT } from './net-plan.js';
import { TcpPeer } from './tcp-peer.js';

const WAITING = { count: 3, dev: 'c0', netns: 'client' } as const;

/** Packets freed because nobody wants them any more, or ever did. */
export const NOISE_CASES: readonly DropCase[] = [
  {
    name: 'noise-udp-closed-with-unread-data',
    net: PAIR,
    async inject(lab) {
      const socket = await lab.server.udp(OPEN);
      await sendUdp(lab.client, OPEN, 3);
      await socket.close();
    },
    drops: [lost('noise', 'udp_destruct_common', 'NOT_SPECIFIED', { count: 3, dev: null, netns: null })],
  },
  {
    name: 'noise-unix-closed-with-unread-data',
    net: TUN,
    async inject(lab) {
      const server = await lab.server.socket(AF_UNIX, SOCK_DGRAM);
      await server.call('bind', '\0kwho-unread');
      const client = await lab.server.socket(AF_UNIX, SOCK_DGRAM);
      await client.call('connect', '\0kwho-unread');
      for (let i = 0; i < 3; i++) await client.call('send', Buffer.from('unread'));
      await server.close();
    },
    drops: [
      lost('noise', 'unix_release_sock', since({ '6.1': 'NOT_SPECIFIED', '6.12': 'SOCKET_CLOSE' }), {
        count: 3,
        dev: null,
        protocol: 0,
        flow: null,
      }),
    ],
  },
  {
    name: 'noise-tcp-closed-with-unread-data',
    net: TUN,
    async inject(lab) {
      const listener = await lab.server.listen(OPEN);
      const peer = await TcpPeer.connect(lab, 4000, OPEN);
      const socket = await listener.open('accept');
      await peer.send('PA', { data: Buffer.from('unread') });
      await socket.close();
    },
    drops: [],
    unseen: { side: 'server', counter: 'TcpExtTCPAbortOnClose', count: 1 },
  },
  {
    name: 'noise-queue-deleted-with-packets',
    net: PAIR,
    setup: (lab) => lab.client.tc('qdisc add dev c0 root netem delay 60s'),
    async inject(lab) {
      await sendUdp(lab.client, OPEN, 3);
      await lab.client.tc('qdisc del dev c0 root');
    },
    drops: [lost('noise', '__rtnl_unlock', 'NOT_SPECIFIED', WAITING)],
  },
  {
    name: 'noise-device-deleted-with-packets',
    net: PAIR,
    setup: (lab) => lab.client.tc('qdisc add dev c0 root netem delay 60s'),
    async inject(lab) {
      await sendUdp(lab.client, OPEN, 3);
      await lab.client.ip('link del c0');
    },
    drops: [lost('noise', '__rtnl_unlock', 'NOT_SPECIFIED', WAITING)],
  },
  {
    name: 'noise-tun-closed-with-packets',
    net: TUN,
    async inject(lab) {
      await sendUdp(lab.server, OPEN, 3, { dst: CLIENT.ip });
      await lab.tunnel.close();
    },
    drops: [
      lost('noise', 'tun_queue_purge', 'NOT_SPECIFIED', {
        count: 3,
        dev: 't0',
        flow: { ...UDP_OPEN, src: ENDS.dst, dst: ENDS.src },
      }),
    ],
  },
  {
    // Its report goes to those who route, and the server does not. That comes when it comes.
    name: 'noise-multicast-group-joined',
    net: PAIR6,
    async inject(lab) {
      const socket = await lab.client.socket(AF_INET6, SOCK_DGRAM);
      const group = Buffer.concat([Buffer.from('ff150000000000000000000000001234', 'hex'), Buffer.alloc(4)]);
      await socket.call('setsockopt', IPPROTO_IPV6, IPV6_JOIN_GROUP, group);
      await pause(100);
    },
    drops: [],
  },
];

const IPPROTO_IPV6 = 41;
const IPV6_JOIN_GROUP = 20;

/** Packets that never were, for want of a way: no socket buffer is made. */
export const UNSEEN_CASES: readonly DropCase[] = [
  {
    name: 'unseen-output-no-route',
    net: PAIR,
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { dst: '192.0.2.1' }),
    drops: [],
    unseen: { side: 'client', counter: 'IpOutNoRoutes', count: 2 },
  },
  {
    name: 'unseen-output-blackhole',
    net: PAIR,
    setup: (lab) => lab.client.ip('route add blackhole 192.0.2.1'),
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { dst: '192.0.2.1' }),
    drops: [],
    unseen: null,
  },
  {
    name: 'unseen-xfrm-output-blocked',
    net: PAIR,
    setup: (lab) => lab.client.ip(`xfrm policy add src ${ENDS.src} dst ${ENDS.dst} dir out action block`),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [],
    unseen: { side: 'client', counter: 'XfrmOutPolBlock', count: 2 },
  },
];
