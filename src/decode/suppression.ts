import type { ByteString } from './trace-record.js';

/** A record in which the kernel says that it left others out. */
export interface Suppression {
  /** `callbacks`: ___ratelimit() in the kernel; `writer`: printk_devkmsg=ratelimit; `audit`: audit's backlog. */
  kind: 'callbacks' | 'writer' | 'audit';
  /** The function that wanted to print, or the program that wrote. */
  name: ByteString;
  /** Messages left out; null where the record does not count them. */
  count: number | null;
}

/**
 * Knows `net_ratelimit: 17 callbacks suppressed` (lib/ratelimit.c), `printk: sh: 90 output lines suppressed due to
 * ratelimiting` (kernel/printk/printk.c devkmsg_release()), `audit: audit_lost=3 audit_rate_limit=0 …` and `audit:
 * backlog limit exceeded` (kernel/audit.c audit_log_lost()).
 * @param facility that of the record: what programs wrote says nothing of the kernel
 */
export function parseSuppression(text: ByteString, facility: number): Suppression | null {
  if (facility !== 0) return null;
  if (text.endsWith(CALLBACKS)) {
    const [, name, count] = /^(.*?):? (\d+) callbacks suppressed$/.exec(text) ?? [];
    if (name !== undefined) return { kind: 'callbacks', name, count: Number(count) };
  }
  if (text.endsWith(WRITER)) {
    const [, name, count] =
      /^(?:printk: )?(.*): (\d+) output lines suppressed due to ratelimiting$/.exec(text) ?? [];
    if (name !== undefined) return { kind: 'writer', name, count: Number(count) };
  }
  if (!text.startsWith('audit: ')) return null;
  const lost = /^audit: audit_lost=(\d+) /.exec(text)?.[1];
  if (lost !== undefined) return { kind: 'audit', name: 'audit', count: Number(lost) };
  return text === 'audit: backlog limit exceeded' ? { kind: 'audit', name: 'audit', count: null } : null;
}

const CALLBACKS = ' callbacks suppressed';
const WRITER = ' output lines suppressed due to ratelimiting';
