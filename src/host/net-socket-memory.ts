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
}

/** Reads `ss -H -anme`: a line for the socket, a line for its memory. Sockets that are no file are left out. */
export function parseSocketMemory(text: ByteString): Map<number, SocketMemory> {
  const found = new Map<number, SocketMemory>();
  let inode = 0;
  let acceptLimit: number | null = null;
  for (const line of text.split('\n')) {
    if (/^[A-Z]/.test(line)) {
      // The first one: what stands behind it, such as the control group's path, may be of anybody's choice.
      inode = Number(/ ino:(\d+)/.exec(line)?.[1] ?? 0);
      const limit = /^LISTEN +\d+ +(\d+) /.exec(line)?.[1];
      acceptLimit = limit === undefined ? null : Number(limit);
    }
    const memory = /^\t? *skmem:\(r(\d+),rb(\d+),(?:[a-z]+\d+,)*d(\d+)\)/.exec(line);
    if (memory === null || inode === 0) continue;
    const [received, receiveBuffer, drops] = memory.slice(1).map(Number);
    if (received === undefined || receiveBuffer === undefined || drops === undefined) continue;
    found.set(inode, { received, receiveBuffer, drops, acceptLimit });
    inode = 0;
  }
  return found;
}
