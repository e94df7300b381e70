import { SCHEMA_VERSION } from '../model/events.js';
import type { Verdict } from '../model/why/verdict.js';
import { inUnicode } from './ndjson.js';

/**
 * A verdict as one JSON document.
 * @param facts what it rests on: values by the names of their files
 */
export function whyJson(verdict: Verdict, facts: Readonly<Record<string, unknown>>): string {
  const { missing, findings, hops, inOrder, notChecked } = verdict;
  const document = {
    v: SCHEMA_VERSION,
    type: 'why',
    verdict: missing ? 'missing' : 'nothing-missing',
    findings,
    ...(hops.length === 0 ? {} : { hops }),
    inOrder,
    notChecked,
    ...facts,
  };
  return `${JSON.stringify(document, inUnicode, 1)}\n`;
}
