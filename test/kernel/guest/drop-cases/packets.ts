/** Builds packets, right ones and, by `wrong`, ones that lie. All addresses and numbers as one writes them. */

export interface Ipv4Options {
  ttl?: number;
  tos?: number;
  id?: number;
  /** Whole flags-and-offset field: 0x4000 don't fragment, 0x2000 more fragments, the offset in 8 bytes. */
  fragment?: number;
  /** IP options, whole words. */
  options?: Buffer;
  wrong?: { version?: number; headerWords?: number; length?: number; checksum?: number };
}

export function ipv4(
  src: string,
  dst: string,
  protocol: number,
  payload: Buffer,
  options: Ipv4Options = {},
): Buffer {
  const { wrong = {}, options: added = Buffer.alloc(0) } = options;
  const header = Buffer.concat([Buffer.alloc(20), added]);
  header[0] = ((wrong.version ?? 4) << 4) | (wrong.headerWords ?? header.length / 4);
  header[1] = options.tos ?? 0;
  header.writeUInt16BE(wrong.length ?? header.length + payload.length, 2);
  header.writeUInt16BE(options.id ?? 0x1234, 4);
  header.writeUInt16BE(options.fragment ?? 0, 6);
  header[8] = options.ttl ?? 64;
  header[9] = protocol;
  address(src).copy(header, 12);
  address(dst).copy(header, 16);
  header.writeUInt16BE(wrong.checksum ?? checksum(header), 10);
  return Buffer.concat([header, payload]);
}

export interface Ipv6Options {
  hopLimit?: number;
  wrong?: { version?: number; length?: number };
}

export function ipv6(
  src: string,
  dst: string,
  next: number,
  payload: Buffer,
  options: Ipv6Options = {},
): Buffer {
  const header = Buffer.alloc(40);
  header[0] = (options.wrong?.version ?? 6) << 4;
  header.writeUInt16BE(options.wrong?.length ?? payload.length, 4);
  header[6] = next;
  header[7] = options.hopLimit ?? 64;
  address(src).copy(header, 8);
  address(dst).copy(header, 24);
  return Buffer.concat([header, payload]);
}

/** For the checksum: what the packet around it is from and to. */
export interface Ends {
  src: string;
  dst: string;
}

export function udp(
  { src, dst }: Ends,
  sport: number,
  dport: number,
  data: Buffer,
  wrong: { length?: number; checksum?: number } = {},
): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(sport, 0);
  header.writeUInt16BE(dport, 2);
  header.writeUInt16BE(wrong.length ?? 8 + data.length, 4);
  const datagram = Buffer.concat([header, data]);
  datagram.writeUInt16BE(wrong.checksum ?? checksum(pseudo(src, dst, 17, datagram)), 6);
  return datagram;
}

export interface Segment {
  sport: number;
  dport: number;
  seq: number;
  ack?: number;
  /** Letters of FIN, SYN, RST, PSH, ACK, URG: `SA`. */
  flags: string;
  window?: number;
  options?: Buffer;
  data?: Buffer;
  wrong?: { checksum?: number; headerWords?: number };
}

export function tcp({ src, dst }: Ends, segment: Segment): Buffer {
  const { options = Buffer.alloc(0), data = Buffer.alloc(0), wrong = {} } = segment;
  const header = Buffer.alloc(20);
  header.writeUInt16BE(segment.sport, 0);
  header.writeUInt16BE(segment.dport, 2);
  header.writeUInt32BE(segment.seq >>> 0, 4);
  header.writeUInt32BE((segment.ack ?? 0) >>> 0, 8);
  header[12] = (wrong.headerWords ?? 5 + options.length / 4) << 4;
  for (const letter of segment.flags) header[13]! |= 1 << 'FSRPAU'.indexOf(letter);
  header.writeUInt16BE(segment.window ?? 0xffff, 14);
  const whole = Buffer.concat([header, options, data]);
  whole.writeUInt16BE(wrong.checksum ?? checksum(pseudo(src, dst, 6, whole)), 16);
  return whole;
}

/** @param wrong.type 0 is an answer */
export function icmpEcho(
  id: number,
  seq: number,
  data: Buffer,
  wrong: { checksum?: number; type?: number } = {},
): Buffer {
  const message = Buffer.concat([Buffer.from([wrong.type ?? 8, 0, 0, 0, 0, 0, 0, 0]), data]);
  message.writeUInt16BE(id, 4);
  message.writeUInt16BE(seq, 6);
  message.writeUInt16BE(wrong.checksum ?? checksum(message), 2);
  return message;
}

export function ethernet(src: string, dst: string, type: number, payload: Buffer): Buffer {
  const end = Buffer.alloc(2);
  end.writeUInt16BE(type);
  return Buffer.concat([mac(dst), mac(src), end, payload]);
}

/** @param operation 1 asks, 2 answers */
export function arp(
  operation: number,
  senderMac: string,
  sender: string,
  targetMac: string,
  target: string,
): Buffer {
  const head = Buffer.from([0, 1, 8, 0, 6, 4, 0, operation]);
  return Buffer.concat([head, mac(senderMac), address(sender), mac(targetMac), address(target)]);
}

export function mac(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

export function address(text: string): Buffer {
  if (!text.includes(':')) return Buffer.from(text.split('.').map(Number));
  const [head = '', tail = ''] = text.split('::');
  const words = (part: string) => part.split(':').filter((word) => word !== '');
  const zeros = 8 - words(head).length - words(tail).length;
  const all = text.includes('::')
    ? [...words(head), ...Array.from({ length: zeros }, () => '0'), ...words(tail)]
    : words(head);
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex');
}

function pseudo(src: string, dst: string, protocol: number, payload: Buffer): Buffer {
  const end = Buffer.alloc(8);
  end.writeUInt32BE(payload.length, 0);
  end[7] = protocol;
  return Buffer.concat([address(src), address(dst), end, payload]);
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
