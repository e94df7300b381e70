import { UsageError } from '../errors.js';
import { addressWords } from './address-words.js';
import { anyOf, numberIn } from './number-condition.js';
import { fillParameters } from './parameter-block.js';
import { stringLiteral } from './string-literal.js';

/** What the drop script is to tell. */
export interface DropsScript {
  /** Kernel release it is written for, as `uname -r` has it; null where any may run it. */
  release: string | null;
  /** Single drops rather than counts by key. */
  events: boolean;
  /** Milliseconds between two tables. */
  intervalMs: number;
  /** Kernel return addresses told of each single drop; 0 for none. */
  stackDepth: number;
  by: readonly DropsKey[];
  /** Name of the only interface to look at. */
  dev: string | null;
  /** Inode number of the only network namespace. */
  netns: number | null;
  /** Numbers of drop reasons, as this kernel has them; empty for all. */
  reasons: readonly number[];
  /** IPv4 and IPv6 addresses, either end of the packet; empty for all. */
  hosts: readonly string[];
  /** Either end of the packet; empty for all. */
  ports: readonly number[];
}

export const DROPS_KEYS = ['location', 'reason', 'protocol', 'dev', 'netns'] as const;
export type DropsKey = (typeof DROPS_KEYS)[number];

/**
 * The drop script with these parameters. Numbers are written as digits and names as escaped strings; nothing else of
 * what somebody typed gets into it.
 * @param template text of probes/drops.stp
 * @throws UsageError for what cannot be: a port above 65535, a name that no interface can have
 */
export function dropsScript(template: string, script: DropsScript): string {
  const by = (key: DropsKey) => (script.by.includes(key) ? '1' : '0');
  const hosts = script.hosts.map(addressWords);
  const filtersFlow = script.hosts.length > 0 || script.ports.length > 0;
  const narrow = filtersFlow || script.dev !== null || script.netns !== null || script.reasons.length > 0;
  return fillParameters(
    template,
    new Map([
      ['RELEASE', stringLiteral(script.release ?? 'unknown', 'a kernel release')],
      ['EVENTS', script.events ? '1' : '0'],
      ['INTERVAL_MS', numberIn(script.intervalMs, 10, 86_400_000, 'the interval in milliseconds')],
      ['STACK_DEPTH', numberIn(script.stackDepth, 0, 64, 'the stack depth')],
      ['NARROW', narrow ? '1' : '0'],
      ['BY_LOCATION', by('location')],
      ['BY_REASON', by('reason')],
      ['BY_PROTOCOL', by('protocol')],
      ['BY_DEVICE', by('dev')],
      ['BY_NETNS', by('netns')],
      ['ONLY_DEVICE', script.dev === null ? '""' : interfaceName(script.dev)],
      ['ONLY_NETNS', script.netns === null ? '0' : numberIn(script.netns, 1, 0xffff_ffff, 'a namespace')],
      ['REASON_WANTED(reason)', anyNumber('@reason', script.reasons, 0xffff_ffff, 'a drop reason')],
      ['READ_FLOW', filtersFlow ? '1' : '0'],
      ['HOST4_WANTED(address)', anyHost(hosts, ['@address'])],
      ['HOST6_WANTED(a, b, c, d)', anyHost(hosts, ['@a', '@b', '@c', '@d'])],
      ['PORT_WANTED(port)', anyNumber('@port', script.ports, 0xffff, 'a port')],
    ]),
  );
}

/** net/core/dev.c dev_valid_name(); quotes, `%{` and bytes beyond ASCII are allowed in one. */
function interfaceName(name: string): string {
  const bytes = Buffer.byteLength(name);
  if (bytes < 1 || bytes > 15 || name === '.' || name === '..' || /[/:\s\0]/.test(name)) {
    throw new UsageError(
      'an interface has a name of 1 to 15 bytes without white space, slash and colon, and another came',
      'ip link lists the names',
    );
  }
  return stringLiteral(name, 'an interface');
}

function anyNumber(name: string, wanted: readonly number[], most: number, what: string): string {
  return wanted.length === 0
    ? '1'
    : anyOf(wanted.map((number) => `${name} == ${numberIn(number, 0, most, what)}`));
}

/** An IPv4 address is one word, an IPv6 address four. */
function anyHost(hosts: readonly (readonly number[])[], names: readonly string[]): string {
  if (hosts.length === 0) return '1';
  const conditions = hosts
    .filter((words) => words.length === names.length)
    .map((words) => words.map((word, index) => `${names[index]} == ${word}`).join(' && '));
  return conditions.length === 0 ? '0' : anyOf(conditions);
}
