import type { RowFilter } from './row-filter.js';

/** What of the log is shown, and how. */
export interface LogView {
  filter: RowFilter | null;
  /** `time` is oldest first, so that what is new comes at the end; `count` largest first; names as they sort. */
  sort: LogSort;
  /** The other way round. */
  invert: boolean;
}

export const LOG_SORTS = ['time', 'who', 'door', 'action', 'effect', 'count'] as const;
export type LogSort = (typeof LOG_SORTS)[number];

/** What of the drops is shown, and how. */
export interface DropView {
  filter: RowFilter | null;
  /** `count`, `rate` and `last` are largest first; `kind` is the gravest first, noise last; names as they sort. */
  sort: DropSort;
  /** The other way round. */
  invert: boolean;
  by: DropGrouping;
}

export const DROP_SORTS = ['count', 'rate', 'location', 'reason', 'dev', 'netns', 'kind', 'last'] as const;
export type DropSort = (typeof DROP_SORTS)[number];

/** `place` is location × reason × interface × namespace. */
export const DROP_GROUPINGS = ['place', 'location', 'reason', 'dev', 'netns', 'flow', 'comm'] as const;
export type DropGrouping = (typeof DROP_GROUPINGS)[number];

/** Whether a grouping counts every drop; the others count those that were seen one by one. */
export function isExact(by: DropGrouping): boolean {
  return by !== 'flow' && by !== 'comm';
}
