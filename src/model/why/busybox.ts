import { parseKlogdLevel, parseSyslogdArgs } from '../../decode/log-config/busybox-args.js';
import { rsyslogTargets } from '../../decode/log-config/rsyslog-conf.js';
import type { LogFacts } from '../../decode/log-facts.js';
import { LEVEL_NAMES } from '../../decode/log-levels.js';
import { collectorFinding, dueSample, ended, halted, lacking } from './collector.js';
import type { Check, Finding } from './finding.js';

/** BusyBox klogd hands kernel messages to syslogd, which writes them (sysklogd/klogd.c, syslogd.c). */
export const busybox: Check = {
  find(facts) {
    const { klogd, syslogd } = facts.busybox;
    if (klogd === null && syslogd === null) return [stopped(facts)].filter((finding) => finding !== null);
    const stuck = [
      ...(klogd?.halted === true ? [halted('klogd', klogd)] : []),
      ...(syslogd?.halted === true ? [halted('syslogd', syslogd)] : []),
    ];
    if (stuck.length > 0) return stuck;
    const broken = half(facts);
    if (broken !== null) return [broken];
    return [level(facts), written(facts), consoleLevel(facts)].filter((finding) => finding !== null);
  },
  unchecked: ({ busybox: { syslogd } }) => {
    const args = syslogd === null ? null : parseSyslogdArgs(syslogd.cmdline.slice(1));
    return args?.forward == null ? [] : [`what arrives at ${args.forward}`];
  },
};

function stopped(facts: LogFacts): Finding | null {
  const used = facts.busybox.stores.filter(({ fresh, oldest }) => fresh && oldest !== null);
  if (used.length === 0 || isOthers(facts, used[0]!.path)) return null;
  return ended(
    'klogd',
    used.map(({ path }) => path).join(', '),
    ['no process syslogd', 'the file has messages of this boot'],
    'start syslogd and klogd',
  );
}

/** /var/log/messages is also where rsyslog and syslog-ng write on many distributions. */
function isOthers({ rsyslog, syslogNg }: LogFacts, path: string): boolean {
  const targets = rsyslog.config === null ? [] : rsyslogTargets(rsyslog.config, 0, 6).targets;
  return (
    targets.some((target) => target.kind === 'file' && target.path === path) ||
    syslogNg.stores.some((store) => store.path === path)
  );
}

/** One of the two without the other. */
function half(facts: LogFacts): Finding | null {
  const { klogd, syslogd, devLog } = facts.busybox;
  if (klogd !== null && syslogd === null && devLog === false)
    return collectorFinding({
      cause: 'klogd-nowhere',
      severity: 'missing',
      certainty: 'certain',
      finding: 'klogd takes kernel messages and has nobody to hand them to: they are lost to every file',
      evidence: [
        `klogd[${klogd.pid}] runs`,
        'no process syslogd',
        '/proc/net/unix: nobody listens on /dev/log',
      ],
      remedy: ['start syslogd before klogd'],
    });
  if (klogd === null && syslogd !== null && !facts.readers.some(({ door }) => door !== '/dev/kmsg'))
    return collectorFinding({
      cause: 'klogd-missing',
      severity: facts.readers.length > 0 ? 'note' : 'missing',
      certainty: 'certain',
      finding: 'syslogd runs without klogd: it gets no kernel messages',
      evidence: [`syslogd[${syslogd.pid}] runs`, 'no process klogd'],
      remedy: ['start klogd'],
    });
  return null;
}

function level({ busybox: { syslogd } }: LogFacts): Finding | null {
  const below = syslogd === null ? 8 : parseSyslogdArgs(syslogd.cmdline.slice(1)).below;
  if (below >= 7 || syslogd === null) return null;
  return collectorFinding({
    cause: 'syslogd-level',
    severity: 'missing',
    certainty: 'certain',
    finding: `syslogd leaves out ${LEVEL_NAMES.slice(below).join(', ')}`,
    evidence: [`syslogd[${syslogd.pid}]: ${syslogd.cmdline.join(' ')}`],
    remedy: ['start syslogd without -l, or with -l 8'],
  });
}

function written(facts: LogFacts): Finding | null {
  const { klogd, syslogd, stores } = facts.busybox;
  if (klogd === null || syslogd === null) return null;
  const { below } = parseSyslogdArgs(syslogd.cmdline.slice(1));
  const later = klogd.started > syslogd.started ? klogd : syslogd;
  return lacking(
    'syslogd',
    stores,
    dueSample(facts, later, ({ level }) => level < below),
  );
}

function consoleLevel({ busybox: { klogd } }: LogFacts): Finding | null {
  const level = klogd === null ? null : parseKlogdLevel(klogd.cmdline.slice(1));
  if (level === null || level >= 7 || klogd === null) return null;
  return {
    cause: 'klogd-console',
    stage: 'console',
    severity: 'note',
    certainty: 'certain',
    finding: `klogd has set the console level to ${level}`,
    evidence: [`klogd[${klogd.pid}]: ${klogd.cmdline.join(' ')}`],
    remedy: ['start klogd without -c'],
  };
}
