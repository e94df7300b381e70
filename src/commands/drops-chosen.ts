import { type DropCondition, dropPasses } from '../model/drop-filter.js';
import type { CountedDrops } from '../model/drop-table.js';
import type { DropCounter } from './drops-counter.js';
import type { CountSnapshot } from './drops-investigation.js';

/** Counts only the rows that fulfil conditions: what a recording counted was counted without them. */
export function chosenDrops(conditions: readonly DropCondition[], counter: DropCounter): DropCounter {
  if (conditions.length === 0) return counter;
  const choose = (rows: readonly CountedDrops[]) =>
    rows.filter(({ key }) => dropPasses(conditions, asDrop(key)));
  const chosen = (snapshot: CountSnapshot): CountSnapshot => {
    const rows = choose(snapshot.rows);
    const others = snapshot.others === null ? null : choose(snapshot.others);
    return { ...snapshot, rows, others, counted: rows.reduce((sum, { count }) => sum + count, 0) };
  };
  return { snapshot: () => chosen(counter.snapshot()), last: () => chosen(counter.last()) };
}

const NOWHERE = { symbol: null, offset: null, module: null, address: null };

/** A row tells no header: a condition on one fulfils only its opposite. */
function asDrop(key: CountedDrops['key']): Parameters<typeof dropPasses>[1] {
  return {
    time: 0,
    cpu: 0,
    tid: 0,
    comm: key.comm ?? null,
    location: key.location ?? NOWHERE,
    reason: key.reason ?? null,
    protocol: key.protocol ?? null,
    dev: key.dev ?? null,
    ifindex: key.ifindex ?? null,
    netns: key.netns ?? null,
    netnsName: key.netnsName ?? null,
    length: null,
    flow: key.flow ?? null,
    packetType: null,
  };
}
