import { printable } from '../output/escape.js';
import type { Counted } from './drop-tally.js';
import type { Series } from './shown.js';

/** Of all but noise; a kernel that gives no reason (before 5.17) has its functions instead. */
export function topReasons(rows: Iterable<Pick<Counted, 'key' | 'count' | 'verdict'>>): Series['reasons'] {
  const counts = new Map<string, number>();
  for (const { key, count, verdict } of rows) {
    if (verdict === 'noise') continue;
    const name = key.reason ?? key.location?.symbol ?? '-';
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST)
    .map(([name, count]) => ({ name: printable(name), count }));
}

const MOST = 10;
