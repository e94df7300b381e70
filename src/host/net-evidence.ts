import { setImmediate as turn } from 'node:timers/promises';
import type { ByteString } from '../decode/trace-record.js';
import { limited, type RunCommand } from './command.js';
import type { CheckSite } from './net-check.js';
import { conntrackEvidence } from './net-conntrack-evidence.js';
import { counterEvidence } from './net-counter.js';
import { linkEvidence } from './net-link.js';
import { neighbourEvidence } from './net-neighbour.js';
import { qdiscEvidence } from './net-qdisc-evidence.js';
import { routeEvidence } from './net-route.js';
import { ruleEvidence } from './net-rules-evidence.js';
import type { NetRise } from './net-snapshot.js';
import { senderEvidence, socketEvidence } from './net-socket.js';
import { type SoftnetCpu, softnetRise } from './net-softnet.js';
import { readSoftnet, softnetEvidence } from './net-softnet-evidence.js';
import { sysctlEvidence } from './net-sysctl.js';
import { WatchedNamespace } from './net-watch.js';
import type { CheckRequest, DropPlace, Evidence, NetWorld } from './net-world.js';
import type { NetworkNamespace } from './netns.js';

/** What a run ends with. */
export interface Closing {
  /** What rose in each namespace that could be looked into. */
  rises: NetRise[];
  /** Namespaces that were not looked into, for want of room or of time. */
  left: number;
}

/**
 * Looks on this host for what explains drops: what it counts and how it is set up, at the beginning and at the end of a
 * run. Nothing here throws, and nothing that other programs are asked for takes more than their two seconds.
 */
export class NetEvidence {
  readonly #world: NetWorld;
  readonly #watched = new Map<number, WatchedNamespace>();
  /** Those that are not watched. */
  readonly #left = new Set<number>();
  readonly #softnet: SoftnetCpu[];
  #deep = 0;
  #empty = 0;
  /** From then on no program is started any more. */
  #deadline = Number.POSITIVE_INFINITY;

