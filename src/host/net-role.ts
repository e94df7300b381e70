import type { ByteString } from '../decode/trace-record.js';
import type { CheckSite } from './net-check.js';
import { type JsonObject, jsonObjects, numberAt, objectAt, textAt } from './net-json.js';
import { addressOf, lookUpRoute } from './net-route.js';
import { isInterface } from './net-sysctl.js';
import type { Evidence } from './net-world.js';
import { enteringCommand, runInside, shellWord } from './netns-reach.js';

/**
 * What the interface is beside an interface, where that may stand against packets: a bridge's port, a bond's member, a
 * tunnel to somewhere.
 * @param link of it, as `ip -d -j link` tells
 */
export async function roleEvidence(site: CheckSite, dev: ByteString, link: JsonObject): Promise<Evidence[]> {
  const role = memberRole(link) ?? (await tunnelRole(site, dev, link));
  if (role === null) return [];
  const command = `${enteringCommand(site.world, site.netns)}ip -d link show dev ${shellWord(dev)}`;
  return [{ kind: 'link', text: `${dev} ${role.text}`, moved: role.moved, command }];
}

interface Role {
  text: ByteString;
  /** It may explain drops by itself. */
  moved: boolean;
}

function memberRole(link: JsonObject): Role | null {
  const info = objectAt(link, 'linkinfo');
  const data = objectAt(info, 'info_slave_data');
  const state = textAt(data, 'state')?.toLowerCase() ?? 'unknown';
  const master = textAt(link, 'master') ?? '?';
  switch (textAt(info, 'info_slave_kind')) {
    case 'bridge': {
      const limits = PORT_LIMITS.filter(([name, value]) => data[name] === value).map(([, , words]) => words);
      const text = [`is a port of the bridge ${master}, state ${state}`, ...limits].join(', ');
      return { text, moved: state !== 'forwarding' || limits.length > 0 };
    }
    case 'bond':
      return { text: `is a member of the bond ${master}, state ${state}`, moved: state !== 'active' };
    case 'vrf':
      return { text: `is in the VRF ${master}`, moved: false };
    default:
      return null;
  }
}

/** What bridge(8) calls them, and the value that keeps frames out. */
const PORT_LIMITS: readonly (readonly [name: string, value: boolean, words: string])[] = [
  ['isolated', true, 'isolated from other isolated ports'],
  ['locked', true, 'locked: only known senders'],
  ['flood', false, 'not flooded with frames for unknown addresses'],
];

/** The packet's own route ends at the tunnel: what counts is the one to the tunnel's other end. */
async function tunnelRole(site: CheckSite, dev: ByteString, link: JsonObject): Promise<Role | null> {
  const info = objectAt(link, 'linkinfo');
  const kind = textAt(info, 'info_kind');
  const data = objectAt(info, 'info_data');
  const remote = addressOf(textAt(data, 'remote') ?? textAt(data, 'remote6'));
  // Moved here from another namespace, it leads out from there.
  if (kind === null || remote === null || 'link_netnsid' in link) return null;
  const text = `is a tunnel (${kind}) to ${remote}`;
  const answer = await lookUpRoute(site, [remote]);
  if (answer === null) return { text, moved: false };
  const { route } = answer;
  if (route === null) return { text: `${text}, to which there is no route`, moved: true };
  if (route.dev === null) return { text, moved: false };
  if (route.dev === dev)
    return { text: `${text}, and the route to that goes into the tunnel itself`, moved: true };
  const mtu = numberAt(link, 'mtu');
  const below = await mtuOf(site, route.dev);
  const isFull = mtu !== null && below !== null && mtu >= below;
  const room = isFull ? `, whose mtu ${below} has no room for packets of ${mtu} and their new headers` : '';
  return { text: `${text} by ${route.dev}${room}`, moved: isFull };
}

async function mtuOf(site: CheckSite, dev: ByteString): Promise<number | null> {
  if (!isInterface(dev)) return null;
  const result = await runInside(site.world, site.netns, 'ip', ['-j', 'link', 'show', 'dev', dev]);
  const link = jsonObjects(result)?.[0];
  return link === undefined ? null : numberAt(link, 'mtu');
}
