import { ipv6Text } from './packet-address.js';
import { emptyFlow, type Flow } from './packet-flow.js';
import type { ByteString } from './trace-record.js';

/** What a LOG rule of iptables or nftables, or nf_conntrack's own logging, says of a packet. */
export interface NetfilterLog {
  /** What the rule was told to begin with. */
  prefix: ByteString;
  /** Interfaces; null where the packet had none. */
  in: ByteString | null;
  out: ByteString | null;
  /** Ports of the bridge. */
  physIn: ByteString | null;
  physOut: ByteString | null;
  /** Bytes of the packet, as its own header says. */
  length: number | null;
  /** As `drop` events have it, so that the two can be matched. */
  flow: Flow;
  /** Of the sending socket. */
  uid: number | null;
  gid: number | null;
  mark: number | null;
}

/**
 * Decodes the text of net/netfilter/nf_log_syslog.c (nf_log_ipv4.c and others before 5.13): `prefix IN=eth0 OUT= MAC=…
 * SRC=… DST=… LEN=60 … PROTO=TCP SPT=… DPT=… WINDOW=… SYN URGP=0`. Whoever may write to /dev/kmsg can write such a text
 * too, but not with the kernel's facility.
 * @returns null for any other text
 */
export function decodeNetfilterLog(text: ByteString): NetfilterLog | null {
  const start = text.indexOf('IN=');
  if (start === -1 || !text.includes(' OUT=', start)) return null;
  const words = text.slice(start).split(' ');
  if (!words.some((word) => word.startsWith('SRC=') || word === 'ARP')) return null;
  const inner = words.findIndex((word) => word.startsWith('[SRC='));
  const outer = inner === -1 ? words : words.slice(0, inner);
  const device = valuesOf(outer);
  const { length, flow } = readPacket(outer);
  const quoted = inner === -1 ? null : quotedPacket(words.slice(inner));
  if (quoted !== null) flow.inner = readPacket(quoted.packet).flow;
  // Owner and mark stand behind the quoted packet.
  const end = quoted === null ? device : valuesOf(quoted.rest);
  return {
    prefix: text.slice(0, start),
    in: device.get('IN') || null,
    out: device.get('OUT') || null,
    physIn: device.get('PHYSIN') || null,
    physOut: device.get('PHYSOUT') || null,
    length,
    flow,
    uid: number(end.get('UID')),
    gid: number(end.get('GID')),
    mark: number(end.get('MARK')),
  };
}

/** `[SRC=… ID=7 ]` and what follows it. */
function quotedPacket(words: readonly ByteString[]): { packet: ByteString[]; rest: ByteString[] } {
  const close = words.findIndex((word) => word.endsWith(']') && !word.startsWith('['));
  const end = close === -1 ? words.length : close + 1;
  const packet = words.slice(0, end).join(' ').slice(1).replace(/\]$/, '');
  return { packet: packet.split(' '), rest: words.slice(end) };
}

/** The first of each name: an ICMP message has an `ID` and `SEQ` of its own behind those of the header. */
function valuesOf(words: readonly ByteString[]): Map<ByteString, ByteString> {
  const values = new Map<ByteString, ByteString>();
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals > 0 && !values.has(word.slice(0, equals)))
      values.set(word.slice(0, equals), word.slice(equals + 1));
  }
  return values;
}

function readPacket(words: readonly ByteString[]): { length: number | null; flow: Flow } {
  const values = valuesOf(words);
  if (words.includes('ARP')) return { length: null, flow: readArp(values) };
  const src = values.get('SRC') ?? null;
  const flow = emptyFlow(src?.includes(':') ? 'ipv6' : 'ipv4');
  flow.src = address(src);
  flow.dst = address(values.get('DST') ?? null);
  flow.proto = protocol(values.get('PROTO'));
  flow.sport = number(values.get('SPT'));
  flow.dport = number(values.get('DPT'));
  flow.ttl = number(values.get('TTL') ?? values.get('HOPLIMIT'));
  if (flow.proto === 'tcp' && values.has('WINDOW')) {
    flow.flags = FLAG_NAMES.filter((flag) => words.includes(flag)).join(' ');
  }
  const type = number(values.get('TYPE'));
  if (type !== null) flow.icmpType = type;
  const code = number(values.get('CODE'));
  if (code !== null) flow.icmpCode = code;
  const [macDst, macSrc] = macsOf(values.get('MAC') ?? '');
  if (macDst !== undefined) flow.macDst = macDst;
  if (macSrc !== undefined) flow.macSrc = macSrc;
  readFragment(words, values, flow);
  return { length: number(values.get('LEN')), flow };
}

/** `FRAG:185` counts eight bytes a step. */
function readFragment(
  words: readonly ByteString[],
  values: ReadonlyMap<ByteString, ByteString>,
  flow: Flow,
): void {
  const part = words.find((word) => word.startsWith('FRAG:'));
  const offset = number(part?.slice('FRAG:'.length)) ?? 0;
  const more = words.includes('MF');
  if (flow.family === 'ipv4' && (more || offset > 0))
    flow.fragment = { id: number(values.get('ID')) ?? 0, offset: 8 * offset, more };
}

function readArp(values: ReadonlyMap<ByteString, ByteString>): Flow {
  const flow = emptyFlow('arp');
  flow.src = values.get('IPSRC') ?? null;
  flow.dst = values.get('IPDST') ?? null;
  const operation = number(values.get('OPCODE'));
  if (operation !== null) flow.arpOp = operation;
  const [macSrc, macDst] = [values.get('MACSRC'), values.get('MACDST')];
  if (macSrc !== undefined) flow.macSrc = macSrc;
  if (macDst !== undefined) flow.macDst = macDst;
  return flow;
}

/** An Ethernet header: destination, source, type. Other links have other headers. */
function macsOf(header: ByteString): string[] {
  if (!/^(?:[0-9a-f]{2}:){13}[0-9a-f]{2}$/i.test(header)) return [];
  return [header.slice(0, 17), header.slice(18, 35)];
}

/** The kernel writes all of an IPv6 address' digits; everywhere else it is short. */
function address(text: ByteString | null): string | null {
  if (text === null || !/^[0-9a-f]{4}(?::[0-9a-f]{4}){7}$/i.test(text)) return text;
  return ipv6Text(Buffer.from(text.replaceAll(':', ''), 'hex'), 0);
}

function protocol(text: ByteString | undefined): string | null {
  if (text === undefined || text === '') return null;
  const name = text.toLowerCase();
  return PROTOCOLS.get(name) ?? name;
}

const PROTOCOLS = new Map([
  ['2', 'igmp'],
  ['4', 'ipip'],
  ['41', 'ipv6'],
  ['47', 'gre'],
  ['132', 'sctp'],
  ['udplite', 'udplite'],
]);

const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];

/** Decimal, or hexadecimal with `0x`. */
function number(text: ByteString | undefined): number | null {
  if (text === undefined || !/^(?:\d+|0x[0-9a-f]+)$/i.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
