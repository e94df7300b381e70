import type { ByteString } from './trace-record.js';

/**
 * One value of an entry's key. Numbers are unsigned as the kernel prints them (-1 of 32 bits is 2^64 - 1), a bigint
 * only beyond 2^53. Strings have lost the blanks at their end. A stack trace is its frames, innermost first.
 */
export type HistKey = ByteString | number | bigint | HistSymbol | HistThread | readonly ByteString[];

/** `key.sym` and `key.sym-offset`. */
export interface HistSymbol {
  address: bigint;
  /** As `%ps` or `%pS` print it: `symbol+0x1f/0x40 [module]`, or the address again where there is no symbol. */
  symbol: ByteString;
}

/** `common_pid.execname`. */
export interface HistThread {
  tid: number;
  /** Of the thread when its entry was made, without blanks at the end. */
  comm: ByteString;
}

/** One key of a trigger. */
export interface HistKeyFormat {
  /** Without modifiers. */
  name: string;
  kind: HistKeyKind;
}

/** `plain` is a number or a string: only what is printed tells. `unknown` is what kwho never asks for. */
export type HistKeyKind = 'plain' | 'hex' | 'sym' | 'sym-offset' | 'execname' | 'stack' | 'unknown';

/**
 * The keys of a trigger from its info line, `hist:keys=location.sym-offset,dev:vals=hitcount:…`
 * (kernel/trace/trace_events_hist.c event_hist_trigger_print()).
 */
export function parseHistKeys(info: ByteString): HistKeyFormat[] {
  const label = info.indexOf('keys=');
  if (label === -1) return [];
  const from = label + 'keys='.length;
  const end = info.indexOf(':', from);
  const list = info.slice(from, end === -1 ? undefined : end);
  return list.split(',', MOST_KEYS).map(parseKey);
}

/** kernel/trace/tracing_map.h TRACING_MAP_KEYS_MAX */
const MOST_KEYS = 3;

function parseKey(text: string): HistKeyFormat {
  // 7.2 prints it twice.
  if (text === 'common_cpucommon_cpu') return { name: 'common_cpu', kind: 'plain' };
  if (text === 'stacktrace' || text === 'common_stacktrace') return { name: text, kind: 'stack' };
  const dot = text.indexOf('.');
  if (dot === -1) return { name: text, kind: 'plain' };
  return { name: text.slice(0, dot), kind: MODIFIERS.get(text.slice(dot + 1)) ?? 'unknown' };
}

const MODIFIERS = new Map<string, HistKeyKind>([
  ['hex', 'hex'],
  ['sym', 'sym'],
  ['sym-offset', 'sym-offset'],
  ['execname', 'execname'],
]);
