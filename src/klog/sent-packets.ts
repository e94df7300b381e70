import { closeSync, readSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { decodeFlow } from '../decode/packet.js';
import { ETH_IPV4, ETH_IPV6 } from '../decode/packet-link.js';
import type { ByteString } from '../decode/trace-record.js';
import { systemCode } from '../errors.js';
import { loadLibc } from './libc.js';

/** A packet that carried the words looked for. */
export interface SentPacket {
  dst: string;
  transport: 'udp' | 'tcp';
  port: number;
}

/**
 * Watches what this network namespace sends and receives, on every interface, through a packet socket (packet(7)): the
 * one way to see that a message really left. Nothing is changed in the kernel; it ends with `close()`.
 */
export class SentPackets {
  readonly #fd: number;
  readonly #statistics: () => number;
  readonly #buffer = Buffer.alloc(LONGEST_PACKET);
  #missed = 0;

  private constructor(fd: number, statistics: () => number) {
    this.#fd = fd;
    this.#statistics = statistics;
  }

  /** @returns in words why there is no such socket: without ffi-napi, or without CAP_NET_RAW */
  static open(): SentPackets | string {
    const libc = loadLibc();
    if (typeof libc === 'string') return libc;
    const fd = libc.socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, ETH_P_ALL_IN_NETWORK_ORDER);
    if (fd < 0) return `a packet socket is refused (${getSystemErrorName(-libc.errno())})`;
    const size = Buffer.alloc(4);
    size.writeInt32LE(RECEIVE_BYTES);
    // Where it is refused, the usual size has to do: what it cannot take is counted.
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, size.length);
    return new SentPackets(fd, () => {
      const counts = Buffer.alloc(8);
      const length = Buffer.alloc(4);
      length.writeInt32LE(counts.length);
      if (libc.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, counts, length) < 0) return 0;
      return counts.readUInt32LE(4);
    });
  }

  /** The packets since the last call that carry `words`, each destination once. Never blocks. */
  find(words: ByteString): SentPacket[] {
    const found = new Map<string, SentPacket>();
    for (let packets = 0; packets < PACKETS_A_LOOK; packets++) {
      const length = this.#read();
      if (length === 0) break;
      const bytes = this.#buffer.subarray(0, length);
      if (!bytes.includes(words, 0, 'latin1')) continue;
      const packet = destinationOf(bytes);
      if (packet !== null) found.set(`${packet.transport} ${packet.dst} ${packet.port}`, packet);
    }
    return [...found.values()];
  }

  /** Packets so far that the socket had no room for. */
  missed(): number {
    // The kernel counts from the last time it was asked.
    this.#missed += this.#statistics();
    return this.#missed;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #read(): number {
    for (;;) {
      try {
        return readSync(this.#fd, this.#buffer, 0, this.#buffer.length, null);
      } catch (error) {
        const code = systemCode(error);
        if (code === 'EAGAIN') return 0;
        // An interface went down: told once, and the next read goes on.
        if (code !== 'ENETDOWN' && code !== 'EINTR') throw error;
      }
    }
  }
}

/** @param bytes from the IP header on */
function destinationOf(bytes: Uint8Array): SentPacket | null {
  const protocol = (bytes[0] ?? 0) >> 4 === 6 ? ETH_IPV6 : ETH_IPV4;
  const flow = decodeFlow(bytes, {
    network: 0,
    transport: null,
    mac: null,
    data: 0,
    protocol,
    length: bytes.length,
  });
  if (flow === null || flow.dst === null || flow.dport === null) return null;
  const { dst, dport: port, proto } = flow;
  return proto === 'udp' || proto === 'tcp' ? { dst, transport: proto, port } : null;
}

const LONGEST_PACKET = 1 << 16;
const PACKETS_A_LOOK = 50_000;
const RECEIVE_BYTES = 8 << 20;
/** Numbers of Linux (include/linux/socket.h, uapi/linux/if_packet.h, uapi/linux/if_ether.h). */
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const ETH_P_ALL_IN_NETWORK_ORDER = 0x0300;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
