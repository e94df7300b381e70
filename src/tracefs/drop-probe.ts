import type { PacketOffsets } from '../host/packet-offsets.js';
import type { ProbeDefinition } from './dynamic-events.js';

/** How a probe gets at the dropped packet. */
export interface DropProbe extends ProbeDefinition {
  /** What a hit must fulfil to be a drop at all, as an event filter; null where every hit is one. */
  filter: string | null;
}

export interface DropProbeOptions {
  name: string;
  /** Whether `skb:kfree_skb` gives a reason (5.17 and later), and the receiving socket (6.11 and later). */
  reason: boolean;
  socket: boolean;
  /** From BTF; null where there is none. */
  offsets: PacketOffsets | null;
  /** Node's name of the machine: `x64`. */
  arch: string;
  /** What to fetch. */
  wanted: readonly DropField[];
  syntax: TraceSyntax;
}

/** What this kernel's tracefs understands, as its own `README` says (kernel/trace/trace.c readme_msg). */
export interface TraceSyntax {
  /** Tracepoint probes that know the members of structures. */
  tracepointProbes: boolean;
  eventProbes: boolean;
  hist: boolean;
}

/** @param probes the dynamic events that there are: up to 6.12 a tracepoint takes one `t:` probe of all users (EEXIST) */
export function traceSyntax(readme: string, probes: string): TraceSyntax {
  const known = /^\s*t\[:/m.test(readme) && readme.includes('<argname>[->field');
  return {
    tracepointProbes: known && !/^t\d*:\S+ kfree_skb\b/m.test(probes),
    eventProbes: /^\s*e\[:/m.test(readme),
    hist: readme.includes('hist:keys='),
  };
}

export type DropField =
  | 'loc'
  | 'reason'
  | 'proto'
  | 'devp'
  | 'dev'
  | 'ifindex'
  | 'netns'
  | 'sk'
  | 'sknet'
  | 'rxsk'
  | 'rxnet'
  | 'len'
  | 'mh'
  | 'nh'
  | 'th'
  | 'head'
  | 'data'
  | 'tail'
  | 'pt'
  | 'comm'
  | 'h0'
  | 'h1';

/** Where a drop happened and to whose packet: what counts are kept by. */
export const KEY_FIELDS: readonly DropField[] = [
  'loc',
  'reason',
  'proto',
  'devp',
  'dev',
  'netns',
  'sk',
  'sknet',
  'rxsk',
  'rxnet',
];

/** The whole of it: also the headers. */
export const PACKET_FIELDS: readonly DropField[] = [
  ...KEY_FIELDS,
  'ifindex',
  'len',
  'mh',
  'nh',
  'th',
  'head',
  'data',
  'tail',
  'pt',
  'h0',
  'h1',
];

/**
 * The probes that show a dropped packet with its interface, namespace, headers and first bytes, best first: the kernel
 * is asked for each in turn, and takes the first that it understands. The keys alone are left to an event probe, so
 * that one run needs one tracepoint probe only.
 *
 * 1. `t`: on the tracepoint; the kernel itself knows the members (6.9 and later; Documentation/trace/fprobetrace.rst).
 * 2. `e`: on the event, members by offset (5.15 and later; Documentation/trace/eprobetrace.rst).
 * 3. `p`: on kfree_skb(), up to 5.16: called also for packets that somebody else still holds, which the filter leaves
 *    out (net/core/skbuff.c kfree_skb()).
 */
export function dropProbes(options: DropProbeOptions): DropProbe[] {
  const { name, reason, offsets, arch, syntax } = options;
  const probes: DropProbe[] = [];
  if (syntax.tracepointProbes && (options.wanted.includes('h0') || !syntax.eventProbes || offsets === null)) {
    const args = argsOf(typed(offsets), options);
    probes.push({ kind: 't', name, symbol: 'kfree_skb', args, filter: null });
  }
  if (offsets === null) return probes;
  if (syntax.eventProbes) {
    const event = byOffset({ skb: '$skbaddr', location: '$location', reason: '$reason' }, offsets);
    probes.push({ kind: 'e', name, symbol: 'skb.kfree_skb', args: argsOf(event, options), filter: null });
  }
  const location = CALLERS.get(arch);
  if (location === undefined || reason) return probes;
  const entry = byOffset({ skb: '$arg1', location, reason: '' }, offsets);
  const args = `users=+${offsets.users}($arg1):s32 skb=$arg1:x64 ${argsOf(entry, options)}`;
  probes.push({ kind: 'p', name, symbol: 'kfree_skb', args, filter: 'users == 1 && skb != 0' });
  return probes;
}

/** Where a function's return address stands when it is entered. */
const CALLERS = new Map([
  ['x64', '$stack0'],
  ['arm64', '%lr'],
]);

/** How one kind of probe reaches each field: the expression without its type, null where it cannot. */
type Access = Readonly<Record<DropField, string | null>>;

function argsOf(access: Access, { reason, socket, wanted }: DropProbeOptions): string {
  return wanted
    .filter((field) => access[field] !== null && (field !== 'reason' || reason))
    .filter((field) => (field !== 'rxsk' && field !== 'rxnet') || socket)
    .map((field) => `${field}=${access[field]}:${TYPES[field]}`)
    .join(' ');
}

/**
 * The first bytes of the buffer's memory: headers stand at most MAX_TCP_HEADER bytes (320, include/net/tcp.h) behind
 * its start. An array has at most 64 elements (kernel/trace/trace_probe.h MAX_ARRAY_LEN).
 */
const TYPES: Readonly<Record<DropField, string>> = {
  loc: 'symbol',
  reason: 's32',
  proto: 'x16',
  devp: 'x64',
  dev: 'string',
  ifindex: 's32',
  netns: 'u32',
  sk: 'x64',
  sknet: 'u32',
  rxsk: 'x64',
  rxnet: 'u32',
  len: 'u32',
  mh: 'u16',
  nh: 'u16',
  th: 'u16',
  head: 'x64',
  data: 'x64',
  tail: 'u32',
  pt: 'u8',
  comm: 'string',
  h0: 'x32[64]',
  h1: 'x32[48]',
};

const SECOND_PART = 256;

function typed(offsets: PacketOffsets | null): Access {
  return {
    loc: 'location',
    reason: 'reason',
    proto: 'skb->protocol',
    devp: 'skb->dev',
    dev: 'skb->dev->name',
    ifindex: 'skb->dev->ifindex',
    netns: 'skb->dev->nd_net.net->ns.inum',
    sk: 'skb->sk',
    sknet: 'skb->sk->__sk_common.skc_net.net->ns.inum',
    rxsk: 'rx_sk',
    rxnet: 'rx_sk->__sk_common.skc_net.net->ns.inum',
    len: 'skb->len',
    mh: 'skb->mac_header',
    nh: 'skb->network_header',
    th: 'skb->transport_header',
    head: 'skb->head',
    data: 'skb->data',
    tail: 'skb->tail',
    pt: offsets === null || offsets.packetType === null ? null : `+${offsets.packetType}($arg1)`,
    comm: '$comm',
    h0: '+0(skb->head)',
    h1: `+${SECOND_PART}(skb->head)`,
  };
}

function byOffset(from: { skb: string; location: string; reason: string }, at: PacketOffsets): Access {
  const member = (offset: number) => `+${offset}(${from.skb})`;
  const [dev, sk, head] = [member(at.dev), member(at.sk), member(at.head)];
  return {
    loc: from.location,
    reason: from.reason,
    proto: member(at.protocol),
    devp: dev,
    dev: `+${at.name}(${dev})`,
    ifindex: `+${at.ifindex}(${dev})`,
    netns: `+${at.inum}(+${at.deviceNet}(${dev}))`,
    sk,
    sknet: `+${at.inum}(+${at.socketNet}(${sk}))`,
    rxsk: '$rx_sk',
    rxnet: `+${at.inum}(+${at.socketNet}($rx_sk))`,
    len: member(at.len),
    mh: member(at.macHeader),
    nh: member(at.networkHeader),
    th: member(at.transportHeader),
    head,
    data: member(at.data),
    tail: member(at.tail),
    pt: at.packetType === null ? null : member(at.packetType),
    comm: '$comm',
    h0: `+0(${head})`,
    h1: `+${SECOND_PART}(${head})`,
  };
}
