import { DATA, ENDS6, OPEN, ROUTED6, SHUT, sendIp, sendUdp } from './case-parts.js';
import type { DropCase, ExpectedDrop } from './drop-case.js';
import { type PerKernel, since } from './kernels.js';
import { icmpv6Taken, lost6, UDP6_OPEN, UDP6_SHUT } from './lost.js';
import { CLIENT, ROUTER, SERVER } from './net-plan.js';
import { ipv6, udp } from './packets.js';

const FAR = 'fd99::1';
const IN_ROUTER = { dev: 'r0', netns: 'router' } as const;
const TO_FAR = { ...IN_ROUTER, count: 2, flow: { ...UDP6_OPEN, dst: FAR } };

/** What IPv6 will not or cannot send on. */
export const ROUTE6_CASES: readonly DropCase[] = [
  {
    name: 'forward6-no-route',
    net: ROUTED6,
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { dst: FAR }),
    drops: told(
      lost6('suspect', since({ '5.10': 'ip6_pkt_drop', '6.12': 'ip6_pkt_discard' }), 'IP_INNOROUTES', TO_FAR),
    ),
  },
  {
    name: 'forward6-blackhole',
    net: ROUTED6,
    setup: (lab) => lab.router.ip(`route add blackhole ${FAR}`),
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { dst: FAR }),
    drops: [lost6('policy', 'dst_discard_out', 'NOT_SPECIFIED', TO_FAR)],
  },
  {
    name: 'forward6-prohibit',
    net: ROUTED6,
    setup: (lab) => lab.router.ip(`route add prohibit ${FAR}`),
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { dst: FAR }),
    drops: told(
      lost6(
        since({ '5.10': null, '6.12': 'policy' }),
        since({ '5.10': 'ip6_pkt_drop', '6.12': 'ip6_pkt_prohibit' }),
        'IP_INNOROUTES',
        TO_FAR,
      ),
    ),
  },
  {
    name: 'forwarding6-off',
    net: ROUTED6,
    setup: (lab) => lab.router.sysctl({ 'net.ipv6.conf.all.forwarding': 0 }),
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { dst: SERVER.ip6 }),
    drops: [lost6('suspect', 'ip6_forward', 'IP_INADDRERRORS', { ...IN_ROUTER, count: 2 })],
  },
  {
    name: 'hop-limit-expired',
    net: ROUTED6,
    inject: (lab) =>
      sendIp(lab, ipv6(CLIENT.ip6, SERVER.ip6, 17, udp(ENDS6, 4000, SHUT, DATA), { hopLimit: 1 })),
    drops: told(
      lost6('suspect', 'ip6_forward', 'IP_INHDR', { ...IN_ROUTER, flow: { ...UDP6_SHUT, ttl: 1 } }),
    ),
  },
  {
    // Here it is the way out that is named.
    name: 'too-big-ipv6',
    net: ROUTED6,
    setup: (lab) => lab.router.ip('link set r1 mtu 1300'),
    inject: (lab) =>
      sendIp(lab, ipv6(CLIENT.ip6, SERVER.ip6, 17, udp(ENDS6, 4000, OPEN, Buffer.alloc(1400)))),
    drops: told(lost6('suspect', 'ip6_forward', 'PKT_TOO_BIG', { ...IN_ROUTER, dev: 'r1' })),
  },
];

/** The router tells the sender, once for each. */
function told(drop: ExpectedDrop): PerKernel<readonly ExpectedDrop[]> {
  return since({ '5.10': [drop, icmpv6Taken(ROUTER.ip6, drop.count as number)], '6.12': [drop] });
}
