import { DATA, ENDS6, IPV6, OPEN, PAIR6, sendFrame, sendIp } from './case-parts.js';
import type { DropCase, ExpectedDrop } from './drop-case.js';
import { type PerKernel, since } from './kernels.js';
import { lost6, UDP6_OPEN } from './lost.js';
import { CLIENT, SERVER } from './net-plan.js';
import { ipv6, udp } from './packets.js';

const DATAGRAM = udp(ENDS6, 4000, OPEN, DATA);
const UDP = 17;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const NOTHING = 59;
const DESTINATION = 60;

/** IPv6 packets with something between header and datagram, with nothing at all, and where IPv6 does not run. */
export const EXTENSION_CASES: readonly DropCase[] = [
  // The two highest bits of an option say what to do where nobody knows it: 01 drops, 10 tells the sender as well.
  extended('option6-unknown', HOP_BY_HOP, '11005e0400000000', option()),
  extended('destination-option6-unknown', DESTINATION, '11005e0400000000', option()),
  extended('options6-too-many', HOP_BY_HOP, `1102${'1e00'.repeat(11)}`, [
    lost6('suspect', 'ip6_parse_tlv', 'IP_INHDR'),
  ]),
  extended('segment-routing6-off', ROUTING, `1102040100000000${'fd090002000000000000000000000009'}`, [
    lost6('suspect', 'ipv6_rthdr_rcv', 'NOT_SPECIFIED'),
  ]),
  {
    name: 'noise-ipv6-without-content',
    net: PAIR6,
    inject: (lab) => sendIp(lab, ipv6(CLIENT.ip6, SERVER.ip6, NOTHING, Buffer.alloc(0))),
    drops: [
      lost6('noise', 'dst_discard_out', 'NOT_SPECIFIED', {
        flow: { family: 'ipv6', proto: 'ipv6-nonxt', ...ENDS6, ttl: 64 },
      }),
    ],
  },
  {
    name: 'ipv6-mtu-below-1280',
    net: PAIR6,
    setup: (lab) => lab.server.ip('link set s0 mtu 1200'),
    inject: (lab) => sendFrame(lab, SERVER.mac, IPV6, ipv6(CLIENT.ip6, SERVER.ip6, UDP, DATAGRAM)),
    drops: [lost6('suspect', 'ip6_rcv_core', 'NOT_SPECIFIED')],
  },
];

function extended(
  name: string,
  next: number,
  header: string,
  drops: PerKernel<readonly ExpectedDrop[]>,
): DropCase {
  const payload = Buffer.concat([Buffer.from(header, 'hex'), DATAGRAM]);
  return {
    name,
    net: PAIR6,
    inject: (lab) => sendIp(lab, ipv6(CLIENT.ip6, SERVER.ip6, next, payload)),
    drops,
  };
}

function option(): readonly ExpectedDrop[] {
  return [
    lost6('suspect', since({ '5.10': 'ip6_parse_tlv', '6.1': 'ip6_tlvopt_unknown' }), 'UNHANDLED_PROTO', {
      flow: UDP6_OPEN,
    }),
  ];
}
