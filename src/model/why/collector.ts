import {
  type DaemonMark,
  type LogFacts,
  messageKey,
  type RingRecord,
  type StoreCheck,
} from '../../decode/log-facts.js';
import { counted, type Finding, mark } from './finding.js';

/** A collector's finding; its stage is always the same. */
export function collectorFinding(parts: Omit<Finding, 'stage'>): Finding {
  return { stage: 'collector', ...parts };
}

/** Alive and stopped by a signal: it reads nothing, and the ring goes on. */
export function halted(name: string, daemon: DaemonMark): Finding {
  return collectorFinding({
    cause: `${name}-halted`,
    severity: 'missing',
    certainty: 'certain',
    finding: `${name} is stopped by a signal: it collects nothing until it goes on, and what the ring overwrites meanwhile is lost to it`,
    evidence: [`/proc/${daemon.pid}/stat: state T`],
    remedy: [`kill -CONT ${daemon.pid}`],
  });
}

/** It has collected since this boot, and it does not run any more. */
export function ended(name: string, what: string, until: string[], start: string): Finding {
  return collectorFinding({
    cause: `${name}-stopped`,
    severity: 'missing',
    certainty: 'certain',
    finding: `${name} does not run any more: nothing is added to ${what}`,
    evidence: [`no process ${name}`, ...until],
    remedy: [start],
  });
}

/** It may be about to open the log. */
export function isStarting({ now }: LogFacts, { started }: DaemonMark): boolean {
  return now - started < STARTING_SECONDS;
}

const STARTING_SECONDS = 15;

/**
 * Records of the kernel that a collector must have by now: of this facility or any, newer than its start and old
 * enough to have arrived.
 */
export function dueSample(
  { ring, now, since }: LogFacts,
  daemon: DaemonMark,
  takes: (record: RingRecord) => boolean,
): RingRecord[] {
  const from = Math.max(daemon.started + START_SECONDS, since ?? 0);
  return ring.sample.filter(
    (record) => record.time > from && record.time < now - ARRIVAL_SECONDS && takes(record),
  );
}

/** printk's clock and /proc's differ by fractions of a second, and a daemon takes a while to begin. */
const START_SECONDS = 2;
const ARRIVAL_SECONDS = 3;

/** Files that ought to have these records and do not, all of them or some. */
export function lacking(
  name: string,
  stores: readonly StoreCheck[],
  due: readonly RingRecord[],
): Finding | null {
  const asked = due.filter((record) =>
    stores.every(({ begins, has }) => begins < record.time || has.has(messageKey(record))),
  );
  const absent = asked.filter((record) => !stores.some(({ has }) => has.has(messageKey(record))));
  const last = absent.at(-1);
  if (last === undefined || stores.length === 0) return null;
  const none = absent.length === asked.length;
  const files = stores.map(({ path, exists }) => `${path}${exists ? '' : ' (not there)'}`).join(', ');
  return collectorFinding({
    cause: none ? `${name}-not-writing` : `${name}-lacks`,
    severity: 'missing',
    certainty: none ? 'certain' : 'likely',
    finding: none
      ? `${name} runs and its files have none of the kernel messages that came since`
      : `${name}'s files lack ${absent.length} of ${counted(asked.length, 'kernel message')} that the ring has`,
    evidence: [`looked for in: ${files}`, `not there: ${mark(last)}: ${last.text.slice(0, 80)}`],
    remedy: ['df -h /var/log; ls -l /var/log', `the messages of ${name} itself`, 'kwho why --canary'],
  });
}

/** Whether somebody who is known to collect does so now; a stopped or halted one does not. */
export function collects({ readers, journald, rsyslog, syslogNg, busybox }: LogFacts): string[] {
  const reads = (daemon: DaemonMark | null) =>
    daemon !== null && !daemon.halted && readers.some(({ pid }) => pid === daemon.pid);
  return [
    ...(reads(journald.daemon) && journald.config.storage !== 'none' ? ['journald'] : []),
    ...(reads(rsyslog.daemon) || fromJournal(rsyslog) ? ['rsyslog'] : []),
    ...(reads(syslogNg.daemon) ? ['syslog-ng'] : []),
    ...(reads(busybox.klogd) && (busybox.syslogd !== null || busybox.devLog !== false) ? ['klogd'] : []),
  ];
}

/** imjournal reads no door of the log: journald does. */
function fromJournal({ daemon, config }: LogFacts['rsyslog']): boolean {
  return daemon !== null && !daemon.halted && config?.inputs.includes('imjournal') === true;
}
