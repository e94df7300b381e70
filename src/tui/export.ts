import { grouped } from '../grouped.js';
import type { DropCountEvent } from '../model/events.js';
import { keyWords } from '../output/drop-words.js';
import { callWords, effectWord, whoWords } from '../output/log-words.js';
import { toJsonLine } from '../output/ndjson.js';
import { momentWords } from './moment-words.js';
import { logRowWords } from './row-words.js';
import type { DropRow, LogRow } from './shown.js';
import { textTable } from './text-table.js';

/** The event of each row, a line each, as `kwho schema` describes it. */
export function logRowsNdjson(rows: readonly LogRow[]): string {
  return rows.map(({ event }) => toJsonLine(event)).join('');
}

/**
 * A count of each row since the start, a line each, as `kwho schema` describes it. What was counted from the drops
 * seen one by one says so: its backend is `samples`.
 * @param clock kernel clock now, in seconds: up to then is counted
 */
export function dropRowsNdjson(rows: readonly DropRow[], clock: number): string {
  return rows.map((row) => toJsonLine(countOf(row, clock))).join('');
}

function countOf({ key, count, verdict, first, last, exact }: DropRow, clock: number): DropCountEvent {
  const to = Math.max(last, clock);
  const backend = exact ? 'kwho' : 'samples';
  return { type: 'drop-count', time: to, backend, from: first, to, key, count, verdict };
}

/** A table, as it is shown. @param wall wall-clock milliseconds of a kernel time in seconds */
export function logRowsText(rows: readonly LogRow[], wall: (time: number) => number): string {
  return textTable(
    ['time', '>count', 'effect', 'process', 'unit or container', 'call'],
    rows.map((row) => [
      momentWords(row.time, wall),
      grouped(row.count),
      row.loud ? effectWord(row.event).toUpperCase() : effectWord(row.event),
      whoWords(row.event),
      logRowWords(row).fields.unit ?? '-',
      callWords(row.event),
    ]),
  );
}

/** A table, as it is shown. @param host network namespace that is called host */
export function dropRowsText(
  rows: readonly DropRow[],
  wall: (time: number) => number,
  host: number | null,
): string {
  const columns = Object.entries(NAMES).filter(([field]) =>
    rows.some(({ key }) => key[field as keyof typeof NAMES] !== undefined),
  );
  return textTable(
    ['>count', '>rate', 'kind', ...columns.map(([, name]) => name), 'last'],
    rows.map(({ key, count, rate, verdict, last }) => [
      grouped(count),
      `${rate.toFixed(1)}/s`,
      verdict === 'suspect' ? 'SUSPECT' : verdict,
      ...columns.map(([field]) => cell(key, field as keyof typeof NAMES, host)),
      momentWords(last, wall),
    ]),
  );
}

const NAMES = {
  location: 'location',
  reason: 'reason',
  protocol: 'protocol',
  dev: 'interface',
  netns: 'namespace',
  flow: 'flow',
  comm: 'running',
  stack: 'path',
};

function cell(key: DropRow['key'], field: keyof typeof NAMES, host: number | null): string {
  const named = field === 'netns' && key.netnsName !== undefined ? { netnsName: key.netnsName } : {};
  return keyWords({ [field]: key[field], ...named }, host)[0] ?? '-';
}
