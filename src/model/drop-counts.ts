import type { DropReasons } from '../decode/drop-reasons.js';
import type { HistEntry, HistKey, HistTable } from '../decode/hist-table.js';
import type { KernelLocation } from '../decode/kernel-location.js';
import type { ByteString } from '../decode/trace-record.js';
import { withoutFreeing } from './drop-path.js';
import { isInterfaceName, isNamespace } from './drop-record.js';
import { type CountedDrops, rowId } from './drop-table.js';
import type { DropKey, DropLocation } from './events.js';

export interface CountContext {
  reasons: DropReasons;
  hasReason: boolean;
  /** The total table is one of kwho's probe, whose protocol is in network order. */
  swapped: boolean;
  /** Names an address, and remembers what the kernel says of it. */
  name: (address: bigint, text: string) => KernelLocation | null;
  netnsName: (inum: number) => ByteString | null;
}

/** The kernel's tables as they were read just now. */
export interface CountTablesRead {
  /** location × reason × protocol */
  total: HistTable;
  /** location × reason × device; null where no probe runs. */
  devices: HistTable | null;
  /** device × name × namespace */
  names: HistTable | null;
  /** location × reason × namespace of the socket, of packets without a device. */
  sockets: readonly HistTable[];
  /** The one key of an unusual table: a process's name, a kernel path. */
  extra: HistTable | null;
}

/**
 * Joins the kernel's tables, which hold running totals, into rows of location × reason × interface × namespace.
 * Tables are read one after the other while drops go on: a difference between them is carried, not guessed away.
 */
export class DropCounts {
  readonly #context: CountContext;
  /** Running totals of the joined rows. */
  readonly #rows = new Map<string, CountedDrops>();
  /** Of each line of the device table, how much has been put into rows. */
  readonly #placed = new Map<string, number>();
  readonly #owners = new Map<bigint, Owner[]>();
  /** By location and reason, the namespaces of packets without a device. */
  readonly #sockets = new Map<string, Owner[]>();
  #total: HistTable | null = null;
  #extra: HistTable | null = null;

  constructor(context: CountContext) {
    this.#context = context;
  }

  update({ total, devices, names, sockets, extra }: CountTablesRead): void {
    this.#total = total;
    this.#extra = extra;
    for (const entry of names?.entries ?? []) this.#noteOwner(entry);
    this.#noteSockets(sockets);
    for (const entry of devices?.entries ?? []) this.#place(entry);
  }

  /** Every drop so far, also those that are in no row. */
  get counted(): number {
    return this.#total === null ? 0 : sum(this.#total.entries) + this.unplaced;
  }

