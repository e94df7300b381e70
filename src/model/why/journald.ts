import type { LogFacts } from '../../decode/log-facts.js';
import { LEVEL_NAMES } from '../../decode/log-levels.js';
import { collectorFinding, collects, ended, halted, isStarting } from './collector.js';
import { at, type Check, counted, type Finding, isAsked } from './finding.js';

/** systemd-journald: does it run, does it read the kernel log, does it keep what it reads, how far is it. */
export const journald: Check = {
  find(facts) {
    const { daemon } = facts.journald;
    if (daemon === null) return [stopped(facts)].filter((finding) => finding !== null);
    if (daemon.halted) return [halted('journald', daemon), ...missed(facts)];
    const reading = reads(facts);
    return [
      ...(reading === null ? [] : [reading]),
      ...[storage(facts), maxLevel(facts), reading === null ? behind(facts) : null].filter(
        (finding) => finding !== null,
      ),
      ...missed(facts),
    ];
  },
  unchecked: ({ journald: { daemon, refused } }) =>
    daemon === null || refused === null ? [] : [`what journald has stored: ${refused}`],
};

function stopped(facts: LogFacts): Finding | null {
  const { stored, next } = facts.journald;
  if (stored === null || stored.newest === null) return null;
  const { last } = facts.ring;
  return ended(
    'journald',
    'the journal',
    [
      `journalctl -k -b: the newest is of ${at(stored.newest)}`,
      ...(last === null ? [] : [`/dev/kmsg: the newest is sequence ${last.seq}, ${at(last.time)}`]),
      ...(next === null ? [] : [`/run/systemd/journal/kernel-seqnum: ${next} was to be read next`]),
    ],
    'systemctl start systemd-journald',
  );
}

/** It holds /dev/kmsg open for reading where it reads it, whatever its files say now. */
function reads(facts: LogFacts): Finding | null {
  const { daemon, config } = facts.journald;
  if (daemon === null || facts.readers.some(({ pid, door }) => pid === daemon.pid && door === '/dev/kmsg'))
    return null;
  const others = collects(facts);
  const told = !config.readKmsg;
  if (facts.readersUnseen > 0 || (!told && isStarting(facts, daemon))) return null;
  return collectorFinding({
    cause: told ? 'journald-readkmsg' : 'journald-not-reading',
    severity: others.length > 0 && told ? 'note' : 'missing',
    certainty: 'certain',
    finding: told
      ? 'journald is told not to read the kernel log (ReadKMsg=no): journalctl -k shows nothing of it'
      : 'journald runs and does not read the kernel log: it could not open /dev/kmsg when it started',
    evidence: [
      ...(told ? [`${config.from.readKmsg ?? 'its configuration'}: ReadKMsg=no`] : []),
      `/proc/${daemon.pid}/fd: /dev/kmsg is not open for reading`,
      ...(others.length === 0 ? [] : [`${others.join(', ')} collects it`]),
    ],
    remedy: [...(told ? ['set ReadKMsg=yes'] : []), 'systemctl restart systemd-journald'],
  });
}

function storage(facts: LogFacts): Finding | null {
  const { config } = facts.journald;
  if (config.storage !== 'none') return null;
  return collectorFinding({
    cause: 'journald-storage',
    severity: collects(facts).length > 0 ? 'note' : 'missing',
    certainty: 'certain',
    finding: 'journald keeps nothing (Storage=none): it only hands on',
    evidence: [`${config.from.storage ?? 'its configuration'}: Storage=none`],
    remedy: ['set Storage=persistent', 'systemctl restart systemd-journald'],
  });
}

function maxLevel({ journald: { config } }: LogFacts): Finding | null {
  const level = config.maxLevelStore;
  if (level >= 7) return null;
  const dropped = LEVEL_NAMES.slice(level + 1).join(', ');
  return collectorFinding({
    cause: 'journald-level',
    severity: level >= 6 ? 'note' : 'missing',
    certainty: 'certain',
    finding: `journald does not store ${dropped} (MaxLevelStore=${LEVEL_NAMES[level]})`,
    evidence: [`${config.from.maxLevelStore ?? 'its configuration'}: MaxLevelStore=${LEVEL_NAMES[level]}`],
    remedy: ['set MaxLevelStore=debug', 'systemctl restart systemd-journald'],
  });
}

/** Its own count of where it is, against the ring; it may be a moment behind. */
function behind(facts: LogFacts): Finding | null {
  const { next, daemon } = facts.journald;
  const { last, first } = facts.ring;
  if (next === null || last === null || first === null || daemon === null) return null;
  const waiting = last.seq + 1 - next;
  // A record that came just now may not have been read.
  if (waiting <= 0 || last.time > facts.now - SETTLED_SECONDS || daemon.started > facts.now - SETTLED_SECONDS)
    return null;
  return collectorFinding({
    cause: 'journald-behind',
    severity: 'missing',
    certainty: 'likely',
    finding: `journald is ${counted(waiting, 'record')} behind the ring`,
    evidence: [
      `/run/systemd/journal/kernel-seqnum: ${next} is read next`,
      `/dev/kmsg: sequence ${first.seq} to ${last.seq}, the newest ${Math.round(facts.now - last.time)} s old`,
    ],
    remedy: ['journalctl -u systemd-journald -b', 'df -h /var/log/journal /run/log/journal'],
  });
}

const SETTLED_SECONDS = 5;

function missed(facts: LogFacts): Finding[] {
  const told = facts.journald.missed.filter(({ time }) => isAsked(facts, time));
  const last = told.at(-1);
  if (last === undefined) return [];
  const sum = told.reduce((total, { count }) => total + count, 0);
  return [
    collectorFinding({
      cause: 'journald-missed',
      severity: 'missing',
      certainty: 'certain',
      finding: `journald has missed ${counted(sum, 'kernel message')}: the ring overwrote them before it read them`,
      evidence: told
        .slice(-3)
        .map(({ time, count }) => `journal, ${at(time)}: Missed ${count} kernel messages`),
      remedy: ['boot with a larger log_buf_len (log_buf_len=4M)'],
    }),
  ];
}
