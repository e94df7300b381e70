import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../decode/trace-record.js';
import type { NetworkNamespace } from './netns.js';

/**
 * Names of a namespace's interfaces by index, from three small files of any process in it (net/core/dev_addr_lists.c,
 * net/ipv6/addrconf.c, net/ipv4/igmp.c): all that are up and have an address or a multicast group. Empty where no
 * process lives there.
 */
export function interfaceNames(world: { proc: string }, netns: NetworkNamespace): Map<number, ByteString> {
  const names = new Map<number, ByteString>();
  const pid = netns.own ? 'self' : netns.pid;
  if (pid === null) return names;
  for (const [file, line, radix] of LISTS) {
    for (const [, index = '', name = ''] of read(join(world.proc, String(pid), 'net', file)).matchAll(line)) {
      names.set(Number.parseInt(index, radix), name);
    }
  }
  return names;
}

const LISTS: readonly (readonly [file: string, line: RegExp, radix: number])[] = [
  ['igmp', /^(\d+)\t(\S+) *:/gm, 10],
  ['dev_mcast', /^(\d+) +(\S+) /gm, 10],
  ['if_inet6', /^[0-9a-f]{32} ([0-9a-f]+) [0-9a-f]+ [0-9a-f]+ [0-9a-f]+ +(\S+)$/gm, 16],
];

function read(path: string): ByteString {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
