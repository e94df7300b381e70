import {
  DATA,
  ENDS,
  ENDS6,
  OPEN,
  PAIR,
  PAIR6,
  SHUT,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOL_SOCKET,
  sendIp,
  sendUdp,
} from './case-parts.js';
import type { DropCase } from './drop-case.js';
import { AF_INET, AF_PACKET, SOCK_DGRAM, SOCK_RAW } from './host.js';
import { since } from './kernels.js';
import { icmpv6Taken, lost, lost6, OF_SOCKET, UDP_SHUT, UDP6_SHUT } from './lost.js';
import { CLIENT, SERVER } from './net-plan.js';
import { icmpEcho, ipv4, ipv6, udp } from './packets.js';

const PING = { family: 'ipv4', proto: 'icmp', ...ENDS, ttl: 64 } as const;
const PING_FULL = lost(
  'suspect',
  since({ '5.10': 'ping_queue_rcv_skb', '6.1': '__ping_queue_rcv_skb' }),
  'SOCKET_RCVBUFF',
  { count: 'injected', flow: PING },
);
const PING_ORIGINAL = lost('noise', 'icmp_rcv', 'SOCKET_RCVBUFF', { count: 'injected', flow: PING });
const UDP_RCV = since({ '5.10': '__udp4_lib_rcv', '7.2': 'udp_rcv' });
const UDP6_RCV = since({ '5.10': '__udp6_lib_rcv', '7.2': 'udpv6_rcv' });

