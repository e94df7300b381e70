import type { ByteString } from '../decode/trace-record.js';
import { grouped } from '../grouped.js';
import type { CheckSite } from './net-check.js';
import { isPresent } from './net-module.js';
import { packetSocketEvidence } from './net-packet-socket.js';
import { type ChosenSocket, chooseSockets, dropRise, type Protocol } from './net-socket-choice.js';
import { parseSocketMemory, type SocketMemory } from './net-socket-memory.js';
import { findSocketOwners, OWNER_BUDGET_MS, type SocketOwner } from './net-socket-owner.js';
import { fill, holder, isNearlyFull, joined, usualBuffer } from './net-socket-words.js';
import { vrfEvidence } from './net-vrf.js';
import { counted, duration } from './net-words.js';
import type { DropFlow, Evidence } from './net-world.js';
import { enteringCommand, runInside } from './netns-reach.js';
import { type InetSocket, TCP_LISTEN } from './socket-table.js';

/**
 * The sockets that a flow's packets are meant for, or, where no flow is known, those that refused packets while we
 * watched: whose they are, what waits in them, and how much fits.
 */
export async function socketEvidence(site: CheckSite): Promise<Evidence[]> {
  const proto = PROTOCOLS.find((name) => name === site.place.flow?.proto) ?? null;
  const { chosen, others } = await chooseSockets(site, proto);
  if (others !== null) return nobody(site, proto ?? 'udp', others);
  if (chosen.length === 0) return proto === null ? packetSocketEvidence(site) : [];
  const { sockets, owners } = foremost(site, chosen);
  const memory = await readMemory(site, sockets);
  const usual = await usualBuffer(site);
  const lines = sockets.map((each) =>
    describe(site, each, owners.get(each.socket.inode), memory.get(each.socket.inode), usual),
  );
  // A socket that is there and did not refuse anything: perhaps it is not for these packets after all.
  const isAtFault = sockets.some(({ socket }) => (dropRise(site, socket) ?? 0) > 0);
  return proto === null || isAtFault ? lines : [...lines, ...(await vrfEvidence(site, proto))];
}

/** Whose the flow's packets are, where they come from a socket of this namespace. */
export async function senderEvidence(site: CheckSite): Promise<Evidence[]> {
  const { flow } = site.place;
  const proto = PROTOCOLS.find((name) => name === flow?.proto);
  if (flow === null || proto === undefined) return [];
  const { src, sport, dst, dport } = flow;
  // It is the one that answers would go to.
  const answers: DropFlow = { ...flow, src: dst, sport: dport, dst: src, dport: sport };
  const { chosen } = await chooseSockets({ ...site, place: { ...site.place, flow: answers } }, proto);
  const { sockets, owners } = foremost(site, chosen);
  return sockets.map(({ socket }) => ({
    kind: 'sender',
    text: `${holder(owners.get(socket.inode), socket.inode)} sends from ${joined(socket.local)}`,
    moved: false,
    command: showing(site, proto, sport),
  }));
}

const PROTOCOLS = ['udp', 'tcp'] as const;
const MOST = 3;

function foremost(
  { world }: CheckSite,
  all: ChosenSocket[],
): { sockets: ChosenSocket[]; owners: Map<number, SocketOwner> } {
  const sockets = all.sort((a, b) => b.rank - a.rank).slice(0, MOST);
  const inodes = sockets.map(({ socket }) => socket.inode);
  return { sockets, owners: findSocketOwners(world, inodes, OWNER_BUDGET_MS) };
}

/** That no socket takes the flow's packets, and which of the same port take others: on another address, of another peer. */
function nobody(site: CheckSite, proto: Protocol, others: ChosenSocket[]): Evidence[] {
  const { dst, dport } = site.place.flow as DropFlow;
  const wanted = joined({ address: dst ?? '*', port: dport ?? 0 });
  const command = showing(site, proto, dport);
  const line = (text: ByteString): Evidence => ({ kind: 'socket', text, moved: true, command });
  const { sockets, owners } = foremost(site, others);
  const lines = sockets.map(({ socket }) =>
    line(`${holder(owners.get(socket.inode), socket.inode)} ${otherUse(proto, socket)}`),
  );
  if (sockets.some(({ socket }) => joined(socket.local) === wanted)) return lines;
  const what = proto === 'tcp' ? 'listens on or is connected to' : 'is bound to';
  return [line(`no ${proto} socket ${what} ${wanted} here`), ...lines];
}

