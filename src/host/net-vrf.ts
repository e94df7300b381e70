import type { CheckSite } from './net-check.js';
import { jsonObjects, objectAt, textAt } from './net-json.js';
import { isInterface, readSysctl } from './net-sysctl.js';
import type { Evidence } from './net-world.js';
import { enteringCommand, runInside } from './netns-reach.js';

/**
 * Where packets of a VRF do not reach the sockets outside of it: `ss` shows one for their port, and the kernel finds
 * none (Documentation/networking/vrf.rst).
 */
export async function vrfEvidence(site: CheckSite, proto: 'udp' | 'tcp' | 'raw'): Promise<Evidence[]> {
  const { dev } = site.place;
  if (dev === null || !isInterface(dev)) return [];
  const accept = await readSysctl(site.world, site.netns, `net/ipv4/${proto}_l3mdev_accept`);
  if (accept !== '0') return [];
  const result = await runInside(site.world, site.netns, 'ip', ['-d', '-j', 'link', 'show', 'dev', dev]);
  const link = jsonObjects(result)?.[0];
  const info = link === undefined ? {} : objectAt(link, 'linkinfo');
  const isVrf = textAt(info, 'info_kind') === 'vrf';
  if (!isVrf && textAt(info, 'info_slave_kind') !== 'vrf') return [];
  const name = `net.ipv4.${proto}_l3mdev_accept`;
  const where = `${dev} is ${isVrf ? 'a VRF' : 'in a VRF'}`;
  const text = `${where}: sockets that are not bound to it get none of its packets, as ${name} is 0`;
  const command = `${enteringCommand(site.world, site.netns)}sysctl ${name}`;
  return [{ kind: 'socket', text, moved: true, command }];
}
