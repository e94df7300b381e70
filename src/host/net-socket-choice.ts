import type { CheckSite } from './net-check.js';
import type { DropFlow } from './net-world.js';
import { MOST_READ, readInside } from './netns-reach.js';
import { type InetSocket, parseInetSockets, TCP_LISTEN } from './socket-table.js';

export type Protocol = 'udp' | 'tcp' | 'raw';

/** A socket that packets are meant for, or that refuses them. */
export interface ChosenSocket {
  proto: Protocol;
  socket: InetSocket;
  /** The higher, the more it is the one. */
  rank: number;
}

export interface SocketChoice {
  /** Those that a flow's packets go to; without a flow, those that refused packets while we watched. */
  chosen: ChosenSocket[];
  /** Where nobody has such a socket: those of the same port that take other packets. null: that is not known for sure. */
  others: ChosenSocket[] | null;
}

export async function chooseSockets(site: CheckSite, proto: Protocol | null): Promise<SocketChoice> {
  const tables = await readTables(site, proto);
  const { flow } = site.place;
  const chosen = tables.flatMap((table) => receivers(table, flow));
  if (chosen.length > 0) return { chosen, others: null };
  if (proto === null) return { chosen: refusing(site, tables), others: null };
  const isSure = tables.length > 0 && tables.every(isWhole);
  return { chosen: [], others: isSure ? tables.flatMap((table) => samePort(table, flow)) : null };
}

interface Table {
  proto: Protocol;
  sockets: InetSocket[];
  /** Characters it was read from. */
  length: number;
}

async function readTables(site: CheckSite, proto: Protocol | null): Promise<Table[]> {
  const wanted: readonly Protocol[] = proto === null ? ['udp', 'raw'] : [proto];
  const files = wanted.flatMap((name) => [`net/${name}`, `net/${name}6`]);
  const texts = await readInside(site.world, site.netns, files);
  return texts.flatMap((text, i): Table[] => {
    if (text === null) return [];
    return [
      { proto: wanted[i >> 1] as Protocol, length: text.length, sockets: parseInetSockets(text).sockets },
    ];
  });
}

function isWhole({ length }: Table): boolean {
  return length < MOST_READ;
}

/** As the kernel looks it up: a connected socket before one that is bound to the address, and that before any address. */
function receivers({ proto, sockets }: Table, flow: DropFlow | null): ChosenSocket[] {
  if (flow === null || flow.dport === null) return [];
  const { dst, dport, src, sport } = flow;
  const found = sockets.flatMap((socket): ChosenSocket[] => {
    const { local, remote } = socket;
    if (local.port !== dport || (!isAny(local.address) && local.address !== dst)) return [];
    if (local.address === '0.0.0.0' && flow.family === 'ipv6') return [];
    const connected = remote.port !== 0;
    if (connected && (remote.port !== sport || remote.address !== src)) return [];
    return [{ proto, socket, rank: (connected ? 2 : 0) + (isAny(local.address) ? 0 : 1) }];
  });
  const best = Math.max(...found.map(({ rank }) => rank));
  return found.filter(({ rank }) => rank === best);
}

/** A TCP connection takes no new ones, and is no service. */
function samePort({ proto, sockets }: Table, flow: DropFlow | null): ChosenSocket[] {
  return sockets.flatMap((socket): ChosenSocket[] => {
    if (socket.local.port !== flow?.dport || (proto === 'tcp' && socket.state !== TCP_LISTEN)) return [];
    return [{ proto, socket, rank: socket.local.address === flow.dst ? 1 : 0 }];
  });
}

function isAny(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function refusing(site: CheckSite, tables: readonly Table[]): ChosenSocket[] {
  return tables.flatMap(({ proto, sockets }) =>
    sockets.flatMap((socket) => {
      const rank = dropRise(site, socket) ?? 0;
      return rank > 0 ? [{ proto, socket, rank }] : [];
    }),
  );
}

/** null where the socket has no counter. One that is new since then began at zero. */
export function dropRise({ before }: CheckSite, { inode, drops }: InetSocket): number | null {
  if (drops === null || before === null || inode === 0) return null;
  return Math.max(0, drops - (before.socketDrops.get(inode) ?? 0));
}
