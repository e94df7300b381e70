import { effectWord, whoWords } from '../output/log-words.js';
import { SEVERITY } from './drop-tally.js';
import { dropRowWords } from './row-words.js';
import type { DropRow, LogRow } from './shown.js';
import type { DropSort, LogSort } from './view.js';

/** @returns a new array */
export function sortLogRows(rows: readonly LogRow[], sort: LogSort, invert: boolean): LogRow[] {
  return sorted(rows, LOG_KEYS[sort], (a, b) => a.time - b.time || a.id - b.id, invert);
}

/** @param host network namespace that is called host @returns a new array */
export function sortDropRows(
  rows: readonly DropRow[],
  sort: DropSort,
  invert: boolean,
  host: number | null,
): DropRow[] {
  const keyOf = DROP_KEYS[sort];
  return sorted(rows, (row) => keyOf(row, host), byCount, invert);
}

type Key = number | string;

const LOG_KEYS: Readonly<Record<LogSort, (row: LogRow) => Key>> = {
  time: ({ time }) => time,
  who: ({ event }) => whoWords(event),
  door: ({ event }) => event.door,
  action: ({ event }) => event.action ?? '',
  effect: ({ event }) => effectWord(event),
  count: ({ count }) => -count,
};

const DROP_KEYS: Readonly<Record<DropSort, (row: DropRow, host: number | null) => Key>> = {
  count: ({ count }) => -count,
  rate: ({ rate }) => -rate,
  last: ({ last }) => -last,
  kind: ({ verdict }) => -SEVERITY[verdict],
  location: (row, host) => dropRowWords(row, host).fields.location ?? '',
  reason: (row, host) => dropRowWords(row, host).fields.reason ?? '',
  dev: (row, host) => dropRowWords(row, host).fields.dev ?? '',
  netns: (row, host) => dropRowWords(row, host).fields.netns ?? '',
};

function byCount(a: DropRow, b: DropRow): number {
  return b.count - a.count || compare(a.id, b.id);
}

function sorted<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
  then: (a: Row, b: Row) => number,
  invert: boolean,
): Row[] {
  const keyed = rows.map((row) => ({ row, key: keyOf(row) }));
  keyed.sort((a, b) => compare(a.key, b.key) || then(a.row, b.row));
  const out = keyed.map(({ row }) => row);
  return invert ? out.reverse() : out;
}

/** By code unit: the same on every host. */
function compare(a: Key, b: Key): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
