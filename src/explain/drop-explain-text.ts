import type { Check } from './drop-check.js';
import type { Explanation } from './drop-explanation.js';
import type { PacketKind } from './drop-packet.js';
import type { DropView } from './drop-view.js';

/** As much of the catalogue as a page about one name needs. */
interface Pages {
  lookUp(name: string): Explanation | null;
  /** What holds for a name, and where something else does: by function, or by reason. */
  variants(title: string): {
    packets: DropView['packets'];
    elsewhere: readonly (readonly [string, DropView])[];
  };
  reasonNames(): string[];
  functionNames(): string[];
}

/**
 * A page about one drop reason or kernel function, without a newline at its end.
 * @param name in any case, with or without `SKB_DROP_REASON_`; or a function, with or without `()`
 * @returns null where the catalogue does not have it
 */
export function explainText(catalogue: Pages, name: string): string | null {
  const found = catalogue.lookUp(name);
  if (found === null) return null;
  const { packets, elsewhere } = catalogue.variants(found.title);
  return [
    `${found.title}: ${VERDICTS[found.verdict]}`,
    '',
    found.what,
    '',
    `Next: ${found.next}`,
    ...(found.checks.length > 0 ? [`Look at: ${found.checks.map(checkWords).join(', ')}`] : []),
    ...packets.map(([kind, verdict]) => `Of ${PACKETS[kind]}: ${VERDICTS[verdict]}`),
    ...elsewhere.map(([where, { verdict, what }]) => `${where}: ${VERDICTS[verdict]}. ${what}`),
    `Kernels: ${found.kernels}`,
  ].join('\n');
}

/** Names of the catalogue that look like the given one, likeliest first. */
export function suggestNames(catalogue: Pages, name: string, most = 5): string[] {
  const wanted = pairsOf(name);
  return [...catalogue.reasonNames(), ...catalogue.functionNames()]
    .map((known) => ({ known, likeness: likeness(wanted, pairsOf(known)) }))
    .filter(({ likeness }) => likeness >= 0.4)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, most)
    .map(({ known }) => known);
}

const VERDICTS = {
  suspect: 'suspect, worth looking into',
  policy: 'policy, somebody wanted it so',
  noise: 'noise, a healthy host has it too',
};

const PACKETS: Record<PacketKind, string> = {
  group: 'multicasts and broadcasts',
  otherhost: "frames to another machine's MAC address",
  reset: 'TCP resets',
  fin: 'TCP segments that end a connection',
  membership: "the kernel's own words to a link (neighbour discovery, group membership)",
  'bare-ack': 'TCP acknowledgements without data',
  'other-protocol': 'packets that are neither IP nor ARP',
  carried: 'IP, VLAN, MPLS, PPPoE and MACsec for this host itself',
  empty: 'IPv6 packets without content',
  ipv4: 'IPv4 packets',
};

function checkWords(check: Check): string {
  if (check.kind === 'counter') return `counters ${check.names.join(' ')}`;
  if (check.kind === 'sysctl') return `sysctl ${check.names.join(' ').replaceAll('{dev}', 'INTERFACE')}`;
  return CHECKS[check.kind];
}

const CHECKS: Record<Exclude<Check['kind'], 'counter' | 'sysctl'>, string> = {
  socket: 'the socket and its program',
  sender: 'the program that sends',
  rules: 'firewall rules',
  link: 'the interface',
  softnet: 'the packet queues of the processors',
  qdisc: 'the queue discipline',
  conntrack: 'connection tracking',
  route: 'the route',
  neighbour: 'the next hop',
};

/** Two letters at a time: misspelt and shortened names keep most of them. */
function pairsOf(name: string): Set<string> {
  const word = name.toLowerCase().replace(/^skb_drop_reason_/, '');
  return new Set(Array.from({ length: Math.max(0, word.length - 1) }, (_, i) => word.slice(i, i + 2)));
}

/** From 0 to 1 (Sørensen–Dice). */
function likeness(a: Set<string>, b: Set<string>): number {
  let shared = 0;
  for (const pair of a) if (b.has(pair)) shared++;
  return a.size + b.size === 0 ? 0 : (2 * shared) / (a.size + b.size);
}
