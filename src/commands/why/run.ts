import type { ByteString } from '../../decode/trace-record.js';
import { canaryFiles, canaryFindings, followCanary, wantsPatience } from '../../model/why/canary.js';
import { canaryForwards } from '../../model/why/canary-forwards.js';
import type { Finding } from '../../model/why/finding.js';
import { rateLimitFindings } from '../../model/why/rate-limits.js';
import { judge } from '../../model/why/verdict.js';
import { watchedFindings } from '../../model/why/watched.js';
import { openStandardOutput } from '../../output/channel.js';
import { wantsColor } from '../../output/paint.js';
import { whyJson } from '../../output/why-json.js';
import { whyText } from '../../output/why-text.js';
import { gatherLogFacts } from './gather.js';
import type { Watched } from './look-on.js';

export interface WhyOptions {
  text: ByteString | null;
  /** Milliseconds ago; null for since boot. */
  since: number | null;
  canary: boolean;
  /** 0 to 7 */
  level: number;
  waitMs: number;
  watchMs: number | null;
  json: boolean;
  readyFile: string | null;
}

/** `kwho why`: asks, judges, tells. Returns the exit status: 1 where messages are missing. */
export async function runWhy(options: WhyOptions): Promise<number> {
  const { text, since: sinceMs, level, waitMs, watchMs, json, readyFile } = options;
  const out = openStandardOutput();
  const more: Finding[] = [];
  // Tracing and the marker are loaded where they are asked for: a host in trouble is not to wait for their files.
  const watched =
    watchMs === null
      ? null
      : await (await import('./look-on.js')).lookOn(watchMs, out, { shown: !json, readyFile });
  if (watched !== null)
    more.push(...watchedFindings(watched.accesses), ...rateLimitFindings(watched.limits ?? []));
  const facts = await gatherLogFacts(text, sinceMs);
  const plan = {
    level,
    waitMs,
    journald: facts.journald.daemon !== null || facts.journald.hasJournal,
    files: canaryFiles(facts, level),
    forwards: canaryForwards(facts, level),
    patient: wantsPatience(facts, level),
  };
  const canary = options.canary ? await (await import('./canary.js')).flyCanary(plan) : null;
  if (canary !== null) more.push(...canaryFindings(facts, canary));
  const verdict = judge(facts, more);
  if (watched !== null) verdict.notChecked.push(...unseenWords(watched));
  const way = canary === null ? null : followCanary(facts, canary);
  if (json) {
    const marker = canary === null ? {} : { canary: { marker: canary.marker, level, hops: way ?? [] } };
    const limits = watched === null ? {} : { rateLimits: watched.limits };
    out.write(whyJson(verdict, facts, { ...marker, ...limits }));
  } else {
    const terminal = process.stdout.isTTY === true;
    const look = {
      color: wantsColor(terminal, process.env),
      columns: terminal ? process.stdout.columns : null,
    };
    out.write(`${watched === null ? '' : '\n'}${whyText(verdict, way, look)}`);
  }
  await out.drain(DRAIN_MS);
  return watched !== null && watched.status !== 0 ? watched.status : verdict.missing ? 1 : 0;
}

const DRAIN_MS = 5000;

/** What the live view did not see. */
function unseenWords({ lost, blindSpots }: Watched): string[] {
  return [
    ...(lost === 0 ? [] : [`${lost} accesses that were lost while the log was watched`]),
    ...blindSpots.map((spot) => `while the log was watched: ${spot}`),
  ];
}