  /** Notes what is counted now. What only other programs can tell is noted soon after, without being waited for. */
  static async start(world: NetWorld, namespaces: readonly NetworkNamespace[]): Promise<NetEvidence> {
    const evidence = new NetEvidence(world);
    evidence.follow(namespaces);
    const near = [...evidence.#watched.values()].filter(({ netns }) => netns.own || netns.pid !== null);
    await Promise.all(near.map((watched) => watched.before()));
    return evidence;
  }

  private constructor(world: NetWorld) {
    const inTime: RunCommand = async (file, args) =>
      world.now() < this.#deadline ? world.command(file, args) : { outcome: 'timeout' };
    this.#world = { ...world, command: limited(inTime, MOST_AT_ONCE) };
    this.#softnet = readSoftnet(world.proc);
  }

  /**
   * Begins to watch namespaces that are new, as many as there is time for; others are left for the next time.
   * @param namespaces all that there are now
   * @param dropping numbers of those in which drops were seen: they come first
   */
  follow(namespaces: readonly NetworkNamespace[], dropping: ReadonlySet<number> = new Set()): void {
    const ends = this.#world.now() + FOLLOW_MS;
    for (const netns of inOrder(namespaces, (each) => each, dropping)) {
      const known = this.#watched.get(netns.inum);
      known?.moveTo(netns);
      if (known !== undefined) continue;
      if (this.#world.now() < ends && this.#takesRoom(netns, dropping.has(netns.inum))) this.#watch(netns);
      else this.#left.add(netns.inum);
    }
  }

  /** What the host says about drops at a place; nothing where it has nothing to say. */
  async check(request: CheckRequest, place: DropPlace): Promise<Evidence[]> {
    try {
      const watched = this.#at(place.netns);
      return watched === null ? [] : await this.#look(request, place, watched);
    } catch {
      return []; // a line less, never a run less
    }
  }

  /** Programs are started for so many milliseconds from now; none of them runs for more than two seconds. */
  allow(milliseconds: number): void {
    this.#deadline = this.#world.now() + milliseconds;
  }

  /**
   * What rose since the beginning. From now on, checks tell of this moment.
   * @param dropping numbers of the namespaces in which drops were seen: after the own one they come first
   * @param milliseconds that may be spent
   */
  async finish(dropping: ReadonlySet<number>, milliseconds: number): Promise<Closing> {
    this.allow(milliseconds);
    const late = () => this.#world.now() >= this.#deadline;
    const looks: Promise<NetRise | null>[] = [];
    let left = this.#left.size;
    for (const watched of inOrder([...this.#watched.values()], ({ netns }) => netns, dropping)) {
      if (late()) left += 1;
      else looks.push(watched.end().catch(() => null));
      await turn();
    }
    const rises = await Promise.all(
      looks.map(async (look) => {
        const rise = await look;
        if (rise === null && late()) left += 1;
        return rise;
      }),
    );
    const dropped = softnetRise(this.#softnet, readSoftnet(this.#world.proc)).reduce(
      (sum, cpu) => sum + cpu.dropped,
      0,
    );
    for (const rise of rises) if (rise?.netns.own) rise.counters.set(SOFTNET_DROPPED, dropped);
    return { rises: rises.filter((rise) => rise !== null), left };
  }

  #takesRoom(netns: NetworkNamespace, drops: boolean): boolean {
    if (this.#watched.size >= MOST_NAMESPACES) return false;
    if (netns.own || netns.pid !== null) return true;
    // Where nobody lives, a program has to be sent in.
    if (this.#empty >= (drops ? MOST_EMPTY_WITH_DROPS : MOST_EMPTY)) return false;
    this.#empty += 1;
    return true;
  }

  #watch(netns: NetworkNamespace): WatchedNamespace {
    const watched = new WatchedNamespace(this.#world, netns);
    this.#watched.set(netns.inum, watched);
    this.#left.delete(netns.inum);
    // Of many namespaces, programs are started in the first few: a start must not cost a second of work.
    if (this.#deep < MOST_DEEP) {
      this.#deep += 1;
      watched.deepen();
    }
    return watched;
  }

  /** What is asked for is looked into, however many others there are. */
  #at(netns: NetworkNamespace | null): WatchedNamespace | null {
    if (netns === null) return [...this.#watched.values()].find((watched) => watched.netns.own) ?? null;
    return this.#watched.get(netns.inum) ?? this.#watch(netns);
  }

  async #look(request: CheckRequest, place: DropPlace, watched: WatchedNamespace): Promise<Evidence[]> {
    const world = this.#world;
    const { netns } = watched;
    const { before, after } = await watched.snapshots();
    const milliseconds = (after?.at ?? world.now()) - (before?.at ?? watched.since);
    const site: CheckSite = { world, netns, place: { ...place, netns }, before, after, milliseconds };
    switch (request.kind) {
      case 'counter':
        return counterEvidence(site, request.names);
      case 'sysctl':
        return sysctlEvidence(site, request.names);
      case 'socket':
        return socketEvidence(site);
      case 'sender':
        return senderEvidence(site);
      case 'rules': {
        const rules = await watched.rules();
        return ruleEvidence(site, rules.before, rules.after);
      }
      case 'link':
        return linkEvidence(site, await this.#nicBefore(watched, place.dev));
      case 'softnet':
        return softnetEvidence(site, this.#softnet);
      case 'qdisc': {
        const qdiscs = await watched.qdiscs();
        return qdiscEvidence(site, qdiscs.before, qdiscs.after);
      }
      case 'conntrack':
        return conntrackEvidence(site);
      case 'route':
        return routeEvidence(site);
      case 'neighbour':
        return neighbourEvidence(site);
    }
  }

  async #nicBefore(watched: WatchedNamespace, dev: ByteString | null): Promise<Map<string, number> | null> {
    return dev === null ? null : watched.nicBefore(dev);
  }
}

/** Among the counters of kwho's own namespace, though it is the host's: packets that found a CPU's backlog full. */
const SOFTNET_DROPPED = 'softnet dropped';
/** Beyond these, on hosts with thousands of containers, drops are told without looking for more that were lost. */
const MOST_NAMESPACES = 256;
const MOST_EMPTY = 16;
const MOST_EMPTY_WITH_DROPS = 32;
const MOST_DEEP = 8;
const MOST_AT_ONCE = 2;
/** What looking at new namespaces may take at a time: nobody reads the ring buffer meanwhile. */
const FOLLOW_MS = 300;

/** kwho's own namespace first, then those with drops. */
function inOrder<T>(
  all: readonly T[],
  netnsOf: (one: T) => NetworkNamespace,
  dropping: ReadonlySet<number>,
): T[] {
  const rank = (one: T) => (netnsOf(one).own ? 0 : dropping.has(netnsOf(one).inum) ? 1 : 2);
  return [...all].sort((a, b) => rank(a) - rank(b));
}
