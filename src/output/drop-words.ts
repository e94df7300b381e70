import type { Flow } from '../decode/packet.js';
import type { DropEvent, DropKey, DropLocation } from '../model/events.js';
import { printable } from './escape.js';
import type { Paint } from './paint.js';

/** One drop on a line. */
export function dropLine(event: DropEvent, paint: Paint, host: number | null): string {
  const { location, reason, dev, netns, netnsName, flow, length, comm, pid, tid } = event;
  const parts = [
    paint.strong(flowText(flow, event.protocol)),
    ...(length === null ? [] : [length === 1 ? '1 byte' : `${length} bytes`]),
    printable(reason ?? ''),
    `at ${locationText(location)}`,
    ...(dev === null ? [] : [`on ${printable(dev)}`]),
    ...(netns === null ? [] : [`in ${namespaceText(netns, netnsName, host)}`]),
    ...(comm === null ? [] : [paint.faint(`while ${printable(comm)}[${pid ?? tid}] ran`)]),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

/** `symbol+0x1f [module]`, or the bare address. */
export function locationText({ symbol, offset, module, address }: DropLocation): string {
  if (symbol === null) return address ?? 'an unknown place';
  return `${printable(symbol)}+0x${(offset ?? 0).toString(16)}${module === null ? '' : ` [${printable(module)}]`}`;
}

/** A namespace by its name where it has one; kwho's own is called host. */
function namespaceText(netns: number | null, name: string | null | undefined, host: number | null): string {
  if (name != null) return printable(name);
  if (netns !== null && netns === host) return 'host';
  return netns === null ? '-' : `net:[${netns}]`;
}

/** `udp 10.0.0.1:53 → 10.0.0.2:40000`, or as much of it as the packet says. */
export function flowText(flow: Flow | null, protocol: number | null): string {
  if (flow === null) return protocolText(protocol);
  const { family, proto, src, dst, sport, dport, flags } = flow;
  const name = proto ?? (family === 'other' ? protocolText(protocol) : family);
  if (src === null && dst === null) return name;
  const ends = `${endText(src, sport)} → ${endText(dst, dport)}`;
  return `${name} ${ends}${flags === null || flags === '' ? '' : ` ${flags}`}`;
}

function endText(address: string | null, port: number | null): string {
  const host = address ?? '?';
  if (port === null) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** include/uapi/linux/if_ether.h */
export function protocolText(protocol: number | null | undefined): string {
  if (protocol == null) return 'a packet';
  return PROTOCOLS.get(protocol) ?? `EtherType 0x${protocol.toString(16).padStart(4, '0')}`;
}

const PROTOCOLS = new Map([
  [0, 'no protocol'],
  [0x0800, 'ipv4'],
  [0x0806, 'arp'],
  [0x86dd, 'ipv6'],
  [0x8100, 'vlan'],
  [0x88cc, 'lldp'],
]);

/** The chosen fields of a row, in the order in which people look at them. */
export function keyWords(key: DropKey, host: number | null): string[] {
  return [
    ...(key.location === undefined ? [] : [locationText(key.location)]),
    ...(key.reason === undefined ? [] : [printable(key.reason ?? '-')]),
    ...(key.protocol === undefined ? [] : [protocolText(key.protocol)]),
    ...(key.dev === undefined ? [] : [key.dev === null ? '-' : printable(key.dev)]),
    ...(key.netns === undefined ? [] : [namespaceText(key.netns ?? null, key.netnsName, host)]),
    ...(key.flow === undefined ? [] : [flowText(key.flow, null)]),
    ...(key.comm === undefined ? [] : [printable(key.comm ?? '?')]),
    ...(key.stack === undefined ? [] : [key.stack.map(printable).join(' < ')]),
  ];
}
