import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../decode/trace-record.js';
import { containerOf } from './cgroup-identity.js';
import { listProcesses } from './process-facts.js';

/** One network namespace of this host. */
export interface NetworkNamespace {
  /** Inode number, as `ls -i` and the kernel's ns.inum say it. */
  inum: number;
  /** `ip netns` name, else container (`docker:0123456789ab`); null for the host's own and where nothing names it. */
  name: ByteString | null;
  /** A process that lives in it. */
  pid: number | null;
  /** For `nsenter --net=PATH`. */
  path: ByteString;
  /** The one kwho itself is in. */
  own: boolean;
}

/** Every network namespace that a process lives in or that has a name, the own one first. For repeated looks see below. */
export function listNetworkNamespaces(world: { proc: string; run: string }): NetworkNamespace[] {
  return new NetnsFinder(world).look();
}

/**
 * Finds network namespaces again and again while new ones appear: a look reads the links of processes that it has not
 * seen before, and of some of those it has, since a process may move (setns(2)) and its number be used again.
 */
export class NetnsFinder {
  readonly #proc: string;
  readonly #run: string;
  /** Where each process was when it was last looked at. null: it does not let us look. */
  readonly #homes = new Map<number, number | null>();
  #recheckFrom = 0;

  constructor(world: { proc: string; run: string }) {
    this.#proc = world.proc;
    this.#run = world.run;
  }

  look(): NetworkNamespace[] {
    this.#followProcesses();
    const own = this.#homeOf('self');
    const host = this.#homeOf(1) ?? own;
    const found = new Map<number, NetworkNamespace>();
    for (const [pid, inum] of this.#homes) {
      if (inum === null || found.has(inum)) continue;
      found.set(inum, { inum, name: null, pid, path: this.#link(pid), own: inum === own });
    }
    if (own !== null) {
      const pid = found.get(own)?.pid ?? null;
      found.set(own, { inum: own, name: null, pid, path: this.#link('self'), own: true });
    }
    for (const [inum, { name, path }] of this.#pinned()) {
      const known = found.get(inum);
      if (known === undefined) found.set(inum, { inum, name, pid: null, path, own: inum === own });
      else Object.assign(known, { path: known.own ? known.path : path, name: name ?? known.name });
    }
    for (const each of found.values()) {
      if (each.name === null && each.pid !== null && each.inum !== host)
        each.name = this.#containerAt(each.pid);
    }
    return [...found.values()].sort((a, b) => Number(b.own) - Number(a.own) || a.inum - b.inum);
  }

  #followProcesses(): void {
    const pids = this.#processes();
    const alive = new Set(pids);
    for (const pid of this.#homes.keys()) if (!alive.has(pid)) this.#homes.delete(pid);
    const again = new Set(pids.slice(this.#recheckFrom, this.#recheckFrom + RECHECKED));
    this.#recheckFrom = this.#recheckFrom + RECHECKED < pids.length ? this.#recheckFrom + RECHECKED : 0;
    // What stands for its namespace is looked at every time: everything that is read of it goes through this process.
    const standing = new Set<number | null>();
    for (const pid of pids) {
      const home = this.#homes.get(pid);
      const stands = home !== undefined && !standing.has(home);
      if (home === undefined || stands || again.has(pid)) this.#homes.set(pid, this.#homeOf(pid));
      standing.add(this.#homes.get(pid) ?? null);
    }
  }

  #processes(): number[] {
    try {
      return listProcesses(this.#proc);
    } catch {
      return []; // no /proc: names are all there is
    }
  }

  #homeOf(pid: number | 'self'): number | null {
    try {
      return inumOf(readlinkSync(this.#link(pid), 'latin1'));
    } catch {
      return null; // gone, or not ours to look at
    }
  }

  #link(pid: number | 'self'): string {
    return join(this.#proc, String(pid), 'ns/net');
  }

  /** What `ip netns` and docker have mounted to keep: a file's inode is its namespace. */
  #pinned(): Map<number, { name: ByteString | null; path: ByteString }> {
    const found = new Map<number, { name: ByteString | null; path: ByteString }>();
    const device = fileAt(this.#link('self'))?.dev;
    for (const [folder, named] of [
      ['netns', true],
      ['docker/netns', false],
    ] as const) {
      const path = join(this.#run, folder);
      for (const name of entries(path)) {
        const file = fileAt(`${path}/${name}`);
        // A plain file is what is left of one when nothing is mounted on it any more.
        if (file === null || (device !== undefined && file.dev !== device) || found.has(file.ino)) continue;
        found.set(file.ino, { name: named ? name : null, path: `${path}/${name}` });
      }
    }
    return found;
  }

  #containerAt(pid: number): ByteString | null {
    try {
      const groups = readFileSync(join(this.#proc, String(pid), 'cgroup'), 'latin1').split('\n');
      return groups.map((line) => containerOf(line)).find((name) => name !== null) ?? null;
    } catch {
      return null;
    }
  }
}

/** Whether its way in still leads to it: the number of a namespace that ended is given to the next one at once. */
export function isStillThere({ inum, path }: NetworkNamespace): boolean {
  try {
    return inumOf(readlinkSync(Buffer.from(path, 'latin1'), 'latin1')) === inum;
  } catch {
    return fileAt(path)?.ino === inum; // not a link of /proc but a mount
  }
}

/** The inode number in a link of /proc/PID/ns: `net:[4026531840]`. */
export function inumOf(link: string): number | null {
  const digits = /^net:\[(\d{1,10})\]$/.exec(link)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Known processes looked at again in one look. */
const RECHECKED = 200;

function entries(folder: string): ByteString[] {
  try {
    return readdirSync(folder, 'latin1');
  } catch {
    return [];
  }
}

function fileAt(path: ByteString): { dev: number; ino: number } | null {
  try {
    // As bytes: a name need not be UTF-8.
    return statSync(Buffer.from(path, 'latin1'));
  } catch {
    return null;
  }
}