/** Datagrams that nobody wants or can take. */
export const UDP_CASES: readonly DropCase[] = [
  {
    name: 'udp-closed-port',
    net: PAIR,
    inject: (lab) => sendUdp(lab.client, SHUT, 3),
    drops: [lost('suspect', UDP_RCV, 'NO_SOCKET', { count: 3, flow: UDP_SHUT })],
  },
  {
    name: 'udp6-closed-port',
    net: PAIR6,
    inject: (lab) => sendUdp(lab.client, SHUT, 3, { dst: SERVER.ip6 }),
    drops: since({
      '5.10': [
        lost6('suspect', UDP6_RCV, 'NO_SOCKET', { count: 3, flow: UDP6_SHUT }),
        icmpv6Taken(SERVER.ip6, 3),
      ],
      '6.12': [lost6('suspect', UDP6_RCV, 'NO_SOCKET', { count: 3, flow: UDP6_SHUT })],
    }),
  },
  {
    name: 'udp-receive-buffer-full',
    net: PAIR,
    async inject(lab) {
      const socket = await lab.server.udp(OPEN);
      await socket.call('setsockopt', SOL_SOCKET, SO_RCVBUF, 2304);
      await sendUdp(lab.client, OPEN, 10, { size: 1000 });
      return 10 - (await socket.drain());
    },
    drops: [lost('suspect', 'udp_queue_rcv_one_skb', 'SOCKET_RCVBUFF', { count: 'injected' })],
  },
  {
    name: 'udp-socket-filter',
    net: PAIR,
    async inject(lab) {
      await (await lab.server.udp(OPEN)).deafen();
      await sendUdp(lab.client, OPEN, 2);
    },
    drops: [
      lost(since({ '5.10': null, '6.1': 'policy' }), 'udp_queue_rcv_one_skb', 'SOCKET_FILTER', { count: 2 }),
    ],
  },
  {
    name: 'cgroup-lets-nothing-in',
    net: PAIR,
    async inject(lab) {
      await (await lab.server.deniedUdp('in')).call('bind', ['0.0.0.0', OPEN]);
      await sendUdp(lab.client, OPEN, 2);
    },
    drops: [
      lost(since({ '5.10': null, '6.1': 'policy' }), 'udp_queue_rcv_one_skb', 'SOCKET_FILTER', { count: 2 }),
    ],
  },
  {
    name: 'cgroup-lets-nothing-out',
    net: PAIR,
    async inject(lab) {
      const socket = await lab.client.deniedUdp('out');
      for (let i = 0; i < 2; i++) await socket.attempt('sendto', DATA, [SERVER.ip, OPEN]);
    },
    drops: [
      lost('policy', 'ip_finish_output', 'BPF_CGROUP_EGRESS', { count: 2, dev: 'c0', netns: 'client' }),
    ],
  },
  {
    name: 'udp-bad-checksum',
    net: PAIR,
    async inject(lab) {
      await lab.server.udp(OPEN);
      const bad = udp(ENDS, 4000, OPEN, DATA, { checksum: 0x1234 });
      await sendIp(lab, ipv4(CLIENT.ip, SERVER.ip, 17, bad));
    },
    drops: [lost('suspect', UDP_RCV, 'UDP_CSUM')],
  },
  {
    name: 'udp-lying-length',
    net: PAIR,
    async inject(lab) {
      await lab.server.udp(OPEN);
      const bad = udp(ENDS, 4000, OPEN, DATA, { length: 100 });
      await sendIp(lab, ipv4(CLIENT.ip, SERVER.ip, 17, bad));
    },
    drops: [lost('suspect', UDP_RCV, 'PKT_TOO_SMALL')],
  },
  {
    name: 'udp6-bad-checksum',
    net: PAIR6,
    async inject(lab) {
      await lab.server.udp(OPEN, 6);
      const bad = udp(ENDS6, 4000, OPEN, DATA, { checksum: 0x1234 });
      await sendIp(lab, ipv6(CLIENT.ip6, SERVER.ip6, 17, bad));
    },
    drops: [lost6('suspect', UDP6_RCV, 'UDP_CSUM')],
  },
  {
    name: 'udp-no-more-memory',
    net: PAIR,
    setup: (lab) => lab.globally('/proc/sys/net/ipv4/udp_mem', '1 1 1'),
    async inject(lab) {
      // Each CPU has a megabyte of its own.
      const socket = await lab.server.udp(OPEN);
      await socket.call('setsockopt', SOL_SOCKET, SO_RCVBUFFORCE, 8_000_000);
      const client = await lab.client.udp();
      await client.repeat(700, 'sendto', Buffer.alloc(1400), [SERVER.ip, OPEN]);
      return 700 - (await socket.drain());
    },
    drops: [
      lost(
        'suspect',
        since({ '5.10': 'udp_queue_rcv_one_skb', '7.2': '__udp_enqueue_schedule_skb' }),
        'PROTO_MEM',
        { count: 'injected', dev: null, netns: OF_SOCKET },
      ),
    ],
  },
  {
    name: 'packet-socket-full',
    net: PAIR,
    async inject(lab) {
      await lab.server.udp(OPEN);
      const sniffer = await lab.server.socket(AF_PACKET, SOCK_RAW);
      await sniffer.call('setsockopt', SOL_SOCKET, SO_RCVBUF, 2304);
      await sniffer.call('bind', ['s0', 0x0800]);
      await sendUdp(lab.client, OPEN, 10, { size: 1000 });
      return 10 - (await sniffer.drain());
    },
    drops: [
      lost('suspect', 'packet_rcv', since({ '6.1': 'NOT_SPECIFIED', '6.12': 'PACKET_SOCK_ERROR' }), {
        count: 'injected',
      }),
    ],
  },
  {
    // The socket gets a copy; up to 6.12, what it was copied from is dropped for the same reason.
    name: 'ping-socket-full',
    net: PAIR,
    setup: (lab) => lab.server.sysctl({ 'net.ipv4.ping_group_range': '0 0' }),
    async inject(lab) {
      const ping = await lab.server.socket(AF_INET, SOCK_DGRAM, 1);
      await ping.call('bind', ['0.0.0.0', 77]);
      await ping.call('setsockopt', SOL_SOCKET, SO_RCVBUF, 2304);
      const answer = icmpEcho(77, 1, Buffer.alloc(1000), { type: 0 });
      const packet = ipv4(CLIENT.ip, SERVER.ip, 1, answer);
      await sendIp(lab, ...Array.from({ length: 10 }, () => packet));
      return 10 - (await ping.drain());
    },
    drops: since({ '5.10': [PING_FULL, PING_ORIGINAL], '7.2': [PING_FULL] }),
  },
  {
    // Newer kernels tell the sender that there is no such protocol.
    name: 'raw-socket-full',
    net: PAIR,
    async inject(lab) {
      const raw = await lab.server.socket(AF_INET, SOCK_RAW, 253);
      await raw.call('setsockopt', SOL_SOCKET, SO_RCVBUF, 2304);
      const packet = ipv4(CLIENT.ip, SERVER.ip, 253, Buffer.alloc(1000));
      await sendIp(lab, ...Array.from({ length: 10 }, () => packet));
      return 10 - (await raw.drain());
    },
    drops: [
      lost(
        since({ '5.10': null, '6.1': 'suspect' }),
        since({ '5.10': 'raw_rcv', '6.12': 'ip_local_deliver_finish' }),
        since({ '6.1': 'SOCKET_RCVBUFF', '6.12': 'IP_NOPROTO' }),
        { count: 'injected', flow: { family: 'ipv4', proto: '253', ...ENDS, ttl: 64 } },
      ),
    ],
  },
];
