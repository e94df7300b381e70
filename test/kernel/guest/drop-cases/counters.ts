import type { Agent } from './agent.js';

/** What the kernel counts in a namespace: `UdpNoPorts`, `TcpExtListenDrops`, `Ip6InDiscards`, `dev:s0:rx_dropped`. */
export async function readCounters(agent: Agent, ns: string): Promise<Map<string, number>> {
  const counters = new Map<string, number>();
  const texts = await agent.read(ns, ...FILES.map((file) => `/proc/net/${file}`));
  const [snmp = '', netstat = '', snmp6 = '', xfrm = '', dev = ''] = texts.map((text) => text.trim());
  readPairs(snmp, counters);
  readPairs(netstat, counters);
  for (const line of `${snmp6}\n${xfrm}`.split('\n')) {
    const [name = '', value] = line.split(/\s+/);
    counters.set(name, Number(value));
  }
  for (const line of dev.split('\n').slice(2)) {
    const [name = '', ...values] = line.trim().split(/[:\s]+/);
    for (const [i, column] of DEV_COLUMNS.entries()) counters.set(`dev:${name}:${column}`, Number(values[i]));
  }
  return counters;
}

const FILES = ['snmp', 'netstat', 'snmp6', 'xfrm_stat', 'dev'];

/** proc(5), /proc/net/dev: what it calls drop holds missed ones too. */
const DEV_COLUMNS = [
  ...[
    'rx_bytes',
    'rx_packets',
    'rx_errors',
    'rx_dropped',
    'rx_fifo',
    'rx_frame',
    'rx_compressed',
    'multicast',
  ],
  ...[
    'tx_bytes',
    'tx_packets',
    'tx_errors',
    'tx_dropped',
    'tx_fifo',
    'collisions',
    'tx_carrier',
    'tx_compressed',
  ],
];

/** Lines in pairs: `Udp: InDatagrams NoPorts …`, then `Udp: 1 0 …`. */
function readPairs(text: string, into: Map<string, number>): void {
  const lines = text.split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [group = '', ...names] = lines[i]!.split(' ');
    const values = lines[i + 1]!.split(' ').slice(1);
    for (const [j, name] of names.entries()) into.set(group.slice(0, -1) + name, Number(values[j]));
  }
}
