import type { Agent } from './agent.js';
import { pause } from './case-parts.js';
import type { DropCase } from './drop-case.js';
import { NetLab } from './net-lab.js';
import type { Side } from './net-plan.js';

export interface CaseRun {
  dropCase: DropCase;
  /** From before the first packet until after the last: seconds on the monotonic clock, as traces have it. */
  begin: number;
  end: number;
  /** Packets lost, where the case counted them itself. */
  injected: number | null;
  /** Numbers of its namespaces. They exist until removeNamespaces(), so that no other case gets the same. */
  inodes: ReadonlyMap<Side, number>;
  namespaces: readonly string[];
  /** Counters that moved meanwhile, and by how many; of cases whose packets only counters tell of. */
  moved: ReadonlyMap<Side, ReadonlyMap<string, number>>;
}

/** Makes a case's net, lets it lose its packets, and closes what it opened. */
export async function runCase(agent: Agent, dropCase: DropCase): Promise<CaseRun> {
  const lab = await NetLab.create(agent, dropCase.name, dropCase.net);
  try {
    await dropCase.setup?.(lab);
    const before = await counters(lab, dropCase);
    const begin = now();
    const result = await dropCase.inject(lab);
    await pause(30);
    const end = now();
    return {
      dropCase,
      begin,
      end,
      injected: typeof result === 'number' ? result : null,
      inodes: new Map(lab.hosts.map(({ side, inode }) => [side, inode])),
      namespaces: lab.hosts.map(({ ns }) => ns),
      moved: difference(before, await counters(lab, dropCase)),
    };
  } finally {
    await lab.close();
  }
}

/** After all cases. */
export async function removeNamespaces(agent: Agent, runs: readonly CaseRun[]): Promise<void> {
  const lines = runs.flatMap(({ namespaces }) => namespaces.map((name) => `netns delete ${name}`));
  await agent.run(null, ['ip', '-batch', '-'], lines.join('\n'));
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

type Counters = Map<Side, Map<string, number>>;

async function counters(lab: NetLab, { unseen }: DropCase): Promise<Counters> {
  const counters: Counters = new Map();
  if (unseen === undefined) return counters;
  for (const host of lab.hosts) counters.set(host.side, await host.counters());
  return counters;
}

function difference(before: Counters, after: Counters): Counters {
  const moved = (side: Side, values: Map<string, number>) =>
    [...values].map(([name, value]) => [name, value - (before.get(side)?.get(name) ?? 0)] as const);
  return new Map(
    [...after].map(([side, values]) => [side, new Map(moved(side, values).filter(([, by]) => by !== 0))]),
  );
}
