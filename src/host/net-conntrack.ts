import type { ByteString } from '../decode/trace-record.js';

/** A namespace's connection tracking. */
export interface Conntrack {
  entries: number;
  /** Summed over the CPUs: `drop`, `insert_failed`, `early_drop`, `invalid`, … as the file's heading names them. */
  counters: Map<string, number>;
  malformed: number;
}

/**
 * Reads /proc/net/stat/nf_conntrack: a heading, then hexadecimal columns, a line a CPU
 * (net/netfilter/nf_conntrack_standalone.c ct_cpu_seq_show()). null where it holds no line.
 */
export function parseConntrack(text: ByteString): Conntrack | null {
  const [heading = '', ...lines] = text.split('\n').filter((line) => line !== '');
  const names = heading.split(/ +/).filter((name) => name !== '');
  if (names[0] !== 'entries') return null;
  const counters = new Map<string, number>();
  let entries: number | null = null;
  let malformed = 0;
  for (const line of lines) {
    const values = line.split(/ +/).filter((value) => value !== '');
    if (values.length < names.length || !values.every((value) => /^[0-9a-f]{1,16}$/.test(value))) {
      malformed += 1;
      continue;
    }
    for (const [i, name] of names.entries()) {
      const value = Number.parseInt(values[i] as string, 16);
      // Of the whole table, and the same in every line.
      if (i === 0) entries = value;
      else counters.set(name, (counters.get(name) ?? 0) + value);
    }
  }
  return entries === null ? null : { entries, counters, malformed };
}