  /**
   * Drops that are counted, and of which nothing else is known: the table was full, or a line unreadable. The kernel
   * reads its hits after the lines, so that a few more of them are only drops that came in between.
   */
  get unplaced(): number {
    if (this.#total === null) return 0;
    const { entries, entriesTotal, hits, dropped } = this.#total;
    const unreadable = entriesTotal > entries.length ? Math.max(0, hits - sum(entries)) : 0;
    return dropped + unreadable;
  }

  /** Running totals by location, reason, interface and namespace. */
  rows(): CountedDrops[] {
    return [...this.#rows.values()];
  }

  /** Running totals by location, reason and protocol. */
  protocols(): CountedDrops[] {
    return (this.#total?.entries ?? []).map((entry) => ({
      key: { ...this.#placeOf(entry), protocol: this.#protocolOf(entry) },
      count: entry.hitcount,
    }));
  }

  /** Running totals by name of the running thread, or by kernel path. */
  extras(kind: 'comm' | 'stack'): CountedDrops[] {
    return (this.#extra?.entries ?? []).map(({ keys: [key], hitcount }) => ({
      key:
        kind === 'comm'
          ? { comm: typeof key === 'string' ? key : null }
          : { stack: Array.isArray(key) ? withoutFreeing(key) : [] },
      count: hitcount,
    }));
  }

  /** At the end, when no drop is under way: what the total has and no device line accounts for. */
  settle(): void {
    const known = new Map<string, number>();
    for (const { key, count } of this.#rows.values()) add(known, rowId(bare(key)), count);
    const totals = new Map<string, { key: DropKey; count: number }>();
    for (const entry of this.#total?.entries ?? []) {
      const key = this.#placeOf(entry);
      const id = rowId(key);
      totals.set(id, { key, count: (totals.get(id)?.count ?? 0) + entry.hitcount });
    }
    for (const [id, { key, count }] of totals) {
      const missing = count - (known.get(id) ?? 0);
      if (missing > 0) this.#add({ ...key, dev: null, netns: null, ifindex: null, netnsName: null }, missing);
    }
  }

  #noteOwner({ keys: [device, dev, netns], hitcount }: HistEntry): void {
    const address = toBigint(device);
    const name = typeof dev === 'string' ? dev : null;
    const inum = toNumber(netns);
    if (!isPointer(address) || !isInterfaceName(name) || !isNamespace(inum)) return;
    const owners = this.#owners.get(address) ?? [];
    this.#owners.set(address, owners);
    const known = owners.find((owner) => owner.dev === name && owner.netns === inum);
    if (known !== undefined) known.hits = hitcount;
    else owners.push({ dev: name, netns: inum, hits: hitcount, given: 0 });
  }

  /** The same namespace may be known from the buffer's socket and from the receiver's: two lines, one owner. */
  #noteSockets(tables: readonly HistTable[]): void {
    for (const owners of this.#sockets.values()) for (const owner of owners) owner.hits = 0;
    for (const entry of tables.flatMap(({ entries }) => entries)) {
      const inum = toNumber(entry.keys.at(-1));
      if (!isNamespace(inum)) continue;
      const id = rowId(this.#placeOf(entry));
      const owners = this.#sockets.get(id) ?? [];
      this.#sockets.set(id, owners);
      const known = owners.find((owner) => owner.netns === inum);
      if (known !== undefined) known.hits += entry.hitcount;
      else owners.push({ dev: null, netns: inum, hits: entry.hitcount, given: 0 });
    }
  }

  /** A device that was renamed, or gone and followed by another at its address, has several owners. */
  #place(entry: HistEntry): void {
    const key = this.#placeOf(entry);
    const device = toBigint(entry.keys.at(-1));
    const id = `${rowId(key)}\0${device}`;
    let grown = entry.hitcount - (this.#placed.get(id) ?? 0);
    if (grown <= 0) return;
    this.#placed.set(id, entry.hitcount);
    const isDevice = isPointer(device);
    const owners = (isDevice ? this.#owners.get(device) : this.#sockets.get(rowId(key))) ?? [];
    for (const owner of owners) {
      const isOnly = isDevice && owners.length === 1;
      const share = isOnly ? grown : Math.min(grown, owner.hits - owner.given);
      if (share <= 0) continue;
      owner.given += share;
      grown -= share;
      this.#add({ ...key, ...this.#describe(owner) }, share);
    }
    const last = isDevice ? owners.at(-1) : undefined;
    if (grown > 0) this.#add({ ...key, ...(last === undefined ? NOBODY : this.#describe(last)) }, grown);
  }

  #describe({ dev, netns }: Owner): DropKey {
    return { dev, ifindex: null, netns, netnsName: this.#context.netnsName(netns) };
  }

  #add(key: DropKey, count: number): void {
    const id = rowId(key);
    const row = this.#rows.get(id);
    if (row === undefined) this.#rows.set(id, { key, count });
    else row.count += count;
  }

  /** Location and reason, which stand first in each table. */
  #placeOf({ keys }: HistEntry): DropKey {
    const { hasReason, reasons } = this.#context;
    const reason = hasReason ? reasons.name(toNumber(keys[1]) ?? 0) : null;
    return { location: this.#locate(keys[0]), reason };
  }

  #locate(key: HistKey | undefined): DropLocation {
    if (typeof key !== 'object' || !('address' in key)) return { ...NOWHERE, address: null };
    const { address, symbol } = key;
    return { ...(this.#context.name(address, symbol) ?? NOWHERE), address: `0x${address.toString(16)}` };
  }

  #protocolOf({ keys }: HistEntry): number | null {
    const value = toNumber(keys[this.#context.hasReason ? 2 : 1]);
    if (value === null || !this.#context.swapped) return value;
    return ((value & 0xff) << 8) | (value >>> 8);
  }
}

interface Owner {
  /** null where only a socket tells whose the packet was. */
  dev: ByteString | null;
  netns: number;
  /** Drops that the table of names has of it, and those of them that are in rows. */
  hits: number;
  given: number;
}

const NOWHERE = { symbol: null, offset: null, module: null };
const NOBODY: DropKey = { dev: null, ifindex: null, netns: null, netnsName: null };

function bare({ location, reason }: DropKey): DropKey {
  return { ...(location === undefined ? {} : { location }), ...(reason === undefined ? {} : { reason }) };
}

function add(counts: Map<string, number>, id: string, count: number): void {
  counts.set(id, (counts.get(id) ?? 0) + count);
}

function sum(entries: readonly HistEntry[]): number {
  return entries.reduce((total, { hitcount }) => total + hitcount, 0);
}

function isPointer(address: bigint): boolean {
  return address >= 0xff00_0000_0000_0000n;
}

function toNumber(key: HistKey | undefined): number | null {
  return typeof key === 'number' ? key : null;
}

function toBigint(key: HistKey | undefined): bigint {
  return typeof key === 'bigint' || typeof key === 'number' ? BigInt(key) : 0n;
}
