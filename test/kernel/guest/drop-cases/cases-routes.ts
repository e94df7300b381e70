import { datagram, ENDS, IPV4, OPEN, PAIR, ROUTED, SHUT, sendFrame, sendIp, sendUdp } from './case-parts.js';
import type { DropCase } from './drop-case.js';
import { since } from './kernels.js';
import { lost, UDP_OPEN, UDP_SHUT } from './lost.js';
import type { NetLab } from './net-lab.js';
import { CLIENT, SERVER } from './net-plan.js';
import { ipv4, udp } from './packets.js';

const FAR = '10.99.0.1';
const IN_ROUTER = { dev: 'r0', netns: 'router' } as const;
const TO_FAR = { ...IN_ROUTER, count: 2, flow: { ...UDP_OPEN, dst: FAR } };

/** What IPv4 will not or cannot send on. */
export const ROUTE_CASES: readonly DropCase[] = [
  {
    name: 'forward-no-route',
    net: ROUTED,
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { dst: FAR }),
    drops: [lost('suspect', 'ip_error', 'IP_INNOROUTES', TO_FAR)],
  },
  forbidden('blackhole'),
  forbidden('unreachable'),
  forbidden('prohibit'),
  {
    name: 'forwarding-off',
    net: ROUTED,
    setup: (lab) => lab.router.sysctl({ 'net.ipv4.ip_forward': 0 }),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('suspect', 'ip_error', 'IP_INADDRERRORS', { ...IN_ROUTER, count: 2 })],
  },
  {
    name: 'ttl-expired',
    net: ROUTED,
    inject: (lab) => sendIp(lab, datagram(SHUT, { ttl: 1 })),
    drops: [lost('suspect', 'ip_forward', 'IP_INHDR', { ...IN_ROUTER, flow: { ...UDP_SHUT, ttl: 1 } })],
  },
  {
    name: 'too-big-and-dont-fragment',
    net: ROUTED,
    setup: (lab) => lab.router.ip('link set r1 mtu 1000'),
    inject: (lab) =>
      sendIp(
        lab,
        ipv4(CLIENT.ip, SERVER.ip, 17, udp(ENDS, 4000, OPEN, Buffer.alloc(1200)), { fragment: 0x4000 }),
      ),
    drops: [lost('suspect', 'ip_forward', 'PKT_TOO_BIG', IN_ROUTER)],
  },
  {
    name: 'rp-filter-strict',
    net: PAIR,
    setup: (lab) => lab.server.sysctl({ 'net.ipv4.conf.s0.rp_filter': 1 }),
    inject: (lab) => sendIp(lab, datagram(OPEN, {}, { ...ENDS, src: '192.0.2.1' })),
    drops: [
      lost('suspect', 'ip_rcv_finish_core', 'IP_RPFILTER', { flow: { ...UDP_OPEN, src: '192.0.2.1' } }),
    ],
  },
  martian('martian-source', { src: '127.0.0.1' }, 'IP_LOCALNET'),
  martian('martian-destination', { dst: '127.0.0.1' }, 'IP_LOCALNET'),
  martian('multicast-source', { src: '224.0.0.5' }, 'IP_INVALID_SOURCE'),
  martian('own-address-as-source', { src: SERVER.ip }, 'IP_LOCAL_SOURCE'),
  options('source-routed', 'NOT_SPECIFIED', [0x83, 7, 4, 192, 0, 2, 1, 0]),
  options('option-of-bad-length', 'IP_INHDR', [7, 1, 4, 0]),
  ...['prohibit', 'blackhole'].map((type) => ({
    ...forbidden(type),
    name: `rule-${type}`,
    setup: (lab: NetLab) => lab.router.ip(`rule add from ${CLIENT.ip} ${type}`),
    inject: (lab: NetLab) => sendUdp(lab.client, SHUT, 2),
    drops: [
      lost(since({ '5.10': null, '6.1': 'policy' }), 'ip_error', 'NOT_SPECIFIED', {
        ...IN_ROUTER,
        count: 2,
        flow: UDP_SHUT,
      }),
    ],
  })),
  {
    name: 'unicast-in-multicast-frame',
    net: PAIR,
    setup: (lab) => lab.server.sysctl({ 'net.ipv4.conf.s0.drop_unicast_in_l2_multicast': 1 }),
    inject: (lab) => sendFrame(lab, 'ff:ff:ff:ff:ff:ff', IPV4, datagram(OPEN)),
    drops: [lost(null, 'ip_rcv_finish_core', 'UNICAST_IN_L2_MULTICAST')],
  },
];

/** The kernel does not say which kind of route it was. */
function forbidden(type: string): DropCase {
  return {
    name: `forward-${type}`,
    net: ROUTED,
    setup: (lab) => lab.router.ip(`route add ${type} ${FAR}`),
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { dst: FAR }),
    drops: [lost(since({ '5.10': null, '6.1': 'policy' }), 'ip_error', 'NOT_SPECIFIED', TO_FAR)],
  };
}

/** Refused after the header itself was found right. */
function options(name: string, reason: string, bytes: readonly number[]): DropCase {
  return {
    name,
    net: PAIR,
    inject: (lab) => sendIp(lab, datagram(OPEN, { options: Buffer.from(bytes) })),
    drops: [lost('suspect', 'ip_rcv_finish_core', since({ '6.1': 'NOT_SPECIFIED', '7.2': reason }))],
  };
}

function martian(name: string, ends: Partial<typeof ENDS>, reason: string): DropCase {
  return {
    name,
    net: PAIR,
    inject: (lab) => sendIp(lab, datagram(OPEN, {}, { ...ENDS, ...ends })),
    drops: [
      lost('suspect', 'ip_rcv_finish_core', since({ '6.1': 'NOT_SPECIFIED', '7.2': reason }), {
        flow: { ...UDP_OPEN, ...ends },
      }),
    ],
  };
}
