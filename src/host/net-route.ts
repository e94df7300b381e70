import { isIP } from 'node:net';
import type { ByteString } from '../decode/trace-record.js';
import type { CommandResult } from './command.js';
import type { CheckSite } from './net-check.js';
import { jsonObjects, textAt } from './net-json.js';
import { whySilent } from './net-rules.js';
import { isInterface } from './net-sysctl.js';
import type { Evidence } from './net-world.js';
import { enteringCommand, runInside, shellWord } from './netns-reach.js';

/** A route as the kernel chose it. */
export interface Route {
  dev: ByteString | null;
  /** Next hop; null where the destination is on the link. */
  gateway: string | null;
  /** `local`, `blackhole`, …; null for an ordinary one. */
  type: string | null;
}

/** Where this host sends the flow's packets, and whether answers to it go out where they came in. */
export async function routeEvidence(site: CheckSite): Promise<Evidence[]> {
  const { flow, dev } = site.place;
  const dst = addressOf(flow?.dst);
  const src = addressOf(flow?.src);
  if (dst === null) return [];
  const odd = oddAddresses(src, dst, dev);
  // The kernel's refusal of these says "Invalid argument", as that of a blackhole route does.
  if (odd.length > 0) return odd.map((text): Evidence => ({ kind: 'route', text, moved: true, command: '' }));
  return routes(site, src, dst);
}

async function routes(site: CheckSite, src: string | null, dst: string): Promise<Evidence[]> {
  const { dev } = site.place;
  const direct = await ask(site, [dst]);
  const way = routeOf(direct.result);
  if (src === null || dev === null || !isInterface(dev)) return [describe(dst, direct, '')];
  // On its way out already, and by which interface it came in is not known.
  if (way !== null && way.type !== 'local' && way.dev === dev) return [describe(dst, direct, '')];
  const back = await ask(site, [src]);
  const answers = routeOf(back.result);
  if (answers?.type === 'local') {
    // From this host to another: it has not come in by any interface.
    if (way?.type !== 'local' || dev === 'lo') return [describe(dst, direct, '')];
    const text = `the source ${src} is an address of this host itself: given twice, sent in a circle, or forged`;
    return [{ kind: 'route', text, moved: true, command: back.command }];
  }
  const forth = await ask(site, [dst, 'from', src, 'iif', dev]);
  const lines = [describe(dst, forth, ` for packets from ${src} that come in by ${dev}`)];
  const out = answers?.dev ?? null;
  if (out === null || out === dev) return lines;
  const text = `answers to ${src} go out by ${out}, and its packets come in by ${dev}`;
  return [...lines, { kind: 'route', text, moved: true, command: back.command }];
}

/** The route to a destination; null where there is none. @param to words for `ip route get`, the first an address */
export async function findRoute(site: CheckSite, to: readonly string[]): Promise<Route | null> {
  return (await lookUpRoute(site, to))?.route ?? null;
}

/** As findRoute, but null where the kernel was not asked or gave no answer, which is not to say that there is none. */
export async function lookUpRoute(
  site: CheckSite,
  to: readonly string[],
): Promise<{ route: Route | null } | null> {
  const { result } = await ask(site, to);
  if (result.outcome !== 'done') return null;
  return result.status === 0 || result.stderr.startsWith('RTNETLINK answers:')
    ? { route: routeOf(result) }
    : null;
}

/** An address fit to be handed to a program; null for anything else. */
export function addressOf(text: string | null | undefined): string | null {
  return text != null && isIP(text) !== 0 && !text.includes('%') ? text : null;
}

/** What the kernel calls martians (net/ipv4/route.c ip_route_input_slow(), RFC 1812 5.3.7). */
function oddAddresses(src: string | null, dst: string, dev: ByteString | null): string[] {
  if (dev === 'lo') return [];
  const from = ODD_SOURCES.find(([address]) => src !== null && address.test(src));
  const to = ODD_DESTINATIONS.find(([address]) => address.test(dst));
  return [
    ...(from === undefined ? [] : [`the source ${src} is ${from[1]}`]),
    ...(to === undefined ? [] : [`the destination ${dst} is ${to[1]}`]),
  ];
}

