import type { ByteString } from '../decode/trace-record.js';
import { limited } from './command.js';
import type { CheckSite } from './net-check.js';
import { conntrackEvidence } from './net-conntrack-evidence.js';
import { counterEvidence } from './net-counter.js';
import { linkEvidence } from './net-link.js';
import { neighbourEvidence } from './net-neighbour.js';
import { qdiscEvidence } from './net-qdisc-evidence.js';
import { routeEvidence } from './net-route.js';
import { ruleEvidence } from './net-rules-evidence.js';
import type { NetRise } from './net-snapshot.js';
import { socketEvidence } from './net-socket.js';
import { type SoftnetCpu, softnetRise } from './net-softnet.js';
import { readSoftnet, softnetEvidence } from './net-softnet-evidence.js';
import { sysctlEvidence } from './net-sysctl.js';
import { WatchedNamespace } from './net-watch.js';
import type { CheckRequest, DropPlace, Evidence, NetWorld } from './net-world.js';
import type { NetworkNamespace } from './netns.js';

/**
 * Looks on this host for what explains drops: what it counts and how it is set up, at the beginning and at the end of a
 * run. Nothing here throws, and nothing that other programs are asked for takes more than their two seconds.
 */
export class NetEvidence {
  readonly #world: NetWorld;
  readonly #watched = new Map<number, WatchedNamespace>();
  readonly #softnet: SoftnetCpu[];
  #deep = 0;
  #empty = 0;

  /** Notes what is counted now. What only other programs can tell is noted soon after, without being waited for. */
  static async start(world: NetWorld, namespaces: readonly NetworkNamespace[]): Promise<NetEvidence> {
    const evidence = new NetEvidence(world);
    evidence.follow(namespaces);
    const near = [...evidence.#watched.values()].filter(({ netns }) => netns.own || netns.pid !== null);
    await Promise.all(near.map((watched) => watched.before()));
    return evidence;
  }

  private constructor(world: NetWorld) {
    this.#world = { ...world, command: limited(world.command, MOST_AT_ONCE) };
    this.#softnet = readSoftnet(world.proc);
  }

  /** Begins to watch namespaces that are new. @param namespaces all that there are now */
  follow(namespaces: readonly NetworkNamespace[]): void {
    for (const netns of namespaces) {
      const known = this.#watched.get(netns.inum);
      known?.moveTo(netns);
      if (known !== undefined || !this.#hasRoomFor(netns)) continue;
      const watched = new WatchedNamespace(this.#world, netns);
      this.#watched.set(netns.inum, watched);
      this.#deepen(watched);
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

  /** What rose in each namespace that could be looked into. From now on, checks tell of this moment. */
  async finish(): Promise<NetRise[]> {
    const rises = await Promise.all(
      [...this.#watched.values()].map((watched) => watched.end().catch(() => null)),
    );
    const dropped = softnetRise(this.#softnet, readSoftnet(this.#world.proc)).reduce(
      (sum, cpu) => sum + cpu.dropped,
      0,
    );
    for (const rise of rises) if (rise?.netns.own) rise.counters.set(SOFTNET_DROPPED, dropped);
    return rises.filter((rise) => rise !== null);
  }

  #hasRoomFor(netns: NetworkNamespace): boolean {
    if (netns.own || netns.pid !== null) return this.#watched.size < MOST_NAMESPACES;
    // Where nobody lives, a program has to be sent in.
    this.#empty += 1;
    return this.#empty <= MOST_EMPTY;
  }

  /** Of many namespaces, programs are started in the first few: a start must not cost a second of work. */
  #deepen(watched: WatchedNamespace): void {
    if (this.#deep >= MOST_DEEP) return;
    this.#deep += 1;
    watched.deepen();
  }

  #at(netns: NetworkNamespace | null): WatchedNamespace | null {
    if (netns === null) return [...this.#watched.values()].find((watched) => watched.netns.own) ?? null;
    const known = this.#watched.get(netns.inum);
    if (known !== undefined) return known;
    this.follow([netns]);
    return this.#watched.get(netns.inum) ?? null;
  }

  async #look(request: CheckRequest, place: DropPlace, watched: WatchedNamespace): Promise<Evidence[]> {
    const world = this.#world;
    const { netns } = watched;
    const [before, after] = await Promise.all([watched.before(), watched.after()]);
    const milliseconds = (after?.at ?? world.now()) - (before?.at ?? watched.since);
    const site: CheckSite = { world, netns, place: { ...place, netns }, before, after, milliseconds };
    switch (request.kind) {
      case 'counter':
        return counterEvidence(site, request.names);
      case 'sysctl':
        return sysctlEvidence(site, request.names);
      case 'socket':
        return socketEvidence(site);
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
/** Beyond these, on hosts with thousands of containers, drops are told without evidence. */
const MOST_NAMESPACES = 256;
const MOST_EMPTY = 16;
const MOST_DEEP = 8;
const MOST_AT_ONCE = 2;
