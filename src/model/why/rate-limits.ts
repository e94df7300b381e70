import type { LimitCount } from '../rate-limits.js';
import { at, counted, type Finding } from './finding.js';

/** What rate limits kept from the log while it was watched. */
export function rateLimitFindings(counts: readonly LimitCount[]): Finding[] {
  const refused = counts.filter((count) => count.refused > 0);
  return [ofTheKernel(refused), ofWriters(refused)].filter((finding) => finding !== null);
}

function ofTheKernel(refused: readonly LimitCount[]): Finding | null {
  const found = refused.filter(({ writer }) => !writer);
  if (found.length === 0) return null;
  return {
    cause: 'ratelimited-live',
    stage: 'emit',
    severity: 'missing',
    certainty: 'certain',
    finding: `${counted(sum(found), 'message')} of the kernel ${sum(found) === 1 ? 'was' : 'were'} held back by rate limits while the log was watched`,
    evidence: linesOf(found, ({ name, limit }) => {
      const who = name === null ? 'a function whose name is not known' : `${name}()`;
      return limit === '___ratelimit' ? who : `${who} by ${limit.replace(/^__/, '')}()`;
    }),
    remedy: [
      'sysctl kernel.printk_ratelimit=0 lifts the limit of printk_ratelimit(), net.core.message_cost=0 that of net_ratelimit(); limits of single places stay',
    ],
  };
}

function ofWriters(refused: readonly LimitCount[]): Finding | null {
  const found = refused.filter(({ writer }) => writer);
  if (found.length === 0) return null;
  return {
    cause: 'devkmsg-ratelimited-live',
    stage: 'ring',
    severity: 'missing',
    certainty: 'certain',
    finding: `${counted(sum(found), 'write')} to /dev/kmsg ${sum(found) === 1 ? 'was' : 'were'} swallowed by its rate limit while the log was watched`,
    evidence: linesOf(found, ({ name, tid }) => `${name}[${tid}]`),
    remedy: [
      'echo on > /proc/sys/kernel/printk_devkmsg',
      'or write less: 10 lines in 5 s pass for each open file',
    ],
  };
}

function sum(found: readonly LimitCount[]): number {
  return found.reduce((total, { refused }) => total + refused, 0);
}

function linesOf(found: readonly LimitCount[], nameOf: (count: LimitCount) => string): string[] {
  const rest = found.slice(MOST);
  return [
    ...found
      .slice(0, MOST)
      .map(
        (count) =>
          `${nameOf(count)}: ${count.refused} of ${count.asked} held back, the last at ${at(count.lastRefused ?? 0)}`,
      ),
    ...(rest.length === 0 ? [] : [`${sum(rest)} more of ${rest.length} others`]),
  ];
}

const MOST = 10;