const LOOPBACK = [/^(?:127\.|::1$)/, 'a loopback address, which may not come from a network'] as const;
const ODD_SOURCES = [
  LOOPBACK,
  [/^0\./, 'of the network 0.0.0.0/8, which is nobody to answer to'],
  [/^(?:22[4-9]|23\d)\.|^ff/, 'a multicast address, from which nobody sends'],
  [/^2(?:4\d|5[0-5])\./, 'a broadcast or reserved address, from which nobody sends'],
] as const;
const ODD_DESTINATIONS = [
  LOOPBACK,
  [/^0\.(?!0\.0\.0$)/, 'of the network 0.0.0.0/8, where nobody is'],
] as const;

interface Answer {
  result: CommandResult;
  command: ByteString;
}

async function ask(site: CheckSite, words: readonly string[]): Promise<Answer> {
  const args = ['route', 'get', ...words];
  const result = await runInside(site.world, site.netns, 'ip', ['-j', ...args]);
  const command = `${enteringCommand(site.world, site.netns)}ip ${args.map(shellWord).join(' ')}`;
  return { result, command };
}

function routeOf(result: CommandResult): Route | null {
  const route = jsonObjects(result)?.[0];
  if (route === undefined) return null;
  const dev = textAt(route, 'dev');
  return {
    dev: dev !== null && isInterface(dev) ? dev : null,
    gateway: addressOf(textAt(route, 'gateway')) ?? addressOf(textAt(objectVia(route.via), 'host')),
    type: textAt(route, 'type'),
  };
}

/** An IPv4 route over an IPv6 next hop. */
function objectVia(via: unknown): { readonly [name: string]: unknown } {
  return typeof via === 'object' && via !== null ? { ...via } : {};
}

function describe(dst: string, { result, command }: Answer, whence: string): Evidence {
  const line = (text: ByteString, moved: boolean): Evidence => ({ kind: 'route', text, moved, command });
  if (result.outcome !== 'done') return line(`could not look at the routes: ip ${whySilent(result)}`, false);
  const route = routeOf(result);
  if (route === null) return line(`no route to ${dst}${whence}: ${refusal(result.stderr)}`, true);
  if (route.type === 'local') return line(`${dst} is an address of this host${whence}`, false);
  const kind = route.type === null || route.type === 'unicast' ? '' : `${route.type} `;
  const by = route.dev === null ? '' : ` by ${route.dev}`;
  const hop = route.gateway === null ? '' : `, next hop ${route.gateway}`;
  return line(`the ${kind}route to ${dst}${whence} goes out${by}${hop}`, REFUSING.has(route.type ?? ''));
}

const REFUSING = new Set(['blackhole', 'unreachable', 'prohibit', 'throw']);

/** What the kernel answers for each kind of refusing route (net/ipv4/fib_semantics.c fib_props[]). */
function refusal(stderr: ByteString): string {
  const error = /^RTNETLINK answers: (.*)$/m.exec(stderr)?.[1] ?? null;
  return (error === null ? null : REFUSALS[error]) ?? error ?? 'ip says nothing more';
}

const REFUSALS: Record<string, string> = {
  'Network is unreachable': 'none matches, or an ip rule says unreachable (Network is unreachable)',
  'No route to host': 'an unreachable route, or this host does not forward (No route to host)',
  'Permission denied': 'a prohibit route or ip rule (Permission denied)',
  'Invalid argument':
    'a blackhole route or ip rule, or addresses that may not come in there (Invalid argument)',
  'Invalid cross-device link': 'the source address fails rp_filter (Invalid cross-device link)',
};
