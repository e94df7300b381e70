import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../decode/trace-record.js';
import { grouped } from '../grouped.js';
import type { CheckSite } from './net-check.js';
import { riseOf } from './net-counters.js';
import { type JsonObject, jsonObjects, numberAt, textsAt } from './net-json.js';
import { readNicCounters } from './net-nic.js';
import { roleEvidence } from './net-role.js';
import { isInterface } from './net-sysctl.js';
import { duration } from './net-words.js';
import type { Evidence } from './net-world.js';
import { enteringCommand, runInside, shellWord } from './netns-reach.js';

/**
 * Whether the interface works, what it belongs to or leads to, and which of its counters of losses rose.
 * @param nicBefore what ethtool said at the beginning; null where nobody asked
 */
export async function linkEvidence(
  site: CheckSite,
  nicBefore: ReadonlyMap<string, number> | null,
): Promise<Evidence[]> {
  const { dev } = site.place;
  if (dev === null || !isInterface(dev)) return [];
  const link = await linkOf(site, dev);
  const state = (site.netns.own ? ownState(site.world.sys, dev) : null) ?? stateOf(link);
  const counted = lossesOf(site, dev);
  const nicAfter = nicBefore === null ? null : await readNicCounters(site.world, dev);
  const driver =
    nicBefore === null || nicAfter === null ? [] : driverLosses(site, dev, riseOf(nicBefore, nicAfter));

  const command = `${enteringCommand(site.world, site.netns)}ip -s -s link show dev ${shellWord(dev)}`;
  const line = (text: ByteString, moved: boolean, by = command): Evidence => ({
    kind: 'link',
    text,
    moved,
    command: by,
  });
  const still = counted?.length === 0 ? `counted no loss in ${duration(site.milliseconds)}` : null;
  const words = [state === null ? null : wordsOf(state), still].filter((part) => part !== null);
  return [
    ...(words.length === 0 ? [] : [line(`${dev} ${words.join(' and ')}`, state !== null && !works(state))]),
    ...(isTooSmall(site, state) ? [line(`${dev} has no IPv6 with an mtu below ${IPV6_MIN_MTU}`, true)] : []),
    ...(link === null ? [] : await roleEvidence(site, dev, link)),
    ...(counted ?? []).map((text) => line(text, true)),
    ...driver.map((text) => line(text, true, `ethtool -S ${shellWord(dev)}`)),
  ];
}

interface LinkState {
  up: boolean;
  carrier: boolean;
  mtu: number | null;
}

function ownState(sys: string, dev: ByteString): LinkState | null {
  const flags = Number(read(sys, dev, 'flags') ?? Number.NaN);
  if (!Number.isInteger(flags)) return null;
  const mtu = Number(read(sys, dev, 'mtu') ?? Number.NaN);
  return {
    up: (flags & IFF_UP) !== 0,
    // To read it of an interface that is down is an error.
    carrier: read(sys, dev, 'carrier') === '1',
    mtu: Number.isInteger(mtu) ? mtu : null,
  };
}

const IFF_UP = 1;

function read(sys: string, dev: ByteString, file: string): string | null {
  try {
    return readFileSync(join(sys, 'class/net', dev, file), 'latin1').trim();
  } catch {
    return null;
  }
}

async function linkOf(site: CheckSite, dev: ByteString): Promise<JsonObject | null> {
  const result = await runInside(site.world, site.netns, 'ip', ['-d', '-j', 'link', 'show', 'dev', dev]);
  return jsonObjects(result)?.[0] ?? null;
}

function stateOf(link: JsonObject | null): LinkState | null {
  if (link === null) return null;
  const flags = textsAt(link, 'flags');
  return { up: flags.includes('UP'), carrier: flags.includes('LOWER_UP'), mtu: numberAt(link, 'mtu') };
}

/** A line for each counter that rose; null where they are not known. */
function lossesOf(site: CheckSite, dev: ByteString): ByteString[] | null {
  const before = site.before?.devices.get(dev);
  const after = site.after?.devices.get(dev);
  if (before === undefined || after === undefined) return null;
  const rise = riseOf(before, after);
  return LOSSES.filter(([name]) => (rise.get(name) ?? 0) > 0).map(([name, what]) => {
    const meaning = what === '' ? '' : ` (${what})`;
    return `${dev}: ${name} rose by ${grouped(rise.get(name) ?? 0)} in ${duration(site.milliseconds)}${meaning}`;
  });
}

/** Counters in which a packet is lost, and what they mean where the name does not say it. */
const LOSSES: readonly (readonly [name: string, what: string])[] = [
  ['rx_missed_errors', 'the card had no free buffer for them'],
  ['rx_dropped', ''],
  ['rx_errors', ''],
  ['rx_fifo_errors', "the card's own buffer was full"],
  ['rx_frame_errors', 'broken on the way: length, frame or checksum'],
  ['tx_dropped', ''],
  ['tx_errors', ''],
  ['tx_fifo_errors', ''],
  ['tx_carrier_errors', 'no link, or aborted'],
];

function driverLosses(site: CheckSite, dev: ByteString, rise: ReadonlyMap<string, number>): ByteString[] {
  return [...rise]
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_DRIVER_LINES)
    .map(([name, count]) => {
      return `${dev}: the driver's ${name} rose by ${grouped(count)} in ${duration(site.milliseconds)}`;
    });
}

const MOST_DRIVER_LINES = 5;

function works({ up, carrier }: LinkState): boolean {
  return up && carrier;
}

/** RFC 8200, 5: the kernel takes IPv6 off such an interface (net/ipv6/addrconf.c addrconf_notify()). */
function isTooSmall({ place }: CheckSite, state: LinkState | null): boolean {
  return place.flow?.family === 'ipv6' && state?.mtu != null && state.mtu < IPV6_MIN_MTU;
}

const IPV6_MIN_MTU = 1280;

function wordsOf(state: LinkState): string {
  const mtu = state.mtu === null ? '' : `, mtu ${state.mtu}`;
  return `is ${!state.up ? 'down' : state.carrier ? 'up' : 'up without a carrier'}${mtu}`;
}
