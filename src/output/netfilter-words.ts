import type { NetfilterLog } from '../decode/netfilter-log.js';
import type { Flow } from '../decode/packet-flow.js';
import { printable } from './escape.js';

/** A packet that a LOG rule told of, in one line: `tcp SYN 10.9.0.2:34434 -> 10.9.0.1:80, in v0, 29 bytes`. */
export function netfilterWords({ in: inward, out, length, flow, uid }: NetfilterLog): string {
  return [
    [
      flow.proto ?? flow.family,
      flow.flags,
      icmpWords(flow),
      end(flow.src, flow.sport),
      '->',
      end(flow.dst, flow.dport),
    ]
      .filter((word) => word !== null && word !== '')
      .join(' '),
    inward === null ? null : `in ${inward}`,
    out === null ? null : `out ${out}`,
    length === null ? null : `${length} bytes`,
    uid === null ? null : `of uid ${uid}`,
  ]
    .filter((part) => part !== null)
    .map(printable)
    .join(', ');
}

function icmpWords({ icmpType, icmpCode }: Flow): string | null {
  return icmpType === undefined
    ? null
    : `type ${icmpType}${icmpCode === undefined ? '' : ` code ${icmpCode}`}`;
}

function end(address: string | null, port: number | null): string {
  const host = address ?? '?';
  if (port === null) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
