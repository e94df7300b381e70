/** Bytes of a packet: those of `bytes` before `end` belong to it, none beyond is ever read. */
export interface PacketBytes {
  readonly bytes: Uint8Array;
  readonly end: number;
  /**
   * More than 65535 bytes: aggregated by the kernel, too long for the length field of IP, which is 0 then
   * (include/linux/ip.h iph_totlen(), include/net/ipv6.h ipv6_payload_len()).
   */
  readonly big: boolean;
}

/** What an IP header carries. */
export interface Payload {
  /** As IANA numbers them: 6 is TCP. */
  protocol: number;
  at: number;
  /** Where the packet ends by its own account, or its bytes do. */
  end: number;
}

/** Big-endian, as everything on the wire. The caller knows that both bytes are there. */
export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
