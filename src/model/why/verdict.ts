import type { LogFacts } from '../../decode/log-facts.js';
import type { ByteString } from '../../decode/trace-record.js';
import { blocked } from './blocked.js';
import { busybox } from './busybox.js';
import { cleared } from './cleared.js';
import { collects } from './collector.js';
import { consoleOnly } from './console.js';
import { cut } from './cut.js';
import { devkmsgOff, devkmsgRatelimit } from './devkmsg-writes.js';
import { dynamicDebug } from './dynamic-debug.js';
import { at, type Check, counted, type Finding } from './finding.js';
import { journald } from './journald.js';
import { noCollector } from './no-collector.js';
import { rsyslog } from './rsyslog.js';
import { stolen } from './stolen.js';
import { suppressed } from './suppressed.js';
import { syslogNg } from './syslog-ng.js';
import { endsAt, type Hop, soughtText, traceText } from './trace.js';
import { wrapped } from './wrapped.js';

/** What there is to say of a log in which something is missing. */
export interface Verdict {
  /** Whether messages are missing; risks and notes are none. */
  missing: boolean;
  /** Likeliest first. */
  findings: Finding[];
  /** Where the message sought is. */
  hops: Hop[];
  /** What was looked at and found in order, in words. */
  inOrder: ByteString[];
  /** What could not be looked at. */
  notChecked: ByteString[];
}

/**
 * Every cause that can be told from user space. Of two findings of the same weight, the one further up comes first: the
 * causes of losses stand before what they lead to, and the text sought, which names no cause, last.
 */
const CHECKS: readonly Check[] = [
  ...[blocked, devkmsgOff, cleared, stolen],
  ...[journald, rsyslog, syslogNg, busybox],
  ...[devkmsgRatelimit, wrapped, suppressed, dynamicDebug, cut, consoleOnly, noCollector, soughtText],
];

/** @param more findings of other means: a live watch, a canary */
export function judge(facts: LogFacts, more: readonly Finding[] = []): Verdict {
  const hops = traceText(facts);
  const end = endsAt(hops);
  const findings = [...more, ...CHECKS.flatMap(({ find }) => find(facts))];
  const weights = new Map(findings.map((finding) => [finding, weigh(finding, end)]));
  findings.sort((a, b) => weights.get(b)! - weights.get(a)!);
  return {
    missing: findings.some(({ severity }) => severity === 'missing'),
    findings,
    hops,
    inOrder: findings.some(({ severity }) => severity === 'missing') ? [] : orderWords(facts),
    notChecked: [...new Set(CHECKS.flatMap(({ unchecked }) => unchecked?.(facts) ?? []))],
  };
}

/** What bears on the message sought comes first; then what is missing, then what may be, the certain before the possible. */
function weigh(
  { stage, severity, certainty, cause, sought }: Finding,
  end: ReturnType<typeof endsAt>,
): number {
  const bears = end === stage || (end === 'nowhere' && (stage === 'emit' || stage === 'ring'));
  const names = !cause.startsWith('text-');
  return (
    (bears && names && severity !== 'note' ? 1000 : 0) +
    (sought === true ? 100 : 0) +
    { missing: 300, risk: 200, note: 100 }[severity] +
    { certain: 20, likely: 10, possible: 0 }[certainty] -
    (names ? 0 : 5)
  );
}

function orderWords(facts: LogFacts): string[] {
  const { ring } = facts;
  const names = collects(facts);
  return [
    ...(ring.first === null || ring.last === null
      ? []
      : [
          `the ring has ${counted(ring.records, 'record')} of ${at(ring.first.time)} to ${at(ring.last.time)}, sequence ${ring.first.seq} to ${ring.last.seq}`,
        ]),
    ...(ring.hidden === 0 && ring.hiddenUnknown === null ? ['no clear hides any of them'] : []),
    ...(names.length === 0
      ? []
      : [`${names.join(', ')} ${names.length === 1 ? 'collects' : 'collect'} them`]),
  ];
}
