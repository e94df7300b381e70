import { isIPv4, isIPv6 } from 'node:net';
import { UsageError } from '../errors.js';

/**
 * An address as unsigned 32-bit words, the first byte that travels on top: one for IPv4, four for IPv6.
 * @throws UsageError for what is no address; a zone (`%eth0`) is none of a packet's
 */
export function addressWords(text: string): number[] {
  if (isIPv4(text)) return [wordOf(text)];
  if (!isIPv6(text) || text.includes('%')) {
    throw new UsageError(
      'a host is an IPv4 or IPv6 address, and something else came',
      'for example 10.0.0.1',
    );
  }
  const dotted = text.slice(text.lastIndexOf(':') + 1);
  const tail = isIPv4(dotted) ? groupsOf(wordOf(dotted)) : [];
  const hex = tail.length === 0 ? text : text.slice(0, -dotted.length);
  const [front = '', back] = hex.split('::', 2);
  const first = groups(front);
  const last = [...groups(back ?? ''), ...tail];
  const all = [...first, ...Array(8 - first.length - last.length).fill(0), ...last];
  return [0, 2, 4, 6].map((at) => all[at] * 0x1_0000 + all[at + 1]);
}

function wordOf(dotted: string): number {
  return dotted.split('.').reduce((word, byte) => word * 256 + Number(byte), 0);
}

function groupsOf(word: number): number[] {
  return [Math.floor(word / 0x1_0000), word % 0x1_0000];
}

function groups(text: string): number[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .map((group) => Number.parseInt(group, 16));
}
