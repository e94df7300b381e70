import type { Flow } from '../../../../src/decode/packet.js';
import type { Verdict } from '../../../../src/explain/drop-verdict.js';
import type { ExpectedDrop } from './drop-case.js';
import { type Kernel, valueOn } from './kernels.js';
import type { CaseRun } from './run-case.js';

/** A drop, or many alike, as some way of looking at them tells it. */
export interface SeenDrop {
  /** Seconds on the monotonic clock; null for counts. */
  time: number | null;
  count: number;
  /** As the kernel has it, with what the compiler appended. */
  symbol: string | null;
  reason: string | null;
  dev: string | null;
  netns: number | null;
  protocol: number | null;
  flow: Flow | null;
  /** null where there is none to be checked. */
  verdict: Verdict | null;
}

/** What a way of looking says it can tell, beside the place and the count. */
export type Claim = 'time' | 'reason' | 'dev' | 'netns' | 'protocol' | 'flow' | 'verdict';

/**
 * What of a case is not as expected, in sentences.
 * @param seen of the whole run: those of this case are found by time and, where it is claimed, by namespace
 */
export function problemsOf(
  run: CaseRun,
  seen: readonly SeenDrop[],
  claims: ReadonlySet<Claim>,
  kernel: Kernel,
): string[] {
  const own = seen.filter((drop) => isOf(run, drop, claims));
  const wanted = alike(
    valueOn(run.dropCase.drops, kernel)
      .map((drop) => resolve(drop, run, kernel, claims))
      // Tables know a namespace by its device; whose the others are, only the time could tell.
      .filter(({ dev, netns }) => claims.has('time') || (dev !== null && netns !== null)),
  );
  // Without the time, what IPv6 says by itself before and after may look the same.
  const more = !claims.has('time') && run.dropCase.net.ipv6 === true;
  const problems: string[] = [];
  for (const [text, some] of wanted) {
    const [first] = some;
    const found = own.filter((drop) => matches(drop, first!));
    const count = found.reduce((sum, drop) => sum + drop.count, 0);
    const expected = some.reduce((sum, drop) => sum + drop.count, 0);
    if (more ? count < expected : count !== expected && !Number.isNaN(expected))
      problems.push(`expected ${expected}, saw ${count} of: ${text}`);
    for (const { verdict } of claims.has('verdict') ? found : [])
      if (verdict !== null && first?.verdict !== null && verdict !== first?.verdict)
        problems.push(`expected ${first?.verdict}, got ${verdict} for: ${text}`);
  }
  // Without its namespace and its addresses a drop may be anybody's.
  if (claims.has('netns') && claims.has('flow'))
    for (const drop of own)
      if (
        !isTalk(drop) &&
        drop.verdict !== 'noise' &&
        ![...wanted.values()].some(([one]) => matches(drop, one!))
      )
        problems.push(`unexpected: ${describe(drop)}`);
  if (problems.length > 0) problems.push(`seen: ${own.map(describe).join('; ') || 'nothing'}`);
  return [...new Set(problems)];
}

/** How often which place dropped for which reason: of the places that the cases expect, as others are in use all day. */
export function totalsOf(
  runs: readonly CaseRun[],
  seen: readonly SeenDrop[],
  kernel: Kernel,
): Record<string, number> {
  const expected = runs.flatMap(({ dropCase }) => valueOn(dropCase.drops, kernel));
  const places = new Set(expected.map(({ symbol }) => valueOn(symbol, kernel)));
  const totals: Record<string, number> = {};
  for (const { symbol, reason, count } of seen) {
    const place = symbol?.replace(/\..*$/, '') ?? '';
    if (places.has(place)) totals[`${place} ${reason}`] = (totals[`${place} ${reason}`] ?? 0) + count;
  }
  return totals;
}

/** In its time, and in its namespaces, where that can be told. */
function isOf(run: CaseRun, { time, netns }: SeenDrop, claims: ReadonlySet<Claim>): boolean {
  if (claims.has('time') && (time === null || time < run.begin || time > run.end)) return false;
  if (!claims.has('netns')) return true;
  return netns === null ? claims.has('time') : [...run.inodes.values()].includes(netns);
}

/** An expected drop on one kernel, in one run: what is undefined is not looked at. */
interface Wanted {
  /** NaN for any number. */
  count: number;
  symbol: string;
  reason?: string | null;
  dev?: string | null;
  netns?: number | null;
  protocol?: number;
  flow?: Partial<Flow>;
  verdict: Verdict | null;
}

function resolve(drop: ExpectedDrop, run: CaseRun, kernel: Kernel, claims: ReadonlySet<Claim>): Wanted {
  const side = valueOn(drop.netns, kernel);
  const counts = { any: Number.NaN, injected: run.injected ?? 0 };
  return {
    count: typeof drop.count === 'number' ? drop.count : counts[drop.count],
    symbol: valueOn(drop.symbol, kernel),
    ...(claims.has('reason') && { reason: kernel === '5.10' ? null : valueOn(drop.reason, kernel) }),
    ...(claims.has('dev') && { dev: valueOn(drop.dev, kernel) }),
    ...(claims.has('netns') && { netns: side === null ? null : (run.inodes.get(side) ?? 0) }),
    ...(claims.has('protocol') && { protocol: drop.protocol }),
    ...(claims.has('flow') && drop.flow !== null && { flow: drop.flow }),
    verdict: valueOn(drop.verdict, kernel),
  };
}

/** Together those that cannot be told apart by what is looked at. */
function alike(wanted: readonly Wanted[]): Map<string, Wanted[]> {
  const groups = new Map<string, Wanted[]>();
  for (const drop of wanted) {
    const { count: _, verdict: __, ...visible } = drop;
    const text = JSON.stringify(visible);
    groups.set(text, [...(groups.get(text) ?? []), drop]);
  }
  return groups;
}

function matches(drop: SeenDrop, wanted: Wanted): boolean {
  if (drop.symbol?.replace(/\..*$/, '') !== wanted.symbol) return false;
  for (const field of ['reason', 'dev', 'netns', 'protocol'] as const)
    if (wanted[field] !== undefined && drop[field] !== wanted[field]) return false;
  return Object.entries(wanted.flow ?? {}).every(
    ([name, value]) => (drop.flow?.[name as keyof Flow] ?? null) === value,
  );
}

/** What hosts tell those who care, and hardly anybody does: which multicast groups they are in. */
function isTalk({ flow }: SeenDrop): boolean {
  return /^(ff02::|224\.0\.0\.22$)/.test(flow?.dst ?? '');
}

function describe({ count, symbol, reason, dev, netns, protocol, flow, verdict }: SeenDrop): string {
  const words = Object.values(flow ?? {}).filter((value) => value !== null);
  return `${count} × ${symbol} ${reason} ${dev} ${netns} 0x${protocol?.toString(16)} ${verdict} ${words.join(' ')}`;
}
