import type { ByteString } from '../decode/trace-record.js';
import { riseOf } from './net-counters.js';
import { hardwareInterfaces, readNicCounters } from './net-nic.js';
import { type QdiscList, readQdiscs } from './net-qdisc.js';
import { type RuleList, readRules } from './net-rules.js';
import { type NetRise, type NetSnapshot, snapshotRise, takeSnapshot } from './net-snapshot.js';
import type { NetWorld } from './net-world.js';
import type { NetworkNamespace } from './netns.js';

/**
 * One namespace, from when we began to watch it until now. What is asked for several times within half a second is
 * looked at once; after {@link WatchedNamespace.end} everything stays as it is found then.
 */
export class WatchedNamespace {
  /** Milliseconds on the world's clock. */
  readonly since: number;
  readonly #world: NetWorld;
  #netns: NetworkNamespace;
  #before: Promise<NetSnapshot | null>;
  #deep: Deep | null = null;
  readonly #now: { snapshot: Look<NetSnapshot | null>; rules: Look<RuleList>; qdiscs: Look<QdiscList> };
  #ended = false;

  constructor(world: NetWorld, netns: NetworkNamespace) {
    this.since = world.now();
    this.#world = world;
    this.#netns = netns;
    this.#before = takeSnapshot(world, netns).catch(() => null);
    this.#now = {
      snapshot: new Look(world, () => takeSnapshot(world, this.#netns).catch(() => null)),
      rules: new Look(world, () => readRules(world, this.#netns)),
      qdiscs: new Look(world, () => readQdiscs(world, this.#netns)),
    };
  }

  /** A process that stood for it may have ended, and another be found. */
  moveTo(netns: NetworkNamespace): void {
    this.#netns = netns;
  }

  get netns(): NetworkNamespace {
    return this.#netns;
  }

  /** Notes also what only other programs can tell. Goes on by itself; each of them is looked at once. */
  deepen(): void {
    this.#deep ??= {
      // Nobody may wait for these, and a rejection that nobody waits for ends the process.
      rules: readRules(this.#world, this.#netns).catch(() => null),
      qdiscs: readQdiscs(this.#world, this.#netns).catch(() => null),
      nics: this.#netns.own ? this.#readNics().catch(() => new Map()) : Promise.resolve(new Map()),
    };
  }

  before(): Promise<NetSnapshot | null> {
    return this.#before;
  }

  async snapshots(): Promise<{ before: NetSnapshot | null; after: NetSnapshot | null }> {
    const [before, after] = await Promise.all([this.#before, this.after()]);
    return { before: this.#ifInTime(before, after), after };
  }

  /** As of now, or of the end. */
  after(): Promise<NetSnapshot | null> {
    return this.#now.snapshot.take(this.#ended);
  }

  async rules(): Promise<{ before: RuleList | null; after: RuleList }> {
    const after = await this.#now.rules.take(this.#ended);
    return { before: this.#ifInTime((await this.#deep?.rules) ?? null, after), after };
  }

  async qdiscs(): Promise<{ before: QdiscList | null; after: QdiscList }> {
    const after = await this.#now.qdiscs.take(this.#ended);
    return { before: this.#ifInTime((await this.#deep?.qdiscs) ?? null, after), after };
  }

  /** What an interface's driver said at the beginning; null where it was not asked. */
  async nicBefore(dev: ByteString): Promise<Map<string, number> | null> {
    return (await this.#deep?.nics)?.get(dev) ?? null;
  }

  /** From now on everything stays as it is. null where either of the two looks failed. */
  async end(): Promise<NetRise | null> {
    for (const look of Object.values(this.#now)) look.forget();
    this.#ended = true;
    const [before, after, nics] = await Promise.all([this.#before, this.after(), this.#nicRise()]);
    if (before === null || after === null) return null;
    const rise = snapshotRise(this.#netns, before, after);
    for (const [dev, counters] of nics) {
      for (const [name, count] of counters) rise.devices.get(dev)?.set(`${name} (ethtool -S)`, count);
    }
    return rise;
  }

  /** A busy host takes seconds to ask a program: a first look in the second half of a short run missed what came before. */
  #ifInTime<T extends { readonly at: number }>(
    before: T | null,
    after: { readonly at: number } | null,
  ): T | null {
    if (before === null || after === null) return before;
    return before.at - this.since <= (after.at - this.since) / 2 ? before : null;
  }

  async #readNics(): Promise<Map<ByteString, Map<string, number>>> {
    const devs = hardwareInterfaces(this.#world.sys, (await this.#before)?.devices.keys() ?? []);
    const found = await Promise.all(
      devs.slice(0, MOST_NICS).map(async (dev) => [dev, await readNicCounters(this.#world, dev)] as const),
    );
    return new Map(found.flatMap(([dev, counters]) => (counters === null ? [] : [[dev, counters] as const])));
  }

  async #nicRise(): Promise<[ByteString, Map<string, number>][]> {
    const before = await this.#deep?.nics;
    if (before === undefined || before.size === 0) return [];
    const after = await this.#readNics();
    return [...before].map(([dev, counters]) => [dev, riseOf(counters, after.get(dev) ?? new Map())]);
  }
}

interface Deep {
  rules: Promise<RuleList | null>;
  qdiscs: Promise<QdiscList | null>;
  nics: Promise<Map<ByteString, Map<string, number>>>;
}

/** Asking a driver stops its card for a moment: of hosts with dozens of them, the first. */
const MOST_NICS = 4;

/** Something to look at, kept for a moment. */
class Look<T> {
  readonly #world: NetWorld;
  readonly #look: () => Promise<T>;
  #taken: { at: number; result: Promise<T> } | null = null;

  constructor(world: NetWorld, look: () => Promise<T>) {
    this.#world = world;
    this.#look = look;
  }

  /** @param keep the last one, however old */
  take(keep: boolean): Promise<T> {
    const now = this.#world.now();
    if (this.#taken === null || (!keep && now - this.#taken.at > FRESH_MS)) {
      this.#taken = { at: now, result: this.#look() };
    }
    return this.#taken.result;
  }

  forget(): void {
    this.#taken = null;
  }
}

const FRESH_MS = 500;
