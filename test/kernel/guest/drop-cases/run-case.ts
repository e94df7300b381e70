import { existsSync } from 'node:fs';
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

/** After all cases. Returns when the kernel, too, is through with them: it does that in the background, and drops. */
export async function removeNamespaces(agent: Agent, runs: readonly CaseRun[]): Promise<void> {
  const lines = runs.flatMap(({ namespaces }) => namespaces.map((name) => `netns delete ${name}`));
  const ip = (...batch: string[]) => agent.run(null, ['ip', '-batch', '-'], batch.join('\n'));
  await ip(...lines);
  // It takes them in turn: when a later one has taken its device with it, these are gone.
  await ip('netns add kwho-last', `link add ${LAST} type veth peer name last netns kwho-last`);
  await ip('netns delete kwho-last');
  while (existsSync(`/sys/class/net/${LAST}`)) await pause(50);
}

const LAST = 'kwho-last0';

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
