import type { LogFacts } from '../decode/log-facts.js';
import { SCHEMA_VERSION } from '../model/events.js';
import type { LimitCount } from '../model/rate-limits.js';
import type { CanaryHop } from '../model/why/canary-hop.js';
import type { Verdict } from '../model/why/verdict.js';
import { inUnicode } from './ndjson.js';

/**
 * A verdict as one JSON document, as `kwho schema why` describes it.
 * @param facts what it rests on
 * @param more what else was asked for: a marker, a live watch
 */
export function whyJson(verdict: Verdict, facts: LogFacts, more: WhyExtras = {}): string {
  const { missing, findings, hops, inOrder, notChecked } = verdict;
  const { now, since, ring, settings, rights, readers } = facts;
  const { sample: _, ...shape } = ring;
  const document = {
    v: SCHEMA_VERSION,
    type: 'why',
    verdict: missing ? 'missing' : 'nothing-missing',
    findings,
    ...(hops.length === 0 ? {} : { hops }),
    inOrder,
    notChecked,
    ...more,
    ...{ now, since, ring: shape, settings, rights, readers },
  };
  return `${JSON.stringify(document, inUnicode, 1)}\n`;
}

export interface WhyExtras {
  canary?: { marker: string; level: number; hops: readonly CanaryHop[] };
  /** null where they could not be traced. */
  rateLimits?: readonly LimitCount[] | null;
}
