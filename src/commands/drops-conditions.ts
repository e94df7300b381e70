import { isIP } from 'node:net';
import type { DropReasons } from '../decode/drop-reasons.js';
import { protocolName } from '../decode/packet-protocol.js';
import { UsageError } from '../errors.js';
import type { NetworkNamespace } from '../host/netns.js';
import { type DropCondition, isCountable } from '../model/drop-filter.js';
import type { KernelCondition } from '../tracefs/drop-event-filter.js';
import { closest } from './closest.js';
import type { WantedCondition } from './drops-options.js';

export interface ConditionHost {
  reasons: DropReasons;
  hasReason: boolean;
  namespaces: () => readonly NetworkNamespace[];
}

/**
 * What the words of the command line mean on this host. Several values of one field are alternatives; different
 * fields must all hold.
 * @throws UsageError for a reason that this kernel does not have, a namespace that nobody knows, no address
 */
export function dropConditions(wanted: readonly WantedCondition[], host: ConditionHost): DropCondition[] {
  const conditions: DropCondition[] = [];
  for (const not of [false, true]) {
    const of = (field: WantedCondition['field']) =>
      wanted.filter((one) => one.field === field && one.not === not).map(({ value }) => value);
    const add = (values: readonly unknown[], condition: () => DropCondition) => {
      if (values.length > 0) conditions.push(condition());
    };
    const [reasons, devs, netns, protos, hosts, ports] = (
      ['reason', 'dev', 'netns', 'proto', 'host', 'port'] as const
    ).map(of) as [string[], string[], string[], string[], string[], string[]];
    add(reasons, () => ({ field: 'reason', names: reasons.map((name) => knownReason(name, host)), not }));
    add(devs, () => ({ field: 'dev', names: devs.map(interfaceName), not }));
    add(netns, () => ({ field: 'netns', inums: netns.map((name) => namespaceOf(name, host)), not }));
    add(protos, () => ({
      field: 'proto',
      etherTypes: protos.map(etherTypeOf).filter((type) => type !== null),
      transports: protos.filter((name) => etherTypeOf(name) === null).map(transportOf),
      not,
    }));
    add(hosts, () => ({ field: 'host', addresses: hosts.map(addressOf), not }));
    add(ports, () => ({ field: 'port', ports: ports.map(Number), not }));
  }
  return conditions;
}

/** The conditions that an event filter can hold, as it holds them. */
export function kernelConditions(
  conditions: readonly DropCondition[],
  reasons: DropReasons,
): KernelCondition[] {
  return conditions.filter(isCountable).flatMap((condition): KernelCondition[] => {
    const { not } = condition;
    switch (condition.field) {
      case 'reason':
        return [{ field: 'reason', values: condition.names.map((name) => reasons.number(name) ?? 0), not }];
      case 'dev':
        return [{ field: 'dev', values: condition.names, not }];
      case 'netns':
        return [{ field: 'netns', values: condition.inums, not }];
      case 'proto':
        return [{ field: 'protocol', values: condition.etherTypes, not }];
      default:
        return [];
    }
  });
}

function knownReason(text: string, { reasons, hasReason }: ConditionHost): string {
  if (!hasReason)
    throw new UsageError(
      `--reason ${text}: this kernel gives no drop reasons (they came with 5.17)`,
      'leave the option out: the location tells the reason',
    );
  const number = reasons.number(text);
  if (number !== null) return reasons.name(number);
  const near = closest(text.toUpperCase().replace(/^SKB_DROP_REASON_/, ''), reasons.names);
  throw new UsageError(
    `--reason ${text}: this kernel has no such drop reason`,
    near === null ? `it has ${reasons.names.join(', ')}` : `did you mean ${near}?`,
  );
}

function interfaceName(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  if (!/^[^\s/:"\\*?[\]]{1,15}$/.test(bytes))
    throw new UsageError(`--dev wants the name of an interface (at most 15 bytes), and '${text}' came`);
  return bytes;
}

function namespaceOf(text: string, { namespaces }: ConditionHost): number {
  if (/^\d{9,10}$/.test(text)) return Number(text);
  const all = namespaces();
  const wanted = Buffer.from(text, 'utf8').toString('latin1');
  const found = text === 'host' ? all.find(({ own }) => own) : all.find(({ name }) => name === wanted);
  if (found !== undefined) return found.inum;
  const names = all.flatMap(({ name }) => (name === null ? [] : [Buffer.from(name, 'latin1').toString()]));
  throw new UsageError(
    `--netns ${text}: no network namespace of this name`,
    `there are: ${['host', ...names].join(', ')}; or give its inode number`,
  );
}

/** include/uapi/linux/if_ether.h */
const ETHER_TYPES = new Map([
  ['ipv4', 0x0800],
  ['ip', 0x0800],
  ['arp', 0x0806],
  ['ipv6', 0x86dd],
  ['ip6', 0x86dd],
  ['lldp', 0x88cc],
]);

function etherTypeOf(text: string): number | null {
  const known = ETHER_TYPES.get(text.toLowerCase());
  if (known !== undefined) return known;
  return /^(0x[0-9a-f]{1,4}|\d{4,5})$/i.test(text) && Number(text) <= 0xffff ? Number(text) : null;
}

/** As packets are told: by name where the number has one. */
const NUMBERED = Array.from({ length: 256 }, (_, protocol) => protocolName(protocol));
const TRANSPORTS = NUMBERED.filter((name) => !/^\d/.test(name) && !ETHER_TYPES.has(name));

function transportOf(text: string): string {
  const name = text.toLowerCase();
  if (TRANSPORTS.includes(name)) return name;
  if (/^\d{1,3}$/.test(name) && Number(name) < NUMBERED.length) return NUMBERED[Number(name)]!;
  const known = [...ETHER_TYPES.keys(), ...TRANSPORTS];
  const near = /^\d/.test(name) ? null : closest(name, known);
  throw new UsageError(
    `--proto ${text}: expected one of ${known.join(', ')}, an IP protocol number or an EtherType`,
    near === null ? undefined : `did you mean ${near}?`,
  );
}

/** In the one form that packets are printed in. */
function addressOf(text: string): string {
  const kind = isIP(text);
  if (kind === 4) return text;
  if (text.includes('%'))
    throw new UsageError(
      `--host wants an address without an interface, and '${text}' came`,
      'give the interface with --dev',
    );
  if (kind === 6) return dotted(new URL(`http://[${text}]/`).hostname.slice(1, -1));
  throw new UsageError(`--host wants an IPv4 or IPv6 address, and '${text}' came`, 'names are not looked up');
}

/** RFC 5952 wants an IPv4-mapped address dotted, which URLs do not. */
function dotted(address: string): string {
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const value = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return `::ffff:${value.flatMap((half) => [half >> 8, half & 0xff]).join('.')}`;
}