function otherUse(proto: Protocol, { local, remote }: InetSocket): string {
  if (proto === 'tcp') return `listens on ${joined(local)} only`;
  return remote.port === 0
    ? `is bound to ${joined(local)} only`
    : `is bound to ${joined(local)}, and takes packets from ${joined(remote)} only`;
}

async function readMemory(
  site: CheckSite,
  sockets: readonly ChosenSocket[],
): Promise<Map<number, SocketMemory>> {
  const found = new Map<number, SocketMemory>();
  const asked = new Set(sockets.map(({ proto, socket }) => `${proto} ${socket.local.port}`));
  for (const each of asked) {
    const [proto = '', port = ''] = each.split(' ');
    if (!isPresent(site.world, `${proto}_diag`)) continue;
    const args = ['-H', `-${OPTION[proto as Protocol]}anme`, 'sport', '=', `:${port}`];
    const result = await runInside(site.world, site.netns, 'ss', args);
    if (result.outcome !== 'done') continue;
    for (const [inode, memory] of parseSocketMemory(result.stdout)) found.set(inode, memory);
  }
  return found;
}

const OPTION: Record<Protocol, string> = { udp: 'u', tcp: 't', raw: 'w' };

function describe(
  site: CheckSite,
  { proto, socket }: ChosenSocket,
  owner: SocketOwner | undefined,
  memory: SocketMemory | undefined,
  usual: number | null,
): Evidence {
  const isListening = proto === 'tcp' && socket.state === TCP_LISTEN;
  const told = isListening ? listening(socket, memory) : receiving(site, socket, memory, usual);
  const only = memory === undefined ? null : otherwiseOnly(site, memory);
  const command = showing(site, proto, socket.local.port);
  const limit = only === null ? '' : `; it takes ${only} only`;
  const text = `${holder(owner, socket.inode)} ${told.text}${limit}`;
  return { kind: 'socket', text, moved: told.moved || only !== null, command };
}

/** What the table of sockets does not show: that this one takes other packets than the flow's. */
function otherwiseOnly({ place }: CheckSite, { device, onlyIpv6 }: SocketMemory): string | null {
  if (onlyIpv6 && place.flow?.family === 'ipv4') return 'IPv6';
  return device !== null && place.dev !== null && device !== place.dev ? `packets of ${device}` : null;
}

interface Told {
  text: string;
  moved: boolean;
}

/** It refuses when there are more than the limit (include/net/sock.h sk_acceptq_is_full()). */
function listening({ local, receiveQueue }: InetSocket, memory: SocketMemory | undefined): Told {
  const limit = memory?.acceptLimit ?? null;
  const waiting = `${counted(receiveQueue, 'connection')} waiting to be accepted`;
  const text = `listens on ${joined(local)} with ${waiting}${limit === null ? '' : `, limit ${grouped(limit)}`}`;
  return { text, moved: limit !== null && receiveQueue > limit };
}

function receiving(
  site: CheckSite,
  socket: InetSocket,
  memory: SocketMemory | undefined,
  usual: number | null,
): Told {
  const queued = memory?.received ?? socket.receiveQueue;
  const limit = memory?.receiveBuffer ?? usual;
  const drops = socket.drops ?? memory?.drops ?? null;
  const rise = dropRise(site, socket) ?? 0;
  const ofThem = rise > 0 ? `, ${grouped(rise)} of them in ${duration(site.milliseconds)}` : '';
  const refused = drops === null ? '' : `; ${counted(drops, 'drop')} on this socket${ofThem}`;
  const text = `${joined(socket.local)} has ${fill(queued, memory?.receiveBuffer ?? null, usual)}${refused}`;
  return { text, moved: rise > 0 || isNearlyFull(queued, limit) };
}

function showing(site: CheckSite, proto: Protocol, port: number | null): ByteString {
  const filter = port === null ? '' : ` 'sport = :${port}'`;
  return `${enteringCommand(site.world, site.netns)}ss -${OPTION[proto]}anmp${filter}`;
}
