import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../decode/trace-record.js';
import { type Conntrack, parseConntrack } from './net-conntrack.js';
import { parseCounterPairs, parseSnmp6, riseOf } from './net-counters.js';
import { parseDevices } from './net-devices.js';
import type { NetWorld } from './net-world.js';
import type { NetworkNamespace } from './netns.js';
import { readInside } from './netns-reach.js';
import { parseInetSockets } from './socket-table.js';

/** What a namespace has counted since it was made. */
export interface NetSnapshot {
  /** Milliseconds on the world's clock. */
  at: number;
  /** By nstat's names. */
  counters: Map<string, number>;
  /** By interface, then by the names of /sys/class/net/DEV/statistics. */
  devices: Map<ByteString, Map<string, number>>;
  /** null where connections are not tracked. */
  conntrack: Conntrack | null;
  /** Packets that sockets refused, by inode number. */
  socketDrops: Map<number, number>;
  /** Lines that could not be read. */
  malformed: number;
}

/** What rose in a namespace between two snapshots. */
export interface NetRise {
  netns: NetworkNamespace;
  milliseconds: number;
  counters: Map<string, number>;
  devices: Map<ByteString, Map<string, number>>;
  conntrack: Map<string, number>;
  malformed: number;
}

/** null where the namespace cannot be looked into, because it is gone or we may not. */
export async function takeSnapshot(world: NetWorld, netns: NetworkNamespace): Promise<NetSnapshot | null> {
  const texts = await readInside(world, netns, FILES);
  const [snmp, netstat, snmp6, xfrm, dev, conntrackText, ...sockets] = texts;
  if (typeof snmp !== 'string') return null;
  const pairs = [snmp, netstat ?? ''].map(parseCounterPairs);
  // That of IPsec is written in the same way (net/xfrm/xfrm_proc.c).
  const single = [snmp6, xfrm].map((text) => parseSnmp6(text ?? ''));
  const { devices, malformed } = parseDevices(dev ?? '');
  if (netns.own) splitMissed(world.sys, devices);
  const conntrack = parseConntrack(conntrackText ?? '');
  const tables = sockets.map((text) => parseInetSockets(text ?? ''));
  return {
    at: world.now(),
    counters: new Map([...pairs, ...single].flatMap(({ values }) => [...values])),
    devices,
    conntrack,
    socketDrops: new Map(
      tables.flatMap((table) => table.sockets.map(({ inode, drops }) => [inode, drops ?? 0])),
    ),
    malformed:
      [...pairs, ...single, ...tables].reduce((sum, each) => sum + each.malformed, malformed) +
      (conntrack?.malformed ?? 0),
  };
}

export function snapshotRise(netns: NetworkNamespace, before: NetSnapshot, after: NetSnapshot): NetRise {
  const devices = new Map<ByteString, Map<string, number>>();
  for (const [dev, counters] of after.devices) {
    const earlier = before.devices.get(dev);
    if (earlier !== undefined) devices.set(dev, riseOf(earlier, counters));
  }
  return {
    netns,
    milliseconds: after.at - before.at,
    counters: riseOf(before.counters, after.counters),
    devices,
    conntrack: riseOf(before.conntrack?.counters ?? new Map(), after.conntrack?.counters ?? new Map()),
    malformed: before.malformed + after.malformed,
  };
}

const FILES = [
  'net/snmp',
  'net/netstat',
  'net/snmp6',
  'net/xfrm_stat',
  'net/dev',
  'net/stat/nf_conntrack',
  'net/udp',
  'net/udp6',
  'net/raw',
  'net/raw6',
];

/** /proc/net/dev counts packets for which the card had no room among the dropped ones; sysfs tells them apart. */
function splitMissed(sys: string, devices: Map<ByteString, Map<string, number>>): void {
  for (const [dev, counters] of devices) {
    const missed = readNumber(join(sys, 'class/net', dev, 'statistics/rx_missed_errors'));
    const dropped = counters.get('rx_dropped') ?? 0;
    if (missed === null || missed > dropped) continue;
    counters.set('rx_missed_errors', missed);
    counters.set('rx_dropped', dropped - missed);
  }
}

function readNumber(path: string): number | null {
  try {
    const text = readFileSync(path, 'latin1').trim();
    return /^\d+$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}
