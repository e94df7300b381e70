import type { ByteString } from '../decode/trace-record.js';

/** Counters by the names that nstat(8) prints: `UdpRcvbufErrors`, `TcpExtListenDrops`, `Ip6InDiscards`. */
export interface NamedCounters {
  values: Map<string, number>;
  /** Lines that could not be read. */
  malformed: number;
}

/**
 * Reads /proc/net/snmp and /proc/net/netstat: pairs of lines, names above values, `Udp: NoPorts …` over `Udp: 3 …`
 * (net/ipv4/proc.c). Values above 2^53 are inexact; no counter of losses gets there.
 */
export function parseCounterPairs(text: ByteString): NamedCounters {
  const values = new Map<string, number>();
  let malformed = 0;
  let names: string[] | null = null;
  for (const line of linesOf(text)) {
    const words = line.split(' ');
    if (names === null) {
      names = words;
      continue;
    }
    const read = pair(names, words);
    if (read === null) {
      // The names may have lost their values, or the values their names: this line may begin the next pair.
      malformed += 1;
      names = words;
      continue;
    }
    for (const [name, value] of read) values.set(name, value);
    names = null;
  }
  return { values, malformed: malformed + (names === null ? 0 : 1) };
}

/** Reads /proc/net/snmp6: a name and a value a line (net/ipv6/proc.c). */
export function parseSnmp6(text: ByteString): NamedCounters {
  const values = new Map<string, number>();
  let malformed = 0;
  for (const line of linesOf(text)) {
    const match = SNMP6_LINE.exec(line);
    if (match === null) malformed += 1;
    else values.set(match[1] as string, Number(match[2]));
  }
  return { values, malformed };
}

/**
 * How much each counter rose. What is a state and not a count, what went back (the namespace's number was used again)
 * and what only one of the two knows is left out.
 */
export function riseOf(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Map<string, number> {
  const rise = new Map<string, number>();
  for (const [name, value] of after) {
    const earlier = before.get(name);
    if (earlier !== undefined && value >= earlier && !STATES.has(name)) rise.set(name, value - earlier);
  }
  return rise;
}

const SNMP6_LINE = /^([A-Z]\w*)\s+(\d+)$/;

/** In snmp, but settings and numbers of things rather than counts of what happened. */
const STATES = new Set([
  'IpForwarding',
  'IpDefaultTTL',
  'TcpRtoAlgorithm',
  'TcpRtoMin',
  'TcpRtoMax',
  'TcpMaxConn',
  'TcpCurrEstab',
  'MPTcpExtMPCurrEstab',
]);

function linesOf(text: ByteString): string[] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trimEnd()]));
}

function pair(names: readonly string[], values: readonly string[]): [string, number][] | null {
  const head = names[0] as string;
  if (names.length !== values.length || head !== values[0] || !/^[A-Z]\w*:$/.test(head)) return null;
  const read: [string, number][] = [];
  for (const [i, name] of names.entries()) {
    if (i === 0) continue;
    const value = values[i] as string;
    if (!/^-?\d+$/.test(value) || !/^[A-Za-z]\w*$/.test(name)) return null;
    read.push([head.slice(0, -1) + name, Number(value)]);
  }
  return read;
}
