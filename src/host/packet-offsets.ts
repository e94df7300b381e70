import type { Btf } from './btf.js';

/**
 * Where the running kernel keeps what a probe fetches of a socket buffer, in bytes (include/linux/skbuff.h,
 * include/linux/netdevice.h, include/net/net_namespace.h, include/net/sock.h). The places move between kernels, and
 * within one release between builds.
 */
export interface PacketOffsets {
  /** `struct sk_buff` */
  dev: number;
  sk: number;
  len: number;
  protocol: number;
  macHeader: number;
  networkHeader: number;
  transportHeader: number;
  head: number;
  data: number;
  tail: number;
  users: number;
  /** The byte whose three lowest bits are `pkt_type`; null where they stand elsewhere. */
  packetType: number | null;
  /** `struct net_device` */
  name: number;
  ifindex: number;
  deviceNet: number;
  /** `struct net`: the inode number of the namespace. */
  inum: number;
  /** `struct sock` */
  socketNet: number;
}

/** null where the kernel's type information lacks one of them. @throws BtfError where the blob lies */
export function packetOffsets(btf: Btf): PacketOffsets | null {
  const offsets: Record<string, number | null> = {};
  for (const [name, [struct, member]] of Object.entries(PLACES)) {
    const found = btf.member(struct, member);
    if (found === null) return null;
    offsets[name] = found.offset;
  }
  const type = btf.member('sk_buff', 'pkt_type');
  offsets.packetType = type?.bitfield?.offset === 0 && type.bitfield.size === 3 ? type.offset : null;
  return offsets as unknown as PacketOffsets;
}

const PLACES: Record<Exclude<keyof PacketOffsets, 'packetType'>, readonly [string, string]> = {
  dev: ['sk_buff', 'dev'],
  sk: ['sk_buff', 'sk'],
  len: ['sk_buff', 'len'],
  protocol: ['sk_buff', 'protocol'],
  macHeader: ['sk_buff', 'mac_header'],
  networkHeader: ['sk_buff', 'network_header'],
  transportHeader: ['sk_buff', 'transport_header'],
  head: ['sk_buff', 'head'],
  data: ['sk_buff', 'data'],
  tail: ['sk_buff', 'tail'],
  users: ['sk_buff', 'users'],
  name: ['net_device', 'name'],
  ifindex: ['net_device', 'ifindex'],
  deviceNet: ['net_device', 'nd_net'],
  inum: ['net', 'ns.inum'],
  socketNet: ['sock', '__sk_common.skc_net'],
};
