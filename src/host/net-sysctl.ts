import type { ByteString } from '../decode/trace-record.js';
import type { CheckSite } from './net-check.js';
import type { Evidence, NetWorld } from './net-world.js';
import type { NetworkNamespace } from './netns.js';
import { enteringCommand, readInside, shellWord } from './netns-reach.js';

/**
 * What settings stand at, with what that means where it alone can cost packets.
 * @param names dotted; `{dev}` stands for the interface, and names with it are left out where none is known
 */
export async function sysctlEvidence(site: CheckSite, names: readonly string[]): Promise<Evidence[]> {
  const settings = names.flatMap((name) => expand(name, site.place.dev) ?? []);
  const values = await readSysctls(
    site.world,
    site.netns,
    settings.map(({ path }) => path),
  );
  const enter = enteringCommand(site.world, site.netns);
  return settings.flatMap(({ name, key }, i): Evidence[] => {
    const value = values[i];
    if (value == null) return [];
    const meaning = MEANINGS[key]?.[value];
    const text = `${name} = ${value}${meaning === undefined ? '' : ` (${meaning.replace(/^!/, '')})`}`;
    const command = `${enter}sysctl ${shellWord(name)}`;
    return [{ kind: 'sysctl', text, moved: meaning?.startsWith('!') === true, command }];
  });
}

/** One setting of a namespace. @param path below /proc/sys */
export async function readSysctl(
  world: NetWorld,
  netns: NetworkNamespace,
  path: string,
): Promise<ByteString | null> {
  const [value] = await readSysctls(world, netns, [path]);
  return value ?? null;
}

/** Some settings are the host's alone: for them a namespace that can be read has no file, and the host's counts. */
async function readSysctls(
  world: NetWorld,
  netns: NetworkNamespace,
  paths: readonly string[],
): Promise<(ByteString | null)[]> {
  if (paths.length === 0) return [];
  const files = paths.map((path) => `sys/${path}`);
  const [isRead, ...inside] = await readInside(world, netns, [EVERYWHERE, ...files]);
  if (isRead === null) return paths.map(() => null);
  const host = netns.own ? inside : await readInside(world, { ...netns, own: true }, files);
  return files.map((_, i) => {
    const value = inside[i] ?? host[i];
    return value == null ? null : value.trim().replace(/\s+/g, ' ');
  });
}

const EVERYWHERE = 'sys/kernel/osrelease';

/** By the name without interface: what a value means; with `!` where it explains a loss by itself. */
const MEANINGS: Record<string, Record<string, string>> = {
  rp_filter: { 0: 'off', 1: '!strict', 2: 'loose' },
  ip_forward: { 0: '!this host does not forward', 1: 'this host forwards' },
  forwarding: { 0: '!does not forward', 1: 'forwards' },
  disable_ipv6: { 0: 'IPv6 is on', 1: '!IPv6 is off' },
  accept_local: { 0: 'packets from own addresses are refused', 1: 'packets from own addresses are taken' },
  accept_source_route: { 0: 'source-routed packets are refused' },
  icmp_echo_ignore_all: { 0: 'answers ping', 1: '!ignores ping' },
  icmp_echo_ignore_broadcasts: { 1: 'ignores ping to broadcast addresses' },
  tcp_syncookies: { 0: 'off', 1: 'on when the queue is full', 2: 'always on' },
  tcp_abort_on_overflow: { 0: 'off: the client tries again', 1: 'on: the client gets a reset' },
  platform_labels: { 0: '!no label is known here' },
  input: { 0: '!takes no MPLS', 1: 'takes MPLS' },
  bindv6only: { 0: 'IPv6 sockets take IPv4 too', 1: 'IPv6 sockets take no IPv4' },
  nf_conntrack_tcp_be_liberal: { 0: 'packets out of window are invalid', 1: 'packets out of window pass' },
};

interface Setting {
  /** As sysctl(8) takes it, where a dot in an interface's name is a slash. */
  name: ByteString;
  path: ByteString;
  /** Its last word. */
  key: string;
}

/** null where the interface is not known, or no file name. */
function expand(template: string, dev: ByteString | null): Setting | null {
  const parts = template.split('.');
  if (parts.includes('{dev}') && (dev === null || !isInterface(dev))) return null;
  if (!parts.every((part) => /^(?:[\w-]+|\{dev\})$/.test(part))) return null;
  const name = (dotted: (dev: ByteString) => ByteString) => (part: string) =>
    part === '{dev}' ? dotted(dev as ByteString) : part;
  return {
    name: parts.map(name((text) => text.replaceAll('.', '/'))).join('.'),
    path: parts.map(name((text) => text)).join('/'),
    key: parts.at(-1) as string,
  };
}

/** Whether the kernel would take it (net/core/dev.c dev_valid_name()), and no program takes it for an option. */
export function isInterface(name: ByteString): boolean {
  return /^[^\s/:-][^\s/:]{0,14}$/.test(name) && name !== '.' && name !== '..' && !name.includes('\0');
}
