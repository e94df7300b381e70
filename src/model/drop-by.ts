import type { DropRow } from './drop-table.js';
import { rowId } from './drop-table.js';
import type { DropKey } from './events.js';

/** What drops are counted by. */
export const DROP_FIELDS = ['location', 'reason', 'dev', 'netns', 'proto', 'flow', 'comm', 'stack'] as const;
export type DropField = (typeof DROP_FIELDS)[number];

/** The fields of a row that are kept: others are left out of its key, and rows that are then the same are one. */
export function collapse(rows: readonly DropRow[], by: readonly DropField[]): DropRow[] {
  const merged = new Map<string, DropRow>();
  for (const row of rows) {
    const key = chosen(row.key, by);
    const id = rowId(key);
    const known = merged.get(id);
    if (known === undefined) merged.set(id, { ...row, key });
    else {
      known.count += row.count;
      if (SEVERITY[row.verdict] > SEVERITY[known.verdict]) known.verdict = row.verdict;
    }
  }
  return [...merged.values()].sort((a, b) => b.count - a.count);
}

const SEVERITY = { noise: 0, policy: 1, suspect: 2 };

function chosen(key: DropKey, by: readonly DropField[]): DropKey {
  const kept: DropKey = {};
  for (const field of by) for (const name of KEPT[field]) Object.assign(kept, pick(key, name));
  return kept;
}

const KEPT: Readonly<Record<DropField, readonly (keyof DropKey)[]>> = {
  location: ['location'],
  reason: ['reason'],
  dev: ['dev', 'ifindex'],
  netns: ['netns', 'netnsName'],
  proto: ['protocol'],
  flow: ['flow'],
  comm: ['comm'],
  stack: ['stack'],
};

function pick(key: DropKey, name: keyof DropKey): DropKey {
  return { [name]: key[name] ?? null };
}
