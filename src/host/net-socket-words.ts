import { grouped } from '../grouped.js';
import type { CheckSite } from './net-check.js';
import type { SocketOwner } from './net-socket-owner.js';
import { readSysctl } from './net-sysctl.js';
import { counted } from './net-words.js';
import type { SocketAddress } from './socket-table.js';

/** What a socket's buffer holds unless its program asked for another. */
export async function usualBuffer({ world, netns }: CheckSite): Promise<number | null> {
  const text = await readSysctl(world, netns, 'net/core/rmem_default');
  return text === null || !/^\d+$/.test(text) ? null : Number(text);
}

/** Whether so much is queued that the next packet may find no room. @param limit null is not known */
export function isNearlyFull(queued: number, limit: number | null): boolean {
  return limit !== null && limit > 0 && queued >= NEARLY_FULL * limit;
}

const NEARLY_FULL = 0.9;

/** `5 of 9 bytes queued`. @param room null where only the usual size is known */
export function fill(queued: number, room: number | null, usual: number | null): string {
  if (room !== null) return `${grouped(queued)} of ${grouped(room)} bytes queued`;
  const usually = usual === null ? '' : ` (the usual buffer, net.core.rmem_default, is ${grouped(usual)})`;
  return `${counted(queued, 'byte')} queued${usually}`;
}

/** `python3[812]`, or why nobody is named. @param inode of the socket's file */
export function holder(owner: SocketOwner | undefined, inode: number): string {
  if (owner !== undefined) return `${owner.comm}[${owner.pid}]`;
  return inode === 0 ? 'a socket that no program holds,' : 'a socket whose program was not found,';
}

/** `10.0.0.1:53`, `[::1]:53`. */
export function joined({ address, port }: SocketAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
