import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../decode/trace-record.js';
import type { CommandResult } from './command.js';
import type { NetWorld } from './net-world.js';
import { inumOf, type NetworkNamespace } from './netns.js';

/** Runs a program inside of a namespace. */
export async function runInside(
  world: NetWorld,
  netns: NetworkNamespace,
  file: string,
  args: readonly string[],
): Promise<CommandResult> {
  if (netns.own) return world.command(file, args);
  if (hasMoved(world, netns)) return { outcome: 'failed', why: 'the namespace is gone' };
  const result = await world.command('nsenter', [`--net=${netns.path}`, '--', file, ...args]);
  const notFound = result.outcome === 'done' && result.status === NOT_FOUND && result.stdout === '';
  return notFound ? { outcome: 'missing' } : result;
}

/** Characters of a file that are read at most: a busy host's table of TCP sockets is made anew for every reader. */
export const MOST_READ = 4 << 20;

/**
 * Files below /proc/net or /proc/sys as a namespace shows them; null for one that it does not have. Through a process
 * that lives there, where one does, else by running cat in it.
 * @param paths below /proc, `net/snmp`
 */
export async function readInside(
  world: NetWorld,
  netns: NetworkNamespace,
  paths: readonly string[],
): Promise<(ByteString | null)[]> {
  if (netns.own) return paths.map((path) => read(join(world.proc, path)));
  // /proc/sys shows the namespace of whoever reads it; below /proc/PID there is only net.
  if (netns.pid !== null && paths.every((path) => path.startsWith('net/'))) {
    const found = paths.map((path) => read(join(world.proc, String(netns.pid), path)));
    if (homeOf(world, netns.pid) === netns.inum) return found;
  }
  return readByCat(world, netns, paths);
}

/** `ip netns exec NAME ` or what else enters the namespace, for the user's shell; nothing for the own one. */
export function enteringCommand(world: { run: string; proc: string }, netns: NetworkNamespace): ByteString {
  if (netns.own) return '';
  const named = `${world.run}/netns/`;
  const name = netns.path.startsWith(named) ? netns.path.slice(named.length) : null;
  if (name !== null && !name.startsWith('-')) return `ip netns exec ${shellWord(name)} `;
  return netns.path.startsWith(`${world.proc}/`) && netns.pid !== null
    ? `nsenter -t ${netns.pid} -n `
    : `nsenter ${shellWord(`--net=${netns.path}`)} `;
}

/** One word of a POSIX shell, whatever the text holds. */
export function shellWord(text: ByteString): ByteString {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What nsenter and shells exit with when the program is not there. */
const NOT_FOUND = 127;

/** Between entering by a process's link and having looked at it, the process may have gone and its number come back. */
function hasMoved(world: NetWorld, netns: NetworkNamespace): boolean {
  return (
    netns.pid !== null && netns.path.startsWith(`${world.proc}/`) && homeOf(world, netns.pid) !== netns.inum
  );
}

function homeOf(world: NetWorld, pid: number): number | null {
  try {
    return inumOf(readlinkSync(join(world.proc, String(pid), 'ns/net'), 'latin1'));
  } catch {
    return null;
  }
}

/** One cat for all of them, with this boot's identifier between the files: no interface can be named like it. */
async function readByCat(
  world: NetWorld,
  netns: NetworkNamespace,
  paths: readonly string[],
): Promise<(ByteString | null)[]> {
  const fence = read(join(world.proc, FENCE));
  if (fence === null || fence === '' || paths.length === 0) return paths.map(() => null);
  const files = paths.flatMap((path) => [`/proc/${path}`, `/proc/${FENCE}`]);
  const result = await runInside(world, netns, 'cat', ['--', ...files]);
  if (result.outcome !== 'done') return paths.map(() => null);
  const parts = result.stdout.split(fence);
  // An absent file leaves nothing between two fences; none that we ask for is ever empty.
  return paths.map((_, i) =>
    parts.length !== paths.length + 1 || parts[i] === '' ? null : (parts[i] ?? null),
  );
}

const FENCE = 'sys/kernel/random/boot_id';

function read(path: string): ByteString | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const chunks: string[] = [];
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (let total = 0; total < MOST_READ; ) {
      const length = readSync(fd, buffer, 0, CHUNK, null);
      if (length === 0) break;
      chunks.push(buffer.toString('latin1', 0, length));
      total += length;
    }
    return chunks.join('');
  } catch {
    return null; // its process is gone
  } finally {
    closeSync(fd);
  }
}

const CHUNK = 1 << 16;
