import { HistEntries, type HistEntry } from './hist-entry.js';
import { parseHistKeys } from './hist-key.js';
import type { ByteString } from './trace-record.js';

export type { HistEntry } from './hist-entry.js';
export type { HistKey, HistSymbol, HistThread } from './hist-key.js';

/** What one hist trigger has counted. */
export interface HistTable {
  /** Without modifiers: `location`, `dev`. */
  keys: string[];
  /** The trigger as the kernel words it, with its state at the end: `hist:keys=dev:vals=hitcount:… [active]`. */
  info: ByteString;
  entries: HistEntry[];
  /**
   * Events that found room, so the sum of all hitcounts, where nothing came in between: the kernel reads this last.
   * With `dropped` it is everything that happened. 0 where the text ends before its totals.
   */
  hits: number;
  /** Lines that the kernel says it printed: `entries` are fewer where some were unreadable. */
  entriesTotal: number;
  /** Events that found no room (kernel/trace/tracing_map.c `drops`). */
  dropped: number;
  /** Lines that are no entry, as they stand. */
  malformed: ByteString[];
}

/**
 * Reads an `events/GROUP/EVENT/hist` file: one table for each hist trigger of the event, in the order in which they
 * were set (kernel/trace/trace_events_hist.c hist_show()). Names of processes and interfaces are printed raw, with
 * newlines and braces and all, but padded to 50 bytes, so that none of 50 bytes or less can be mistaken for anything
 * else. Only a longer string (a file name) can end its own line early; then the totals do not add up.
 * @param text as latin1
 */
export function parseHistTable(text: ByteString): { tables: HistTable[] } {
  const tables: HistTable[] = [];
  let at = text.startsWith(HEADER) ? 0 : nextHeader(text, 0);
  while (at !== -1) {
    const { table, end } = readTable(text, at + HEADER.length);
    tables.push(table);
    at = text.startsWith(HEADER, end) ? end : nextHeader(text, end);
  }
  return { tables };
}

const HEADER = '# event histogram\n#\n# trigger info: ';

function nextHeader(text: string, from: number): number {
  const newline = text.indexOf(`\n${HEADER}`, from);
  return newline === -1 ? -1 : newline + 1;
}

function readTable(text: ByteString, from: number): { table: HistTable; end: number } {
  let at = lineEnd(text, from);
  const info = text.slice(from, at);
  const formats = parseHistKeys(info);
  const keys = formats.map(({ name }) => name);
  const table: HistTable = { keys, info, entries: [], hits: 0, entriesTotal: 0, dropped: 0, malformed: [] };
  const entries = new HistEntries(text, formats);
  at += text.startsWith('\n#\n', at) ? 3 : 1;
  while (at < text.length && !text.startsWith(HEADER, at)) {
    if (text.startsWith(TOTALS, at)) return { table, end: readTotals(text, at + TOTALS.length, table) };
    const entry = entries.read(at);
    if (entry !== null) {
      table.entries.push(entry);
      at = entries.end;
      continue;
    }
    const end = lineEnd(text, at);
    if (end > at) table.malformed.push(text.slice(at, end));
    at = end + 1;
  }
  return { table, end: at };
}

const TOTALS = '\nTotals:\n';

function readTotals(text: string, from: number, table: HistTable): number {
  let at = from;
  for (const [label, name] of TOTAL_LINES) {
    if (!text.startsWith(label, at)) break;
    const end = lineEnd(text, at);
    const digits = text.slice(at + label.length, end);
    if (/^\d{1,15}$/.test(digits)) table[name] = Number(digits);
    at = end + 1;
  }
  return at;
}

const TOTAL_LINES = [
  ['    Hits: ', 'hits'],
  ['    Entries: ', 'entriesTotal'],
  ['    Dropped: ', 'dropped'],
] as const;

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}
