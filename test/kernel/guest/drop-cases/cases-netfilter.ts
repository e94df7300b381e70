import { addBridge, ENDS, OPEN, PAIR, PAIR6, ROUTED, sendIp, sendUdp } from './case-parts.js';
import type { DropCase } from './drop-case.js';
import type { Kernel } from './kernels.js';
import { since } from './kernels.js';
import { lost, lost6, TCP_OPEN, UDP_OPEN } from './lost.js';
import type { NetLab } from './net-lab.js';
import { CLIENT, SERVER, type Side } from './net-plan.js';
import { ipv4, tcp } from './packets.js';

const BY_NFT = since({ '5.10': 'nf_hook_slow', '6.1': 'nft_do_chain' });
const TWO = { count: 2 } as const;
const IN_ROUTER = { ...TWO, dev: 'r0', netns: 'router', flow: { ...UDP_OPEN, ttl: 63 } } as const;
/** The hook comes before the device is chosen. */
const LEAVING = { ...TWO, dev: null, netns: 'client' } as const;
const GOING_OUT = { ...TWO, dev: 'c0', netns: 'client' } as const;

/** Rules that drop: nftables, and both kinds of iptables. */
export const NETFILTER_CASES: readonly DropCase[] = [
  nftHook('prerouting', 'server', TWO),
  nftHook('input', 'server', TWO),
  nftHook('forward', 'router', IN_ROUTER),
  nftHook('output', 'client', LEAVING),
  nftHook('postrouting', 'client', GOING_OUT),
  {
    name: 'nft-ingress',
    net: PAIR,
    setup: (lab) => lab.server.nft(chain('netdev', 'ingress device "s0"', 'drop;')),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('policy', BY_NFT, 'NETFILTER_DROP', TWO)],
  },
  {
    name: 'nft-egress',
    net: PAIR,
    unavailable: (kernel: Kernel) => (kernel === '5.10' ? 'the egress hook came with 5.16' : null),
    setup: (lab) => lab.client.nft(chain('netdev', 'egress device "c0"', 'drop;')),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('policy', BY_NFT, 'NETFILTER_DROP', GOING_OUT)],
  },
  {
    name: 'nft-policy',
    net: PAIR,
    setup: (lab) => lab.server.nft(chain('inet', 'input', 'policy drop;')),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('policy', BY_NFT, 'NETFILTER_DROP', TWO)],
  },
  {
    name: 'nft-input-ipv6',
    net: PAIR6,
    setup: (lab) => lab.server.nft(chain('ip6', 'input', `udp dport ${OPEN} drop;`)),
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { dst: SERVER.ip6 }),
    drops: [lost6('policy', BY_NFT, 'NETFILTER_DROP', TWO)],
  },
  {
    name: 'nft-reject',
    net: PAIR,
    setup: (lab) => lab.server.nft(chain('inet', 'input', `udp dport ${OPEN} reject;`)),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('policy', BY_NFT, 'NETFILTER_DROP', TWO)],
  },
  {
    name: 'nft-bridge-forward',
    net: ROUTED,
    async setup(lab) {
      await addBridge(lab.router, 'r0', 'r1');
      await lab.router.nft(chain('bridge', 'forward', 'ip protocol udp drop;'));
      await makeNeighbours(lab);
    },
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('policy', BY_NFT, 'NETFILTER_DROP', { ...TWO, dev: 'r1', netns: 'router' })],
  },
  {
    name: 'conntrack-invalid',
    net: PAIR,
    setup: (lab) => lab.server.nft(chain('inet', 'input', 'ct state invalid drop;')),
    inject: (lab) => {
      const segment = tcp(ENDS, { sport: 4000, dport: OPEN, seq: 1, ack: 1, flags: 'SR' });
      return sendIp(lab, ipv4(CLIENT.ip, SERVER.ip, 6, segment));
    },
    drops: [lost('policy', BY_NFT, 'NETFILTER_DROP', { flow: { ...TCP_OPEN, flags: 'SYN RST' } })],
  },
  {
    // The kernel says no more than of any rule; its log does.
    name: 'conntrack-table-full',
    net: PAIR,
    async setup(lab) {
      await lab.server.nft(chain('inet', 'input', 'ct state new accept;'));
      await lab.server.udp(OPEN);
      await lab.globally('/proc/sys/net/netfilter/nf_conntrack_max', 1);
    },
    async inject(lab) {
      for (let i = 0; i < 3; i++) await sendUdp(lab.client, OPEN, 1);
    },
    drops: [lost(null, 'nf_hook_slow', 'NETFILTER_DROP', TWO)],
  },
  {
    // As above: what tells is connection tracking's own counters.
    name: 'nat-no-free-port',
    net: PAIR,
    async setup(lab) {
      const rule = `type nat hook postrouting priority 100; udp dport ${OPEN} snat to ${CLIENT.ip}:9000;`;
      await lab.client.nft(`table ip t {\n chain c { ${rule} }\n}`);
      await lab.server.udp(OPEN);
    },
    async inject(lab) {
      for (let i = 0; i < 3; i++) await sendUdp(lab.client, OPEN, 1);
    },
    drops: [lost(null, 'nf_hook_slow', 'NETFILTER_DROP', GOING_OUT)],
  },
  iptables('iptables-legacy', 'filter', 'INPUT', 'server', TWO),
  iptables('iptables-legacy', 'filter', 'FORWARD', 'router', IN_ROUTER),
  iptables('iptables-legacy', 'filter', 'OUTPUT', 'client', LEAVING),
  iptables('iptables-legacy', 'raw', 'PREROUTING', 'server', TWO),
  iptables('iptables-legacy', 'mangle', 'POSTROUTING', 'client', GOING_OUT),
  {
    ...iptables('iptables-nft', 'filter', 'INPUT', 'server', TWO),
    drops: [lost('policy', BY_NFT, 'NETFILTER_DROP', TWO)],
  },
  {
    name: 'iptables-legacy-policy',
    net: PAIR,
    setup: (lab) => lab.server.run('iptables-legacy', '-P', 'INPUT', 'DROP'),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('policy', 'nf_hook_slow', 'NETFILTER_DROP', TWO)],
  },
  {
    name: 'iptables-legacy-reject',
    net: PAIR,
    setup: (lab) => lab.server.run('iptables-legacy', '-A', 'INPUT', '-p', 'udp', '-j', 'REJECT'),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('policy', 'nf_hook_slow', 'NETFILTER_DROP', TWO)],
  },
  {
    name: 'ip6tables-legacy-input',
    net: PAIR6,
    setup: (lab) => lab.server.run('ip6tables-legacy', '-A', 'INPUT', '-p', 'udp', '-j', 'DROP'),
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { dst: SERVER.ip6 }),
    drops: [lost6('policy', 'nf_hook_slow', 'NETFILTER_DROP', TWO)],
  },
];

