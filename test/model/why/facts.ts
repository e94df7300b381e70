import { parseJournaldConfig } from '../../../src/decode/log-config/journald-conf.js';
import {
  parseBootOptions,
  parseConsoles,
  parsePrintkLevels,
} from '../../../src/decode/log-config/printk-settings.js';
import { readRsyslog, splitRsyslog } from '../../../src/decode/log-config/rsyslog-conf.js';
import type { DaemonMark, LogFacts, RingRecord } from '../../../src/decode/log-facts.js';
import { DEBIAN_RSYSLOG } from '../../decode/log-config/debian-rsyslog.js';

/** What was found on a guest of 6.12 with Debian's rsyslog, 90 s after its start, but for the number of records. */
export function healthy(change: (facts: LogFacts) => void = () => {}): LogFacts {
  const sample: RingRecord[] = [
    { seq: 399, time: 12.449812, level: 6, facility: 0, text: '9pnet: Installing 9P2000 support' },
    { seq: 402, time: 64.592089, level: 6, facility: 0, text: 'sysrq: HELP : loglevel(0-9) reboot(b)' },
  ];
  const facts: LogFacts = {
    now: 90,
    since: null,
    text: null,
    ring: {
      door: '/dev/kmsg',
      error: null,
      first: { seq: 0, time: 0 },
      last: { seq: 402, time: 64.592089 },
      records: 403,
      missing: 0,
      hidden: 0,
      hiddenUntil: null,
      visibleFrom: 0,
      hiddenUnknown: null,
      size: 131_072,
      unread: 0,
      recent: { seconds: 60, records: 1, bytes: 500 },
      suppressed: [],
      cut: [],
      matches: [],
      matchCount: 0,
      sample,
    },
    settings: {
      levels: parsePrintkLevels('7\t4\t1\t7\n'),
      devkmsg: 'ratelimit',
      dmesgRestrict: 1,
      ratelimitBurst: 10,
      netMessageBurst: 10,
      ignoreLoglevel: false,
      boot: parseBootOptions('console=ttyS0 quiet panic=-1 net.ifnames=0 tsc=reliable no_timer_check\n'),
      consoles: parseConsoles('ttyS0                -W- (EC  p a)    4:64\n'),
    },
    rights: {
      uid: 0,
      capSyslog: true,
      seccomp: 0,
      container: null,
      device: 'device',
      open: null,
      syslog: null,
    },
    readers: [{ pid: 201, comm: 'rsyslogd', cmdline: ['rsyslogd', '-n'], door: '/proc/kmsg' }],
    readersUnseen: 0,
    journald: {
      daemon: null,
      config: parseJournaldConfig([]),
      next: null,
      stored: null,
      missed: [],
      matches: null,
      refused: null,
      hasJournal: false,
    },
    rsyslog: { daemon: daemon(201, 'rsyslogd', '-n'), config: null, stores: [] },
    syslogNg: { daemon: null, config: null, stores: [] },
    busybox: { klogd: null, syslogd: null, devLog: false, stores: [] },
    audit: null,
    debugSites: null,
    hits: null,
  };
  useRsyslog(facts, DEBIAN_RSYSLOG);
  for (const path of ['/var/log/syslog', '/var/log/kern.log'])
    facts.rsyslog.stores.push({
      path,
      exists: true,
      fresh: true,
      oldest: 0,
      begins: 0,
      has: new Set([399, 402]),
    });
  change(facts);
  return facts;
}

export function daemon(pid: number, ...cmdline: string[]): DaemonMark {
  return { pid, cmdline, started: 40, halted: false };
}

export function useRsyslog(facts: LogFacts, text: string): void {
  const lines = splitRsyslog(text).flatMap((each) =>
    each.kind === 'line' ? [{ line: each.line, source: '/etc/rsyslog.conf' }] : [],
  );
  facts.rsyslog.config = readRsyslog(lines);
}

/** The same guest with journald in rsyslog's place. */
export function withJournald(change: (facts: LogFacts) => void = () => {}): LogFacts {
  return healthy((facts) => {
    facts.rsyslog = { daemon: null, config: facts.rsyslog.config, stores: [] };
    facts.readers = [
      {
        pid: 327,
        comm: 'systemd-journal',
        cmdline: ['/usr/lib/systemd/systemd-journald'],
        door: '/dev/kmsg',
      },
    ];
    facts.journald = {
      ...facts.journald,
      daemon: daemon(327, '/usr/lib/systemd/systemd-journald'),
      next: 403,
      stored: { oldest: 0, newest: 64.592089, count: 403 },
      hasJournal: true,
    };
    change(facts);
  });
}

/** Without any collector, and as if there had never been one. */
export function uncollected(change: (facts: LogFacts) => void = () => {}): LogFacts {
  return healthy((facts) => {
    facts.rsyslog = { daemon: null, config: null, stores: [] };
    facts.readers = [];
    change(facts);
  });
}
