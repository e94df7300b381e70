import { endianness } from 'node:os';
import type { ByteString } from '../decode/trace-record.js';

/** One line of /proc/net/{udp,udp6,tcp,tcp6,raw,raw6}; in raw's, the port is the protocol's number. */
export interface InetSocket {
  local: SocketAddress;
  remote: SocketAddress;
  /** As include/net/tcp_states.h numbers them; sockets without a connection are 7. */
  state: number;
  /** Bytes; of a listening TCP socket, connections that wait to be accepted. */
  receiveQueue: number;
  /** Of the socket's file; 0 where no program holds one (the kernel's own, connections not accepted yet). */
  inode: number;
  /** Packets that this socket refused since it was made; null where the file has no such column (TCP). */
  drops: number | null;
}

export interface SocketAddress {
  /** Dotted or colon notation; IPv4 inside of IPv6 as plain IPv4. Zeroes are any address. */
  address: string;
  port: number;
}

/** Of include/net/tcp_states.h. */
export const TCP_ESTABLISHED = 1;
export const TCP_LISTEN = 10;

/** Reads one of the files named above (net/ipv4/udp.c udp4_format_sock(), tcp_ipv4.c, raw.c and those of IPv6). */
export function parseInetSockets(text: ByteString): { sockets: InetSocket[]; malformed: number } {
  const sockets: InetSocket[] = [];
  let malformed = 0;
  for (const line of text.split('\n').slice(1)) {
    if (line.trim() === '') continue;
    const socket = inetSocket(line.trim().split(/ +/));
    if (socket === null) malformed += 1;
    else sockets.push(socket);
  }
  return { sockets, malformed };
}

/** One line of /proc/net/packet: who captures or sends whole frames. */
export interface PacketSocket {
  /** EtherType, 3 is all of them. */
  protocol: number;
  /** 0: every interface. */
  ifindex: number;
  /** Bytes that wait to be read. */
  receiveMemory: number;
  inode: number;
}

/** Reads /proc/net/packet (net/packet/af_packet.c packet_seq_show()). */
export function parsePacketSockets(text: ByteString): { sockets: PacketSocket[]; malformed: number } {
  const sockets: PacketSocket[] = [];
  let malformed = 0;
  for (const line of text.split('\n').slice(1)) {
    if (line.trim() === '') continue;
    const match = /^\S+ +\d+ +\d+ +([0-9a-f]{4}) +(\d+) +\d+ +(\d+) +\d+ +(\d+) *$/.exec(line);
    const [, protocol = '', ...numbers] = match ?? [];
    const [ifindex, receiveMemory, inode] = numbers.map(Number);
    if (ifindex === undefined || receiveMemory === undefined || inode === undefined) malformed += 1;
    else sockets.push({ protocol: Number.parseInt(protocol, 16), ifindex, receiveMemory, inode });
  }
  return { sockets, malformed };
}

function inetSocket(words: readonly string[]): InetSocket | null {
  const [
    ,
    localText = '',
    remoteText = '',
    stateText = '',
    queues = '',
    ,
    ,
    ,
    ,
    inodeText = '',
    ,
    ,
    ...rest
  ] = words;
  const local = address(localText);
  const remote = address(remoteText);
  const [, receive] = /^[0-9A-F]{8}:([0-9A-F]{8})$/.exec(queues) ?? [];
  if (local === null || remote === null || receive === undefined) return null;
  if (!/^[0-9A-F]{2}$/.test(stateText) || !/^\d+$/.test(inodeText)) return null;
  // One number behind reference count and pointer: udp and raw. TCP has five, or none.
  const drops = rest.length === 1 && /^\d+$/.test(rest[0] as string) ? Number(rest[0]) : null;
  return {
    local,
    remote,
    state: Number.parseInt(stateText, 16),
    receiveQueue: Number.parseInt(receive, 16),
    inode: Number(inodeText),
    drops,
  };
}

/** `0200000A:1389`: the address as numbers of this machine's byte order, the port in plain hexadecimal. */
function address(text: string): SocketAddress | null {
  const match = /^((?:[0-9A-F]{8}){1,4}):([0-9A-F]{4})$/.exec(text);
  if (match === null) return null;
  const words = (match[1] as string).match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => {
    const inOrder = [0, 2, 4, 6].map((at) => Number.parseInt(word.slice(at, at + 2), 16));
    return endianness() === 'LE' ? inOrder.reverse() : inOrder;
  });
  const port = Number.parseInt(match[2] as string, 16);
  if (bytes.length === 4) return { address: bytes.join('.'), port };
  return bytes.length === 16 ? { address: ipv6(bytes), port } : null;
}

/** As RFC 5952 has it; IPv4 in IPv6 as IPv4. */
function ipv6(bytes: readonly number[]): string {
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return bytes.slice(12).join('.');
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number),
  );
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}
