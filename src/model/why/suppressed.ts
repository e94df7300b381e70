import type { LogFacts } from '../../decode/log-facts.js';
import { type Check, counted, type Finding, isAsked, mark } from './finding.js';

/** Messages that the kernel never printed, as it says itself: rate limits (lib/ratelimit.c) and audit's backlog. */
export const suppressed: Check = {
  find: (facts) => [callbacks(facts), zeroBurst(facts), audit(facts)].filter((finding) => finding !== null),
  unchecked: ({ audit: status, rights }) =>
    status === null && rights.uid !== 0 ? ['how many records audit has lost: auditctl -s wants root'] : [],
};

function callbacks(facts: LogFacts): Finding | null {
  const told = facts.ring.suppressed.filter(({ kind, time }) => kind === 'callbacks' && isAsked(facts, time));
  const last = told.at(-1);
  if (last === undefined) return null;
  const sums = new Map<string, number>();
  for (const { name, count } of told) sums.set(name, (sums.get(name) ?? 0) + (count ?? 0));
  const lines = [...sums].sort(([, a], [, b]) => b - a);
  const total = lines.reduce((sum, [, count]) => sum + count, 0);
  return {
    cause: 'ratelimited',
    stage: 'emit',
    severity: 'missing',
    certainty: 'certain',
    finding: `${counted(total, 'message')} of the kernel were never printed: a rate limit left them out`,
    evidence: [
      ...lines.slice(0, MOST_NAMES).map(([name, count]) => `${name}: ${count} callbacks suppressed`),
      `the last is ${mark(last)}`,
    ],
    remedy: [
      'sysctl kernel.printk_ratelimit=0 lifts the limit of printk_ratelimit(), net.core.message_cost=0 that of net_ratelimit; limits of single places stay',
    ],
  };
}

const MOST_NAMES = 5;

function zeroBurst({ settings }: LogFacts): Finding | null {
  const zero = [
    ...(settings.ratelimitBurst === 0 ? ['/proc/sys/kernel/printk_ratelimit_burst = 0'] : []),
    ...(settings.netMessageBurst === 0 ? ['/proc/sys/net/core/message_burst = 0'] : []),
  ];
  if (zero.length === 0) return null;
  return {
    cause: 'ratelimit-zero',
    stage: 'emit',
    severity: 'risk',
    certainty: 'certain',
    finding: 'a rate limit is set so that it lets nothing through',
    evidence: zero,
    remedy: ['sysctl kernel.printk_ratelimit_burst=10 net.core.message_burst=10'],
  };
}

function audit(facts: LogFacts): Finding | null {
  const told = facts.ring.suppressed.filter(({ kind, time }) => kind === 'audit' && isAsked(facts, time));
  const lost = Math.max(facts.audit?.lost ?? 0, ...told.map(({ count }) => count ?? 0));
  const last = told.at(-1);
  if (last === undefined && (lost === 0 || facts.since !== null)) return null;
  return {
    cause: 'audit-lost',
    stage: 'emit',
    severity: 'missing',
    certainty: 'certain',
    finding: `audit has lost ${lost === 0 ? 'records' : counted(lost, 'record')}: its backlog was full`,
    evidence: [
      ...(facts.audit === null
        ? []
        : [`auditctl -s: lost ${facts.audit.lost}, backlog_limit ${facts.audit.backlogLimit}`]),
      ...(last === undefined ? [] : [`${mark(last)}: the kernel says so`]),
    ],
    remedy: ['auditctl -b 8192, or fewer rules'],
  };
}
