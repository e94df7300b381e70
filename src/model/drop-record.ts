import type { DropReasons } from '../decode/drop-reasons.js';
import { type KernelLocation, parseLocation } from '../decode/kernel-location.js';
import { decodeFlow, type Flow } from '../decode/packet.js';
import { wordsToBytes } from '../decode/packet-words.js';
import type { ByteString, EventRecord, FieldValue } from '../decode/trace-record.js';
import type { DropFacts, DropLocation } from './events.js';

/** One drop as a record tells it. */
export interface SeenDrop extends DropFacts {
  time: number;
  cpu: number;
  tid: number;
  comm: ByteString | null;
  length: number | null;
  flow: Flow | null;
  /** `skb->pkt_type` (include/uapi/linux/if_packet.h PACKET_HOST, …). */
  packetType: number | null;
}

export interface DropReading {
  reasons: DropReasons;
  /** Names an address; text readers need none. */
  name: (address: bigint) => KernelLocation | null;
  netnsName: (inum: number) => ByteString | null;
}

/** Reads a record of `skb:kfree_skb` or of a probe on it (tracefs/drop-probe.ts names the fields). */
export function readDrop({ time, cpu, tid, comm, fields }: EventRecord, reading: DropReading): SeenDrop {
  const isProbe = fields.loc !== undefined;
  const protocol = toNumber(isProbe ? fields.proto : fields.protocol);
  const etherType = protocol === null ? null : isProbe ? swapped(protocol) : protocol;
  return {
    time,
    cpu,
    tid,
    comm: toText(fields.comm) ?? comm,
    location: locate(isProbe ? fields.loc : fields.location, reading.name),
    reason: reasonOf(fields.reason, reading.reasons),
    protocol: etherType,
    ...ownership(fields, reading.netnsName),
    length: toNumber(fields.len),
    flow: flowOf(fields, etherType ?? 0),
    packetType: packetType(fields.pt),
  };
}

/** A probe fetches `skb->protocol` as it stands in memory, in network order. */
function swapped(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8);
}

/** A kernel before 5.17 gives none. */
function reasonOf(value: FieldValue | undefined, reasons: DropReasons): string | null {
  return typeof value === 'number' ? reasons.name(value) : toText(value) || null;
}

/** Text of 5.17 to 6.8 has a hash of 32 bits in the place of the address (lib/vsprintf.c `%p`): nobody can name it. */
export function locate(value: FieldValue | undefined, name: DropReading['name']): DropLocation {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) {
    const address = BigInt.asUintN(64, BigInt(value));
    if (!isKernelPointer(address)) return { ...NOWHERE, address: null };
    return { ...(name(address) ?? NOWHERE), address: `0x${address.toString(16)}` };
  }
  const text = toText(value);
  const found = text === null ? null : parseLocation(text);
  if (found !== null) return { ...found, address: null };
  const digits = text === null ? null : /^(?:0x)?([0-9a-f]{8,16})$/.exec(text)?.[1];
  if (digits == null) return { ...NOWHERE, address: null };
  return locate(BigInt(`0x${digits}`), name);
}

const NOWHERE = { symbol: null, offset: null, module: null };

type Owner = Pick<DropFacts, 'dev' | 'ifindex' | 'netns' | 'netnsName'>;

/**
 * `skb->dev` shares its place with what queues keep there, and a fetch through a wild pointer leaves bytes of an
 * earlier event behind: what it gives is believed only where all of it makes sense. Then there is the buffer's
 * socket, or the one that was to receive it.
 */
function ownership(fields: EventRecord['fields'], netnsName: DropReading['netnsName']): Owner {
  const dev = toText(fields.dev);
  const netns = toNumber(fields.netns);
  const ifindex = toNumber(fields.ifindex);
  if (isKernelPointer(fields.devp) && isInterfaceName(dev) && isNamespace(netns) && (ifindex ?? 1) > 0) {
    return { dev, ifindex, netns, netnsName: netnsName(netns) };
  }
  const socketNetns = isKernelPointer(fields.sk)
    ? toNumber(fields.sknet)
    : isKernelPointer(fields.rxsk)
      ? toNumber(fields.rxnet)
      : null;
  if (!isNamespace(socketNetns)) return { dev: null, ifindex: null, netns: null, netnsName: null };
  return { dev: null, ifindex: null, netns: socketNetns, netnsName: netnsName(socketNetns) };
}

/** The upper half of the address space. */
export function isKernelPointer(value: FieldValue | undefined): boolean {
  return typeof value === 'bigint' && value >= 0xff00_0000_0000_0000n;
}

/** net/core/dev.c dev_valid_name() */
export function isInterfaceName(name: string | null): name is string {
  return name !== null && name.length > 0 && name.length < 16 && !/[\s/:\0]/.test(name);
}

/** Inode numbers of namespaces: PROC_DYNAMIC_FIRST and up, the initial ones just below (include/linux/proc_ns.h). */
export function isNamespace(inum: number | null): inum is number {
  return inum !== null && inum >= 0xeff0_0000;
}

function flowOf(fields: EventRecord['fields'], protocol: number): Flow | null {
  const first = fields.h0;
  if (!Array.isArray(first)) return null;
  const second = Array.isArray(fields.h1) ? fields.h1 : [];
  const bytes = wordsToBytes([...first, ...second], 4);
  return decodeFlow(bytes, {
    mac: headerAt(fields.mh),
    network: headerAt(fields.nh),
    transport: headerAt(fields.th),
    data: dataOffset(fields.head, fields.data),
    protocol,
    tail: toNumber(fields.tail),
    length: toNumber(fields.len),
  });
}

/** Offsets from the buffer's head; all ones is not set (include/linux/skbuff.h skb_transport_header_was_set()). */
function headerAt(value: FieldValue | undefined): number | null {
  const offset = toNumber(value);
  return offset === null || offset === 0xffff ? null : offset;
}

function dataOffset(head: FieldValue | undefined, data: FieldValue | undefined): number | null {
  if (typeof head !== 'bigint' || typeof data !== 'bigint') return null;
  const offset = data - head;
  return offset >= 0n && offset < 0x1_0000n ? Number(offset) : null;
}

/** Its three lowest bits; the others of the byte belong to neighbours. */
function packetType(value: FieldValue | undefined): number | null {
  return typeof value === 'number' ? value & 7 : null;
}

function toNumber(value: FieldValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

function toText(value: FieldValue | undefined): ByteString | null {
  return typeof value === 'string' ? value : null;
}
