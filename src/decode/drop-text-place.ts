import type { ByteString } from './trace-record.js';

/** A place where packets are dropped, as trace text names it. */
export interface DropTextPlace {
  /** `__udp4_lib_rcv+0x235/0xd90`, `nft_do_chain+0x40e/0x630 [nf_tables]`, or an address as the kernel printed it. */
  location: ByteString;
  /** Null where the kernel tells none: before 5.17, and on 6.1 with options/hash-ptr off. */
  reason: ByteString | null;
  /** Ethertype in host order, 2048 for IPv4. */
  protocol: number;
}

/**
 * Does ` protocol=2048 location=…` fill `[from, end)`? With nothing but printable ASCII: so no eight bytes of it are a
 * fraction that is not equal to itself.
 */
export function isPlace(bytes: Uint8Array, from: number, end: number): boolean {
  let at = behind(bytes, from, PROTOCOL);
  const digits = at;
  let protocol = 0;
  while (bytes[at]! >= ZERO && bytes[at]! <= NINE && at - digits < 6) {
    protocol = protocol * 10 + bytes[at]! - ZERO;
    at += 1;
  }
  if (at === digits || protocol > 0xffff) return false;
  at = behind(bytes, at, LOCATION);
  // A location that is empty is followed by the newline or by the reason.
  if (at < 0 || at >= end || behind(bytes, at, REASON) >= 0) return false;
  for (; at < end; at++) if (bytes[at]! < BLANK || bytes[at]! > TILDE) return false;
  return true;
}

/** Takes such a text apart, without its newline. A location may end in ` [module]`; the reason is the kernel's own constant. */
export function readPlace(text: ByteString): DropTextPlace {
  const name = text.indexOf(LOCATION) + LOCATION.length;
  const cut = text.lastIndexOf(REASON);
  const protocol = Number(text.slice(PROTOCOL.length, name - LOCATION.length));
  if (cut < 0) return { location: text.slice(name), reason: null, protocol };
  return { location: text.slice(name, cut), reason: text.slice(cut + REASON.length) || null, protocol };
}

/** The position behind the text when that stands at `at`, or -1. */
function behind(bytes: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text.charCodeAt(index)) return -1;
  }
  return at + text.length;
}

const PROTOCOL = ' protocol=';
const LOCATION = ' location=';
const REASON = ' reason: ';

const BLANK = 32;
const ZERO = 48;
const NINE = 57;
const TILDE = 126;
