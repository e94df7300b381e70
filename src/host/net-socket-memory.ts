import type { ByteString } from '../decode/trace-record.js';

/** What ss(8) tells of a socket and /proc/net does not. */
export interface SocketMemory {
  /** Bytes of packets that wait to be read, with the kernel's own share of them. */
  received: number;
  /** Bytes at which it refuses more. */
  receiveBuffer: number;
  drops: number;
  /** Of a listening TCP socket: connections that may wait to be accepted. */
  acceptLimit: number | null;
  /** The interface whose packets alone it takes; null: any. */
  device: ByteString | null;
  /** An IPv6 socket that takes no IPv4. */
  onlyIpv6: boolean;
}

/** Reads `ss -H -anme`: a line for the socket, a line for its memory. Sockets that are no file are left out. */
export function parseSocketMemory(text: ByteString): Map<number, SocketMemory> {
  const found = new Map<number, SocketMemory>();
  let inode = 0;
  let acceptLimit: number | null = null;
  let device: ByteString | null = null;
  let onlyIpv6 = false;
  for (const line of text.split('\n')) {
    if (/^[A-Z]/.test(line)) {
      // The first one: what stands behind it, such as the control group's path, may be of anybody's choice.
      inode = Number(/ ino:(\d+)/.exec(line)?.[1] ?? 0);
      const limit = /^LISTEN +\d+ +(\d+) /.exec(line)?.[1];
      acceptLimit = limit === undefined ? null : Number(limit);
      device = /^\S+ +\d+ +\d+ +[^\s%]+%(\S+):\d+ /.exec(line)?.[1] ?? null;
      // Behind the path, and the last that is written of an idle socket.
      onlyIpv6 = / v6only:1(?: [<>-]+)?\s*$/.test(line);
    }
    const memory = /^\t? *skmem:\(r(\d+),rb(\d+),(?:[a-z]+\d+,)*d(\d+)\)/.exec(line);
    if (memory === null || inode === 0) continue;
    const [received, receiveBuffer, drops] = memory.slice(1).map(Number);
    if (received === undefined || receiveBuffer === undefined || drops === undefined) continue;
    found.set(inode, { received, receiveBuffer, drops, acceptLimit, device, onlyIpv6 });
    inode = 0;
  }
  return found;
}
