import {
  DATA,
  datagram,
  ENDS,
  ENDS6,
  IPV4,
  IPV6,
  OPEN,
  PAIR,
  PAIR6,
  sendFrame,
  sendIp,
  sendUdp,
} from './case-parts.js';
import type { DropCase } from './drop-case.js';
import { since } from './kernels.js';
import { icmpv6Taken, lost, lost6, UDP_OPEN } from './lost.js';
import { CLIENT, SERVER } from './net-plan.js';
import { type Ipv4Options, icmpEcho, ipv4, ipv6, udp } from './packets.js';

const ICMP = { ...UDP_OPEN, proto: 'icmp', dport: null } as const;
const UNKNOWN = { proto: '253', ttl: 64 } as const;
const DATAGRAM6 = udp(ENDS6, 4000, OPEN, DATA);

/** What IP finds wrong in a packet, or has no use for. */
export const IP_CASES: readonly DropCase[] = [
  wrong('ip-bad-checksum', 'IP_CSUM', { checksum: 0x1234 }),
  wrong('ip-truncated', 'PKT_TOO_SMALL', { length: 200 }),
  wrong('ip-length-below-header', 'IP_INHDR', { length: 10 }),
  {
    name: 'ip-bad-header-length',
    net: PAIR,
    inject: (lab) => sendIp(lab, datagram(OPEN, { wrong: { headerWords: 4 } })),
    drops: [lost('suspect', 'ip_rcv_core', 'IP_INHDR', { flow: { family: 'ipv4', ...ENDS } })],
  },
  {
    name: 'ip-bad-version',
    net: PAIR,
    inject: (lab) => sendFrame(lab, SERVER.mac, IPV4, datagram(OPEN, { wrong: { version: 5 } })),
    drops: [lost('suspect', 'ip_rcv_core', 'IP_INHDR', { flow: null })],
  },
  {
    name: 'ip-shorter-than-its-header',
    net: PAIR,
    inject: (lab) => sendFrame(lab, SERVER.mac, IPV4, datagram(OPEN).subarray(0, 12)),
    drops: [lost('suspect', 'ip_rcv_core', 'IP_INHDR', { flow: null })],
  },
  {
    name: 'ip-unknown-protocol',
    net: PAIR,
    inject: (lab) => sendIp(lab, ipv4(CLIENT.ip, SERVER.ip, 253, Buffer.from('what is this'))),
    drops: [
      lost('suspect', 'ip_local_deliver_finish', 'IP_NOPROTO', {
        flow: { family: 'ipv4', ...ENDS, ...UNKNOWN },
      }),
    ],
  },
  {
    name: 'icmp-bad-checksum',
    net: PAIR,
    inject: (lab) => sendIp(lab, ipv4(CLIENT.ip, SERVER.ip, 1, icmpEcho(1, 1, DATA, { checksum: 0x1234 }))),
    drops: [lost(since({ '5.10': null, '6.1': 'suspect' }), 'icmp_rcv', 'ICMP_CSUM', { flow: ICMP })],
  },
  {
    name: 'icmp-unknown-type',
    net: PAIR,
    inject: (lab) => sendIp(lab, ipv4(CLIENT.ip, SERVER.ip, 1, Buffer.from('fd0002ff00000000', 'hex'))),
    drops: [lost(null, 'icmp_rcv', 'UNHANDLED_PROTO', { flow: ICMP })],
  },
  {
    name: 'icmp-echo-ignored',
    net: PAIR,
    setup: (lab) => lab.server.sysctl({ 'net.ipv4.icmp_echo_ignore_all': 1 }),
    inject: (lab) => sendIp(lab, ipv4(CLIENT.ip, SERVER.ip, 1, icmpEcho(1, 1, DATA))),
    drops: [],
    unseen: null,
  },
  {
    name: 'ipv6-bad-version',
    net: PAIR6,
    inject: (lab) =>
      sendFrame(
        lab,
        SERVER.mac,
        IPV6,
        ipv6(CLIENT.ip6, SERVER.ip6, 17, DATAGRAM6, { wrong: { version: 5 } }),
      ),
    drops: [lost6(null, 'ip6_rcv_core', 'UNHANDLED_PROTO', { flow: null })],
  },
  {
    name: 'ipv6-truncated',
    net: PAIR6,
    inject: (lab) => sendIp(lab, ipv6(CLIENT.ip6, SERVER.ip6, 17, DATAGRAM6, { wrong: { length: 200 } })),
    drops: [lost6('suspect', 'ip6_rcv_core', 'PKT_TOO_SMALL')],
  },
  {
    name: 'ipv6-unknown-next-header',
    net: PAIR6,
    inject: (lab) => sendIp(lab, ipv6(CLIENT.ip6, SERVER.ip6, 253, Buffer.from('what is this'))),
    drops: since({
      '5.10': [unknownNextHeader(), icmpv6Taken(SERVER.ip6)],
      '6.12': [unknownNextHeader()],
    }),
  },
  {
    name: 'ipv6-disabled',
    net: PAIR,
    inject: (lab) => sendIp(lab, ipv6(CLIENT.ip6, SERVER.ip6, 17, DATAGRAM6)),
    drops: [lost6(since({ '5.10': null, '6.1': 'policy' }), 'ip6_rcv_core', 'IPV6DISABLED')],
  },
  {
    name: 'xfrm-policy-blocks',
    net: PAIR,
    setup: (lab) => lab.server.ip(`xfrm policy add src ${CLIENT.ip} dst ${SERVER.ip} dir in action block`),
    async inject(lab) {
      await lab.server.udp(OPEN);
      await sendUdp(lab.client, OPEN, 2);
    },
    drops: [
      lost(since({ '5.10': null, '6.1': 'policy' }), 'udp_queue_rcv_one_skb', 'XFRM_POLICY', { count: 2 }),
    ],
  },
];

function wrong(name: string, reason: string, lie: Ipv4Options['wrong']): DropCase {
  return {
    name,
    net: PAIR,
    inject: (lab) => sendIp(lab, datagram(OPEN, { wrong: { ...lie } })),
    drops: [lost('suspect', 'ip_rcv_core', reason, { flow: { family: 'ipv4', ...ENDS } })],
  };
}

function unknownNextHeader(): ReturnType<typeof lost6> {
  return lost6('suspect', since({ '5.10': 'ip6_input', '6.1': 'ip6_input_finish' }), 'IP_NOPROTO', {
    flow: { family: 'ipv6', ...ENDS6, ...UNKNOWN },
  });
}
