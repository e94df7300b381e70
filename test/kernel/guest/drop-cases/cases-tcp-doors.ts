import { DATA, ENDS, ENDS6, OPEN, PAIR, PAIR6, SHUT, sendIp, TUN } from './case-parts.js';
import type { DropCase } from './drop-case.js';
import { since } from './kernels.js';
import { lost, lost6, lostInTcp, TCP_OPEN } from './lost.js';
import type { NetLab } from './net-lab.js';
import { CLIENT, SERVER } from './net-plan.js';
import { ipv4, ipv6, type Segment, tcp } from './packets.js';
import { TcpPeer } from './tcp-peer.js';

const TO_CLOSED = { proto: 'tcp', dport: SHUT, flags: 'SYN', ttl: 64 } as const;
const ON_TUN = { dev: 't0', flow: { ...TCP_OPEN, flags: 'SYN' } } as const;

/** Segments that find no connection, or no way to one. */
export const TCP_DOOR_CASES: readonly DropCase[] = [
  {
    name: 'tcp-closed-port',
    net: PAIR,
    inject: async (lab) => (await lab.client.tcp()).attempt('connect', [SERVER.ip, SHUT]),
    drops: [lost('suspect', 'tcp_v4_rcv', 'NO_SOCKET', { flow: { family: 'ipv4', ...ENDS, ...TO_CLOSED } })],
  },
  {
    name: 'tcp6-closed-port',
    net: PAIR6,
    inject: async (lab) => (await lab.client.tcp(6)).attempt('connect', [SERVER.ip6, SHUT]),
    drops: [
      lost6('suspect', 'tcp_v6_rcv', 'NO_SOCKET', { flow: { family: 'ipv6', ...ENDS6, ...TO_CLOSED } }),
    ],
  },
  {
    name: 'tcp-no-such-connection',
    net: TUN,
    async inject(lab) {
      await lab.server.listen(OPEN);
      await sendSegment(lab, { flags: 'A', ack: 1 });
    },
    drops: [lostInTcp('suspect', 'tcp_v4_do_rcv', since({ '6.1': 'NOT_SPECIFIED', '6.12': 'TCP_FLAGS' }))],
  },
  {
    name: 'tcp-bad-checksum',
    net: TUN,
    async inject(lab) {
      await lab.server.listen(OPEN);
      await sendSegment(lab, { flags: 'S', wrong: { checksum: 0x1234 } });
    },
    drops: [lost('suspect', 'tcp_v4_rcv', 'TCP_CSUM', ON_TUN)],
  },
  {
    name: 'tcp6-bad-checksum',
    net: PAIR6,
    async inject(lab) {
      await lab.server.listen(OPEN, 16, 6);
      const segment = tcp(ENDS6, { ...FROM_4000, flags: 'S', wrong: { checksum: 0x1234 } });
      await sendIp(lab, ipv6(CLIENT.ip6, SERVER.ip6, 6, segment));
    },
    drops: [
      lost6('suspect', 'tcp_v6_rcv', 'TCP_CSUM', {
        flow: { family: 'ipv6', ...ENDS6, ...TO_CLOSED, sport: 4000, dport: OPEN },
      }),
    ],
  },
  {
    name: 'tcp-lying-header-length',
    net: TUN,
    async inject(lab) {
      await lab.server.listen(OPEN);
      await sendSegment(lab, { flags: 'S', data: DATA, wrong: { headerWords: 15 } });
    },
    drops: [lost('suspect', 'tcp_v4_rcv', 'NOT_SPECIFIED', ON_TUN)],
  },
  {
    name: 'tcp-accept-queue-full',
    net: TUN,
    async inject(lab) {
      await lab.server.listen(OPEN, 0);
      await TcpPeer.connect(lab, 4000, OPEN);
      for (let port = 4001; port < 4004; port++) await new TcpPeer(lab, port, OPEN).send('S');
    },
    drops: [],
    unseen: { side: 'server', counter: 'TcpExtListenOverflows', count: 3 },
  },
  {
    name: 'tcp-accept-queue-full-at-last-step',
    net: TUN,
    async inject(lab) {
      await lab.server.listen(OPEN, 2);
      const late = new TcpPeer(lab, 4000, OPEN);
      await late.greet();
      for (let port = 4001; port < 4004; port++) await TcpPeer.connect(lab, port, OPEN);
      await late.send('A');
    },
    drops: [
      lost('suspect', 'tcp_v4_rcv', since({ '6.1': 'NOT_SPECIFIED', '7.2': 'TCP_LISTEN_OVERFLOW' }), {
        dev: 't0',
        flow: { ...TCP_OPEN, flags: 'ACK' },
      }),
    ],
  },
  {
    name: 'tcp-syn-queue-full',
    net: TUN,
    async inject(lab) {
      await lab.server.sysctl({ 'net.ipv4.tcp_syncookies': 0 });
      await lab.server.listen(OPEN, 1);
      for (let port = 4000; port < 4007; port++) await new TcpPeer(lab, port, OPEN).send('S');
    },
    drops: [],
    unseen: { side: 'server', counter: 'TcpExtTCPReqQFullDrop', count: 5 },
  },
  {
    name: 'tcp-syn-fin',
    net: TUN,
    async inject(lab) {
      await lab.server.listen(OPEN);
      await sendSegment(lab, { flags: 'SF' });
    },
    drops: since({
      '5.10': [],
      '6.1': [lostInTcp('suspect', 'tcp_rcv_state_process', 'TCP_FLAGS', 'FIN SYN')],
    }),
    unseen: null,
  },
  {
    name: 'tcp-md5-missing',
    net: TUN,
    async inject(lab) {
      const listener = await lab.server.listen(OPEN);
      await listener.call('setsockopt', IPPROTO_TCP, TCP_MD5SIG, md5For(CLIENT.ip));
      await sendSegment(lab, { flags: 'S' });
    },
    drops: [lost('suspect', 'tcp_v4_rcv', 'TCP_MD5NOTFOUND', ON_TUN)],
  },
  {
    name: 'tcp-ttl-below-minimum',
    net: TUN,
    async inject(lab) {
      const listener = await lab.server.listen(OPEN);
      await listener.call('setsockopt', IPPROTO_IP, IP_MINTTL, 100);
      await sendSegment(lab, { flags: 'S' });
    },
    drops: [
      lost(
        since({ '5.10': 'suspect', '6.12': 'policy' }),
        'tcp_v4_rcv',
        since({ '6.1': 'NOT_SPECIFIED', '6.12': 'TCP_MINTTL' }),
        ON_TUN,
      ),
    ],
  },
];

const FROM_4000 = { sport: 4000, dport: OPEN, seq: 1 };

function sendSegment(lab: NetLab, segment: Partial<Segment> & { flags: string }): Promise<unknown> {
  return lab.tunnel.call('send', ipv4(CLIENT.ip, SERVER.ip, 6, tcp(ENDS, { ...FROM_4000, ...segment })));
}

const IPPROTO_IP = 0;
const IPPROTO_TCP = 6;
const TCP_MD5SIG = 14;
const IP_MINTTL = 21;

/** struct tcp_md5sig: a sockaddr_storage, then a key of 4 bytes. */
function md5For(ip: string): Buffer {
  const bytes = Buffer.alloc(128 + 8 + 80);
  bytes.writeUInt16LE(2, 0);
  Buffer.from(ip.split('.').map(Number)).copy(bytes, 4);
  bytes.writeUInt16LE(4, 130);
  bytes.write('key!', 136);
  return bytes;
}
