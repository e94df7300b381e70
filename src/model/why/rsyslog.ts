import { passesMarkers, type RsyslogConfig, rsyslogTargets } from '../../decode/log-config/rsyslog-conf.js';
import type { LogFacts } from '../../decode/log-facts.js';
import { LEVEL_NAMES } from '../../decode/log-levels.js';
import { collectorFinding, dueSample, ended, halted, isStarting, lacking } from './collector.js';
import { at, type Check, type Finding } from './finding.js';

/** rsyslog: does it run, does it read the kernel log, does a rule send it to a file, is it in that file. */
export const rsyslog: Check = {
  find(facts) {
    const { daemon, config, stores } = facts.rsyslog;
    if (daemon === null) return [stopped(facts)].filter((finding) => finding !== null);
    if (daemon.halted) return [halted('rsyslog', daemon)];
    const broken = input(facts) ?? (config === null ? null : rule(config));
    if (broken !== null) return [broken];
    const lack = lacking(
      'rsyslog',
      stores,
      dueSample(facts, daemon, ({ facility, level }) => facility === 0 && passes(config, level)),
    );
    return [level(config), lack, dropped(facts)].filter((finding) => finding !== null);
  },
  unchecked(facts) {
    const { daemon, config, stores } = facts.rsyslog;
    if (daemon === null || daemon.halted) return [];
    if (config === null) return ['where rsyslog writes: its configuration cannot be read'];
    const { targets, unsure } = rsyslogTargets(config, 0, 6);
    const forwards = targets.flatMap((target) => (target.kind === 'forward' ? [target.forward.to] : []));
    const due = dueSample(facts, daemon, ({ facility }) => facility === 0);
    return [
      ...(unsure ? ['rules of rsyslog with conditions: only rsyslog knows what they choose'] : []),
      ...(stores.length > 0 && due.length === 0
        ? [
            'whether rsyslog writes: no kernel message has come since it started, or since the time asked about',
          ]
        : []),
      ...(forwards.length === 0 ? [] : [`what arrives at ${forwards.join(', ')}`]),
    ];
  },
};

function stopped({ rsyslog: { stores }, ring }: LogFacts): Finding | null {
  const used = stores.filter(({ fresh, oldest }) => fresh && oldest !== null);
  if (used.length === 0) return null;
  const { last } = ring;
  return ended(
    'rsyslog',
    used.map(({ path }) => path).join(', '),
    [
      'the file has messages of this boot',
      ...(last === null ? [] : [`/dev/kmsg: the newest is sequence ${last.seq}, ${at(last.time)}`]),
    ],
    'systemctl start rsyslog',
  );
}

function input(facts: LogFacts): Finding | null {
  const { readersUnseen } = facts;
  const { daemon, config } = facts.rsyslog;
  if (daemon === null || config === null) return null;
  if (rsyslogReads(facts)) return null;
  if (config.inputs.length === 0)
    return collectorFinding({
      cause: 'rsyslog-no-input',
      severity: 'missing',
      certainty: 'certain',
      finding: 'rsyslog runs without imklog, imkmsg or imjournal: it never reads the kernel log',
      evidence: ['/etc/rsyslog.conf and what it includes load none of imklog, imkmsg, imjournal'],
      remedy: ['module(load="imklog") in /etc/rsyslog.conf', 'systemctl restart rsyslog'],
    });
  if (readersUnseen > 0 || isStarting(facts, daemon)) return null;
  const door = config.inputs.includes('imkmsg') ? '/dev/kmsg' : '/proc/kmsg';
  return collectorFinding({
    cause: 'rsyslog-not-reading',
    severity: 'missing',
    certainty: 'certain',
    finding: `rsyslog is told to read the kernel log and does not have ${door} open`,
    evidence: [`loads ${config.inputs.join(', ')}`, `/proc/${daemon.pid}/fd: no ${door}`],
    remedy: ['systemctl restart rsyslog', 'rsyslogd -N1'],
  });
}

/** Whether a kernel message of some level goes anywhere at all. */
function rule(config: RsyslogConfig): Finding | null {
  const anywhere = LEVEL_NAMES.some((_, level) => passes(config, level));
  if (anywhere) return null;
  const { unsure } = rsyslogTargets(config, 0, 6);
  return collectorFinding({
    cause: 'rsyslog-no-rule',
    severity: 'missing',
    certainty: unsure ? 'possible' : 'certain',
    finding: 'rsyslog reads the kernel log and no rule of it sends kern messages to a file',
    evidence: config.rules.map(({ selector, source }) => `${source}: ${selector}`).slice(0, 6),
    remedy: ['kern.* -/var/log/kern.log in /etc/rsyslog.conf', 'systemctl restart rsyslog'],
  });
}

/** A selector that lets only some levels through. */
function level(config: RsyslogConfig | null): Finding | null {
  if (config === null) return null;
  const dropped = LEVEL_NAMES.filter((_, level) => !passes(config, level));
  if (dropped.length === 0 || dropped.join() === 'debug') return null;
  const { unsure } = rsyslogTargets(config, 0, 6);
  const rules = config.rules.filter(
    ({ passes, target }) => target.kind === 'file' && (passes?.(0) ?? 0) !== 0,
  );
  return collectorFinding({
    cause: 'rsyslog-level',
    severity: 'missing',
    certainty: unsure ? 'possible' : 'certain',
    finding: `rsyslog writes no kernel messages of level ${dropped.join(', ')} to a file: its rules choose others`,
    evidence: rules.map(({ selector, source }) => `${source}: ${selector}`).slice(0, 6),
    remedy: ['kern.* -/var/log/kern.log in /etc/rsyslog.conf', 'systemctl restart rsyslog'],
  });
}

/** The message sought was written by a program, and imklog takes the kernel's own alone. */
function dropped({ ring, rsyslog: { config }, hits }: LogFacts): Finding | null {
  const last = ring.matches.at(-1);
  if (config === null || last === undefined || last.facility === 0 || passesMarkers(config)) return null;
  if (hits !== null && hits.found.length > 0) return null;
  return collectorFinding({
    cause: 'rsyslog-imklog-facility',
    sought: true,
    severity: 'missing',
    certainty: 'certain',
    finding: 'a program wrote it to /dev/kmsg, and imklog takes only what the kernel prints itself',
    evidence: [
      `${last.seq === null ? at(last.time) : `sequence ${last.seq}`}: facility ${last.facility}; the kernel's is 0`,
      'rsyslog loads imklog without PermitNonKernelFacility',
    ],
    remedy: [
      'module(load="imklog" PermitNonKernelFacility="on") in /etc/rsyslog.conf',
      'systemctl restart rsyslog',
    ],
  });
}

/** Whether a kernel message of this level goes to a file or to another host. */
function passes(config: RsyslogConfig | null, level: number): boolean {
  return (
    config === null ||
    rsyslogTargets(config, 0, level).targets.some(({ kind }) => kind === 'file' || kind === 'forward')
  );
}

/** Whether kernel messages come to it: from the log itself, or by way of the journal. */
export function rsyslogReads({ rsyslog: { daemon, config }, readers }: LogFacts): boolean {
  return readers.some(({ pid }) => pid === daemon?.pid) || config?.inputs.includes('imjournal') === true;
}
