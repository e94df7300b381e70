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
  if (src === null || dev === null || !isInterface(dev)) return [describe(dst, await ask(site, [dst]), '')];
  const back = await ask(site, [src]);
  const answers = routeOf(back.result);
  // A packet of this host's own: it has not come in by any interface.
  if (answers?.type === 'local') return [describe(dst, await ask(site, [dst]), '')];
  const forth = await ask(site, [dst, 'from', src, 'iif', dev]);
  const lines = [describe(dst, forth, ` for packets from ${src} that come in by ${dev}`)];
  const out = answers?.dev ?? null;
  if (out === null || out === dev) return lines;
  const text = `answers to ${src} go out by ${out}, and its packets come in by ${dev}`;
  return [...lines, { kind: 'route', text, moved: true, command: back.command }];
}

/** The route to a destination; null where there is none. @param to words for `ip route get`, the first an address */
export async function findRoute(site: CheckSite, to: readonly string[]): Promise<Route | null> {
  return routeOf((await ask(site, to)).result);
}

/** An address fit to be handed to a program; null for anything else. */
export function addressOf(text: string | null | undefined): string | null {
  return text != null && isIP(text) !== 0 && !text.includes('%') ? text : null;
}

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
  'Invalid argument': 'a blackhole route or ip rule (Invalid argument)',
  'Invalid cross-device link': 'the source address fails rp_filter (Invalid cross-device link)',
};
