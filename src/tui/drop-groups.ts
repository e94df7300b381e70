import { rowId } from '../model/drop-table.js';
import type { DropEvent, DropKey } from '../model/events.js';
import { keyOfDrop, type Source, sourceId } from './drop-rows.js';
import { type Counted, graver } from './drop-tally.js';
import type { DropRow } from './shown.js';
import { type DropGrouping, isExact } from './view.js';

/** Where the rows of a grouping come from. */
export function sourceOf(by: DropGrouping): Source {
  return isSource(by) ? by : 'place';
}

function isSource(by: DropGrouping): by is Source {
  return by === 'place' || by === 'flow' || by === 'comm';
}

/** Rows that are the same in what they are grouped by are one. */
export function groupRows(rows: readonly Counted[], by: DropGrouping): DropRow[] {
  if (isSource(by)) return rows.map((row) => toRow(row, `${by}\0${row.id}`, row.key, by));
  const groups = new Map<string, DropRow>();
  for (const row of rows) {
    const { id, key } = groupOf(row.key, by);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, toRow(row, id, key, by));
    else join(group, row);
  }
  return [...groups.values()];
}

function toRow(
  { count, verdict, first, last, recent, rate }: Counted,
  id: string,
  key: DropKey,
  by: DropGrouping,
) {
  return { id, key, count, rate, recent, verdict, first, last, exact: isExact(by) };
}

function join(group: DropRow, row: Counted): void {
  group.count += row.count;
  group.rate += row.rate;
  group.recent = group.recent.map((count, i) => count + (row.recent[i] ?? 0));
  group.verdict = graver(group.verdict, row.verdict);
  group.first = Math.min(group.first, row.first);
  group.last = Math.max(group.last, row.last);
}

/** The grouping that a row is of stands before the row's own id. */
export function groupingOfId(id: string): DropGrouping {
  return id.slice(0, id.indexOf('\0')) as DropGrouping;
}

/** The id of the row that a single drop belongs to. */
export function idOfDrop(drop: DropEvent, by: DropGrouping): string {
  return isSource(by) ? `${by}\0${sourceId(drop, by)}` : groupOf(keyOfDrop(drop, 'place'), by).id;
}

interface Group {
  id: string;
  key: DropKey;
}

/** Keys live as long as their rows and are asked about with every drawing. */
const KNOWN = new WeakMap<DropKey, Map<Grouped, Group>>();

function groupOf(key: DropKey, by: Grouped): Group {
  const known = KNOWN.get(key) ?? new Map<Grouped, Group>();
  KNOWN.set(key, known);
  let group = known.get(by);
  if (group === undefined) {
    const chosen = CHOSEN[by](key);
    group = { id: `${by}\0${rowId(chosen)}`, key: chosen };
    known.set(by, group);
  }
  return group;
}

type Grouped = Exclude<DropGrouping, Source>;

const CHOSEN: Readonly<Record<Grouped, (key: DropKey) => DropKey>> = {
  location: ({ location = NOWHERE }) => ({ location }),
  reason: ({ reason = null }) => ({ reason }),
  dev: ({ dev = null, ifindex = null }) => ({ dev, ifindex }),
  netns: ({ netns = null, netnsName = null }) => ({ netns, netnsName }),
};

const NOWHERE = { symbol: null, offset: null, module: null, address: null };
