import type { CheckSite } from './net-check.js';
import { findSocketOwners, OWNER_BUDGET_MS } from './net-socket-owner.js';
import { fill, holder, isNearlyFull, usualBuffer } from './net-socket-words.js';
import type { Evidence } from './net-world.js';
import { enteringCommand, readInside } from './netns-reach.js';
import { parsePacketSockets } from './socket-table.js';

/** Who captures on the interface and does not keep up: each has a queue of whole frames. */
export async function packetSocketEvidence(site: CheckSite): Promise<Evidence[]> {
  const [text] = await readInside(site.world, site.netns, ['net/packet']);
  const { ifindex } = site.place;
  const sockets = parsePacketSockets(text ?? '').sockets.filter(
    (socket) => ifindex === null || socket.ifindex === 0 || socket.ifindex === ifindex,
  );
  const usual = await usualBuffer(site);
  const full = sockets.filter(({ receiveMemory }) => isNearlyFull(receiveMemory, usual));
  const owners = findSocketOwners(
    site.world,
    full.map(({ inode }) => inode),
    OWNER_BUDGET_MS,
  );
  return full.slice(0, MOST).map(({ inode, receiveMemory }) => {
    const who = holder(owners.get(inode), inode);
    return {
      kind: 'socket',
      text: `${who} packet socket has ${fill(receiveMemory, null, usual)}`,
      moved: true,
      command: `${enteringCommand(site.world, site.netns)}ss -0nmp`,
    };
  });
}

const MOST = 3;