function nftHook(hook: string, side: Side, where: Parameters<typeof lost>[3]): DropCase {
  return {
    name: `nft-${hook}`,
    net: side === 'router' ? ROUTED : PAIR,
    setup: (lab) => lab.host(side).nft(chain('inet', hook, `udp dport ${OPEN} drop;`)),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('policy', BY_NFT, 'NETFILTER_DROP', where)],
  };
}

function chain(family: string, hook: string, rules: string): string {
  return `table ${family} t {\n chain c { type filter hook ${hook} priority 0; ${rules} }\n}`;
}

function iptables(
  command: string,
  table: string,
  chain: string,
  side: Side,
  where: Parameters<typeof lost>[3],
): DropCase {
  return {
    name: `${command}-${table}-${chain}`.toLowerCase(),
    net: side === 'router' ? ROUTED : PAIR,
    setup: (lab) => lab.host(side).run(command, ...`-t ${table} -A ${chain} -p udp -j DROP`.split(' ')),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [lost('policy', 'nf_hook_slow', 'NETFILTER_DROP', where)],
  };
}

/** Client and server see each other through the router's bridge. */
async function makeNeighbours(lab: NetLab): Promise<void> {
  await lab.client.ip(
    `route replace ${SERVER.ip} dev c0`,
    `neigh replace ${SERVER.ip} lladdr ${SERVER.mac} dev c0`,
  );
  await lab.server.ip(
    `route replace ${CLIENT.ip} dev s0`,
    `neigh replace ${CLIENT.ip} lladdr ${CLIENT.mac} dev s0`,
  );
}
