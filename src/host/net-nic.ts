import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../decode/trace-record.js';
import { isInterface } from './net-sysctl.js';
import type { NetWorld } from './net-world.js';

/**
 * What a network card's driver counts of losses, under names of its own; null where ethtool has nothing to tell. Only
 * for interfaces of kwho's own namespace.
 */
export async function readNicCounters(world: NetWorld, dev: ByteString): Promise<Map<string, number> | null> {
  if (!isInterface(dev)) return null;
  const result = await world.command('ethtool', ['-S', dev]);
  return result.outcome === 'done' && result.status === 0 ? parseNicCounters(result.stdout) : null;
}

/** Those interfaces that are more than software. */
export function hardwareInterfaces(sys: string, devs: Iterable<ByteString>): ByteString[] {
  return [...devs].filter((dev) => isInterface(dev) && existsSync(join(sys, 'class/net', dev, 'device')));
}

/** Reads `ethtool -S DEV`, `     rx_queue_0_xdp_drops: 0` a line, and keeps the names that speak of losses. */
export function parseNicCounters(text: ByteString): Map<string, number> {
  const counters = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^ +(\S[^:]*): (\d+)$/.exec(line);
    if (match !== null && LOSSES.test(match[1] as string)) counters.set(match[1] as string, Number(match[2]));
  }
  return counters;
}

const LOSSES = /drop|discard|miss|err|no_?buf|out_of_buf|no_?dma|overflow|overrun|timeout|bad|fail/i;
