import { ENDS, ENDS6, OPEN, PAIR, PAIR6, pause, sendIp } from './case-parts.js';
import type { DropCase } from './drop-case.js';
import { since } from './kernels.js';
import { icmpv6Taken, lost, lost6, UDP_OPEN } from './lost.js';
import type { NetLab } from './net-lab.js';
import { CLIENT, SERVER } from './net-plan.js';
import { ipv4, ipv6, udp } from './packets.js';

const EXPIRED = since({ '6.1': 'NOT_SPECIFIED', '6.12': 'FRAG_REASM_TIMEOUT' });
const LATER = { ...UDP_OPEN, dport: null };

/** What is not put together again. */
export const FRAGMENT_CASES: readonly DropCase[] = [
  {
    name: 'fragments-timed-out',
    net: PAIR,
    setup: (lab) => lab.server.sysctl({ 'net.ipv4.ipfrag_time': 1 }),
    async inject(lab) {
      await sendIp(lab, firstFragment());
      await pause(1300);
    },
    drops: [lost('suspect', 'ip_expire', EXPIRED)],
  },
  {
    name: 'fragment-twice',
    net: PAIR,
    setup: patient,
    inject: (lab) => sendIp(lab, firstFragment(), firstFragment()),
    drops: [
      lost(
        since({ '5.10': 'suspect', '6.12': 'noise' }),
        'ip_defrag',
        since({ '6.1': 'NOT_SPECIFIED', '6.12': 'DUP_FRAG' }),
      ),
    ],
  },
  {
    // Newer kernels throw away in silence what they had already.
    name: 'fragments-overlap',
    net: PAIR,
    setup: patient,
    inject: (lab) =>
      sendIp(
        lab,
        firstFragment(),
        ipv4(CLIENT.ip, SERVER.ip, 17, Buffer.alloc(64), { id: 77, fragment: 0x2002 }),
      ),
    drops: since({
      '5.10': [
        lost('suspect', 'ip_defrag', 'NOT_SPECIFIED', { flow: LATER }),
        lost('suspect', 'inet_frag_rbtree_purge', 'NOT_SPECIFIED', { dev: null, netns: null }),
      ],
      '6.12': [lost('suspect', 'ip_defrag', 'NOT_SPECIFIED', { flow: LATER })],
    }),
  },
  {
    name: 'fragments-no-memory',
    net: PAIR,
    setup: (lab) => lab.server.sysctl({ 'net.ipv4.ipfrag_low_thresh': 0, 'net.ipv4.ipfrag_high_thresh': 0 }),
    inject: (lab) => sendIp(lab, firstFragment()),
    drops: [lost('suspect', 'ip_defrag', 'NOT_SPECIFIED')],
  },
  {
    name: 'fragments6-timed-out',
    net: PAIR6,
    setup: (lab) => lab.server.sysctl({ 'net.ipv6.ip6frag_time': 1 }),
    async inject(lab) {
      const whole = udp(ENDS6, 4000, OPEN, Buffer.alloc(100));
      const header = Buffer.from([17, 0, 0, 1, 0, 0, 0, 77]);
      const packet = Buffer.concat([header, whole.subarray(0, 64)]);
      await sendIp(lab, ipv6(CLIENT.ip6, SERVER.ip6, 44, packet));
      await pause(1300);
    },
    drops: since({
      '5.10': [lost6('suspect', 'ip6_frag_expire', EXPIRED), icmpv6Taken(SERVER.ip6)],
      '6.12': [lost6('suspect', 'ip6_frag_expire', EXPIRED)],
    }),
  },
];

/** What is not complete is not given up before the tests are over. */
function patient(lab: NetLab): Promise<void> {
  return lab.server.sysctl({ 'net.ipv4.ipfrag_time': 600 });
}

/** The first 64 bytes of a datagram of 108. */
function firstFragment(): Buffer {
  const whole = udp(ENDS, 4000, OPEN, Buffer.alloc(100));
  return ipv4(CLIENT.ip, SERVER.ip, 17, whole.subarray(0, 64), { id: 77, fragment: 0x2000 });
}
