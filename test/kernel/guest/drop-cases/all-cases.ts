import { DEVICE_CASES } from './cases-devices.js';
import { EXTENSION_CASES } from './cases-extensions.js';
import { FRAGMENT_CASES } from './cases-fragments.js';
import { HEALTHY_CASES } from './cases-healthy.js';
import { IP_CASES } from './cases-ip.js';
import { LINK_CASES } from './cases-links.js';
import { MEMBER_CASES } from './cases-members.js';
import { NETFILTER_CASES } from './cases-netfilter.js';
import { QUEUE_CASES } from './cases-queues.js';
import { NOISE_CASES, UNSEEN_CASES } from './cases-quiet.js';
import { ROUTE_CASES } from './cases-routes.js';
import { ROUTE6_CASES } from './cases-routes6.js';
import { TCP_DOOR_CASES } from './cases-tcp-doors.js';
import { TCP_SEGMENT_CASES } from './cases-tcp-segments.js';
import { TUNNEL_CASES } from './cases-tunnels.js';
import { UDP_CASES } from './cases-udp.js';
import type { DropCase } from './drop-case.js';

/** All ways to lose a packet, in the order they run in. */
export const ALL_CASES: readonly DropCase[] = [
  ...UDP_CASES,
  ...TCP_DOOR_CASES,
  ...TCP_SEGMENT_CASES,
  ...IP_CASES,
  ...FRAGMENT_CASES,
  ...ROUTE_CASES,
  ...ROUTE6_CASES,
  ...NETFILTER_CASES,
  ...QUEUE_CASES,
  ...LINK_CASES,
  ...DEVICE_CASES,
  ...MEMBER_CASES,
  ...TUNNEL_CASES,
  ...EXTENSION_CASES,
  ...NOISE_CASES,
  ...UNSEEN_CASES,
  ...HEALTHY_CASES,
];
