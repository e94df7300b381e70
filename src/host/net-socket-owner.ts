import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../decode/trace-record.js';
import { listProcesses } from './process-facts.js';

/** A process that holds a socket: the one with the lowest number, where several do. */
export interface SocketOwner {
  pid: number;
  comm: ByteString;
}

/**
 * Who holds these sockets, from the links in /proc/PID/fd. Ends when all are found or the time is over: on a host with
 * many open files the rest stays unknown.
 * @param inodes of the sockets' files
 */
export function findSocketOwners(
  world: { proc: string; now: () => number },
  inodes: Iterable<number>,
  budgetMs: number,
): Map<number, SocketOwner> {
  const wanted = new Set([...inodes].filter((inode) => inode !== 0).map((inode) => `socket:[${inode}]`));
  const owners = new Map<number, SocketOwner>();
  const end = world.now() + budgetMs;
  for (const pid of processes(world.proc)) {
    if (wanted.size === 0 || world.now() > end) break;
    for (const target of openFiles(join(world.proc, String(pid), 'fd'))) {
      if (!wanted.delete(target)) continue;
      owners.set(Number(target.slice('socket:['.length, -1)), { pid, comm: commOf(world.proc, pid) });
    }
  }
  return owners;
}

/** Milliseconds that are well spent on the names of a few programs. */
export const OWNER_BUDGET_MS = 200;

function processes(proc: string): number[] {
  try {
    return listProcesses(proc);
  } catch {
    return [];
  }
}

function* openFiles(folder: string): Generator<string> {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return; // gone, or not ours to look at
  }
  for (const name of names) {
    try {
      yield readlinkSync(`${folder}/${name}`, 'latin1');
    } catch {
      // closed meanwhile
    }
  }
}

function commOf(proc: string, pid: number): ByteString {
  try {
    const comm = readFileSync(join(proc, String(pid), 'comm'), 'latin1');
    return comm.endsWith('\n') ? comm.slice(0, -1) : comm;
  } catch {
    return '?';
  }
}
