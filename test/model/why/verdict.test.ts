import { describe, expect, it } from 'vitest';
import { parseJournaldConfig } from '../../../src/decode/log-config/journald-conf.js';
import { parseBootOptions, parsePrintkLevels } from '../../../src/decode/log-config/printk-settings.js';
import type { LogFacts } from '../../../src/decode/log-facts.js';
import { judge } from '../../../src/model/why/verdict.js';
import { daemon, healthy, uncollected, useRsyslog, withJournald } from './facts.js';

function causes(facts: LogFacts): string[] {
  return judge(facts).findings.map(({ cause }) => cause);
}

describe('healthy: nothing is missing, and nothing is to be said', () => {
  it.each([
    ['rsyslog', healthy()],
    ['journald', withJournald()],
    ['a long-running host whose ring has wrapped, its log kept by journald', withJournald(wrap)],
    [
      'rsyslog that only forwards',
      healthy((facts) => {
        useRsyslog(facts, 'module(load="imklog")\n*.* @@log.example');
        facts.rsyslog.stores = [];
      }),
    ],
    [
      'a follower of /dev/kmsg beside a collector',
      healthy((facts) => {
        facts.readers.push({ pid: 300, comm: 'dmesg', cmdline: ['dmesg', '-w'], door: '/dev/kmsg' });
      }),
    ],
    [
      'rsyslog that is about to open the log',
      healthy((facts) => {
        facts.rsyslog.daemon = { ...daemon(201, 'rsyslogd', '-n'), started: 88 };
        facts.readers = [];
      }),
    ],
    [
      'rsyslog whose files were rotated a moment ago',
      healthy(({ rsyslog }) => {
        for (const store of rsyslog.stores)
          Object.assign(store, { oldest: null, begins: 70, has: new Set() });
      }),
    ],
    [
      'rsyslog that has it from journald',
      withJournald((facts) => {
        useRsyslog(facts, 'module(load="imjournal" StateFile="imjournal.state")\n*.info /var/log/messages');
        facts.rsyslog.daemon = daemon(201, 'rsyslogd', '-n');
      }),
    ],
    [
      'a record that came just now',
      withJournald((facts) => {
        facts.ring.last = { seq: 403, time: 89.9 };
      }),
    ],
  ])('%s', (name, facts) => {
    const verdict = judge(facts);
    expect(verdict.missing).toBe(false);
    expect(verdict.findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
    if (!name.includes('wrapped')) expect(verdict.findings).toEqual([]);
  });

  function wrap(facts: LogFacts): void {
    facts.ring.first = { seq: 300, time: 5 };
  }
});

/** One change to a healthy host each, and what is found first. */
const CASES: [cause: string, finding: RegExp, facts: LogFacts][] = [
  [
    'cleared',
    /404 records of 0.000000 s to 64.592089 s are hidden.*can still be had/,
    healthy(({ ring }) => {
      Object.assign(ring, { hidden: 404, hiddenUntil: 64.592089, visibleFrom: null });
    }),
  ],
  [
    'wrapped',
    /2994 records before 5.000000 s are overwritten/,
    uncollected(({ ring }) => {
      ring.first = { seq: 2994, time: 5 };
    }),
  ],
  [
    'log-storm',
    /overwrites a record after 8 s/,
    healthy(({ ring }) => {
      ring.recent = { seconds: 60, records: 9000, bytes: 1_000_000 };
    }),
  ],
  [
    'stolen',
    /rsyslogd\[201\], cat\[232\]/,
    healthy(({ readers }) => {
      readers.push({ pid: 232, comm: 'cat', cmdline: ['cat', '/proc/kmsg'], door: '/proc/kmsg' });
    }),
  ],
  [
    'devkmsg-off',
    /printk_devkmsg is off/,
    healthy((facts) => {
      facts.settings.devkmsg = 'off';
      Object.assign(facts.ring, { door: null, error: 'EPERM' });
      facts.rights.open = 'EPERM';
    }),
  ],
  [
    'devkmsg-ratelimited',
    /90 lines written to \/dev\/kmsg by python3/,
    healthy(({ ring }) => {
      ring.suppressed.push({ seq: 418, time: 70, kind: 'writer', name: 'python3', count: 90 });
    }),
  ],
  [
    'ratelimited',
    /20 messages of the kernel were never printed/,
    healthy(({ ring }) => {
      ring.suppressed.push({ seq: 418, time: 70, kind: 'callbacks', name: 'net_ratelimit', count: 17 });
      ring.suppressed.push({ seq: 419, time: 71, kind: 'callbacks', name: 'net_ratelimit', count: 3 });
    }),
  ],
  [
    'audit-lost',
    /audit has lost 3 records/,
    healthy(({ ring }) => {
      ring.suppressed.push({ seq: 418, time: 70, kind: 'audit', name: 'audit', count: 3 });
    }),
  ],
  [
    'ratelimit-zero',
    /lets nothing through/,
    healthy(({ settings }) => {
      settings.netMessageBurst = 0;
    }),
  ],
  [
    'dmesg-restrict',
    /user 65534 is not let in/,
    healthy((facts) => {
      Object.assign(facts.ring, { door: null, error: 'EPERM' });
      Object.assign(facts.rights, { uid: 65534, capSyslog: false, open: 'EPERM', syslog: 'EPERM' });
      facts.readers = [];
      facts.readersUnseen = 65;
    }),
  ],
  [
    'seccomp',
    /seccomp filter/,
    healthy((facts) => {
      Object.assign(facts.ring, { door: null, error: 'EPERM' });
      Object.assign(facts.rights, { open: 'EPERM', seccomp: 2 });
    }),
  ],
  [
    'kmsg-missing',
    /\/dev\/kmsg is not there/,
    healthy((facts) => {
      Object.assign(facts.ring, { door: null, error: 'ENOENT' });
      Object.assign(facts.rights, { device: 'missing', open: 'ENOENT' });
    }),
  ],
  [
    'kmsg-missing',
    /something else stands in its place/,
    healthy(({ rights }) => {
      rights.device = 'no-device';
    }),
  ],
  [
    'quiet',
    /emerg, alert, crit, err: the kernel was started with quiet/,
    healthy(({ settings }) => {
      settings.levels = parsePrintkLevels('4 4 1 7');
    }),
  ],
  [
    'console-level',
    /shows only emerg: somebody has lowered/,
    healthy(({ settings }) => {
      settings.levels = parsePrintkLevels('1 4 1 7');
    }),
  ],
  [
    'console-absent',
    /does not have: ttyS1/,
    healthy(({ settings }) => {
      settings.boot?.consoles.push('ttyS1');
    }),
  ],
  [
    'container',
    /inside a container/,
    healthy(({ rights }) => {
      rights.container = 'docker:0123456789ab';
    }),
  ],
  ['no-collector', /nobody collects/, uncollected()],
  [
    'rsyslog-halted',
    /stopped by a signal/,
    healthy(({ rsyslog }) => {
      if (rsyslog.daemon !== null) rsyslog.daemon.halted = true;
    }),
  ],
  [
    'rsyslog-stopped',
    /nothing is added to \/var\/log\/syslog, \/var\/log\/kern.log/,
    healthy((facts) => {
      facts.rsyslog.daemon = null;
      facts.readers = [];
    }),
  ],
  [
    'rsyslog-no-input',
    /without imklog, imkmsg or imjournal/,
    healthy((facts) => {
      useRsyslog(facts, 'kern.* /var/log/kern.log');
      facts.readers = [];
    }),
  ],
  [
    'rsyslog-not-reading',
    /does not have \/proc\/kmsg open/,
    healthy((facts) => {
      facts.readers = [];
    }),
  ],
  [
    'rsyslog-no-rule',
    /no rule/,
    healthy((facts) => {
      useRsyslog(facts, 'module(load="imklog")\nmail.* /var/log/mail.log');
    }),
  ],
  [
    'rsyslog-level',
    /level notice, info, debug/,
    healthy((facts) => {
      useRsyslog(facts, 'module(load="imklog")\n*.warn /var/log/kern.log');
      for (const store of facts.rsyslog.stores) store.has = new Set();
    }),
  ],
  [
    'rsyslog-not-writing',
    /none of the kernel messages that came since/,
    healthy(({ rsyslog }) => {
      for (const store of rsyslog.stores)
        Object.assign(store, { exists: false, oldest: null, has: new Set() });
    }),
  ],
  [
    'journald-halted',
    /stopped by a signal/,
    withJournald(({ journald }) => {
      if (journald.daemon !== null) journald.daemon.halted = true;
    }),
  ],
  [
    'journald-stopped',
    /does not run any more/,
    withJournald((facts) => {
      facts.journald.daemon = null;
      facts.readers = [];
    }),
  ],
  [
    'journald-readkmsg',
    /ReadKMsg=no/,
    withJournald((facts) => {
      facts.journald.config = parseJournaldConfig([{ path: '/x.conf', text: '[Journal]\nReadKMsg=no' }]);
      facts.readers = [];
    }),
  ],
  [
    'journald-storage',
    /Storage=none/,
    withJournald(({ journald }) => {
      journald.config = parseJournaldConfig([{ path: '/x.conf', text: '[Journal]\nStorage=none' }]);
    }),
  ],
  [
    'journald-level',
    /does not store notice, info, debug/,
    withJournald(({ journald }) => {
      journald.config = parseJournaldConfig([{ path: '/x.conf', text: '[Journal]\nMaxLevelStore=4' }]);
    }),
  ],
  [
    'journald-behind',
    /103 records behind/,
    withJournald(({ journald }) => {
      journald.next = 300;
    }),
  ],
  [
    'journald-missed',
    /missed 3966 kernel messages/,
    withJournald(({ journald }) => {
      journald.missed.push({ time: 80, count: 3966 });
    }),
  ],
  [
    'klogd-nowhere',
    /nobody to hand them to/,
    uncollected((facts) => {
      facts.busybox.klogd = daemon(267, 'klogd', '-n');
      facts.readers = [{ pid: 267, comm: 'busybox', cmdline: ['busybox', 'klogd', '-n'], door: 'syslog' }];
    }),
  ],
  [
    'klogd-missing',
    /without klogd/,
    uncollected(({ busybox }) => {
      busybox.syslogd = daemon(266, 'syslogd', '-n');
    }),
  ],
  [
    'syslogd-level',
    /leaves out notice, info, debug/,
    uncollected((facts) => {
      facts.busybox.syslogd = daemon(266, 'syslogd', '-n', '-l', '5');
      facts.busybox.klogd = daemon(267, 'klogd', '-n');
      facts.readers = [{ pid: 267, comm: 'busybox', cmdline: ['busybox', 'klogd', '-n'], door: 'syslog' }];
    }),
  ],
  [
    'syslog-ng-no-input',
    /none of its sources/,
    uncollected((facts) => {
      facts.syslogNg = {
        daemon: daemon(400, 'syslog-ng'),
        config: { readsKernel: false, files: [] },
        stores: [],
      };
    }),
  ],
];

it.each(CASES)('%s comes first: %s', (cause, finding, facts) => {
  const verdict = judge(facts);
  expect(verdict.findings[0]?.cause).toBe(cause);
  expect(verdict.findings[0]?.finding).toMatch(finding);
  expect(verdict.findings[0]?.evidence.length).toBeGreaterThan(0);
  expect(verdict.missing).toBe(verdict.findings[0]?.severity === 'missing');
});

describe('since', () => {
  const changed = (since: number) =>
    healthy((facts) => {
      facts.since = since;
      Object.assign(facts.ring, { hidden: 10, hiddenUntil: 30, visibleFrom: 10 });
      facts.ring.suppressed.push({ seq: 20, time: 50, kind: 'writer', name: 'sh', count: 5 });
    });

  it('what is older is not asked about', () => {
    expect(causes(changed(0))).toEqual(['cleared', 'devkmsg-ratelimited']);
    expect(causes(changed(40))).toEqual(['devkmsg-ratelimited']);
    expect(causes(changed(60))).toEqual([]);
  });
});

describe('a message sought', () => {
  const sought = (change: (facts: LogFacts) => void) =>
    healthy((facts) => {
      facts.text = 'link is down';
      facts.hits = { found: [], searched: 6, partly: [] };
      change(facts);
    });
  const match = { seq: 10, time: 20, level: 6, facility: 0, text: 'nic0: link is down' };

  it('nowhere, and a rate limit has left messages out: that comes first', () => {
    const facts = sought(({ ring }) => {
      Object.assign(ring, { hidden: 5, hiddenUntil: 4, visibleFrom: 5 });
      ring.suppressed.push({ seq: 418, time: 70, kind: 'callbacks', name: 'nic0', count: 17 });
    });
    expect(causes(facts)).toEqual(['ratelimited', 'cleared', 'text-nowhere']);
  });

  it('hidden by a clear: that comes before what is also wrong', () => {
    const facts = sought(({ ring }) => {
      Object.assign(ring, { hidden: 12, hiddenUntil: 21, visibleFrom: 12, matches: [match], matchCount: 1 });
      ring.suppressed.push({ seq: 418, time: 70, kind: 'writer', name: 'sh', count: 17 });
    });
    expect(causes(facts)[0]).toBe('cleared');
    expect(judge(facts).hops.map(({ hop, state }) => `${hop} ${state}`)).toEqual([
      'ring (/dev/kmsg) present',
      'dmesg hidden',
      '/var/log absent',
    ]);
  });

  it('in the ring and in no file: the collector comes first', () => {
    const facts = sought((facts) => {
      Object.assign(facts.ring, { matches: [match], matchCount: 1 });
      facts.ring.suppressed.push({ seq: 418, time: 70, kind: 'writer', name: 'sh', count: 17 });
      for (const store of facts.rsyslog.stores) store.has = new Set();
    });
    expect(causes(facts)).toEqual(['rsyslog-not-writing', 'devkmsg-ratelimited', 'text-not-collected']);
  });

  it('written by a program: imklog leaves it out', () => {
    const facts = sought(({ ring }) => {
      Object.assign(ring, { matches: [{ ...match, facility: 1 }], matchCount: 1 });
    });
    expect(causes(facts)).toEqual(['rsyslog-imklog-facility', 'text-not-collected']);
  });

  it('in a file and no longer in the ring', () => {
    const facts = sought(({ hits }) => {
      hits?.found.push({ path: '/var/log/kern.log.1', count: 1, last: 'nic0: link is down' });
    });
    expect(judge(facts)).toMatchObject({ missing: false, findings: [{ cause: 'text-left-ring' }] });
  });

  it('everywhere', () => {
    const facts = sought(({ ring, hits }) => {
      Object.assign(ring, { matches: [match], matchCount: 1 });
      hits?.found.push({ path: '/var/log/kern.log', count: 1, last: 'nic0: link is down' });
    });
    expect(judge(facts)).toMatchObject({ missing: false, findings: [] });
  });

  it('a debug message that is off comes before anything else', () => {
    const facts = sought((facts) => {
      facts.debugSites = [
        {
          place: 'drivers/net/nic.c:12',
          module: 'nic',
          function: 'nic_down',
          on: false,
          format: 'link is down\\n',
        },
      ];
      facts.ring.suppressed.push({ seq: 418, time: 70, kind: 'writer', name: 'sh', count: 17 });
    });
    expect(causes(facts)[0]).toBe('dynamic-debug-off');
    expect(judge(facts).findings[0]?.remedy).toEqual([
      "echo 'file drivers/net/nic.c line 12 +p' > /proc/dynamic_debug/control",
    ]);
  });
});

it.each([
  ['4096', 'log_buf_len=4096, less than the kernel was built with: it has no effect'],
  ['1k', 'log_buf_len=1k, less than the kernel was built with: it has no effect'],
  ['128K', 'log_buf_len=128K'],
  ['1M', 'log_buf_len=1M'],
  ['n/a', 'log_buf_len=n/a'],
])('a ring that has wrapped, and log_buf_len=%s', (logBufLen, words) => {
  const facts = uncollected(({ ring, settings }) => {
    ring.first = { seq: 2994, time: 5 };
    ring.recent = { seconds: 60, records: 600, bytes: 65_536 };
    settings.boot = parseBootOptions(`log_buf_len=${logBufLen}`);
  });
  expect(judge(facts).findings[0]?.evidence.slice(2)).toEqual([
    `/proc/cmdline: ${words}`,
    '600 records came in the last 60 s (10 a second): at that pace the ring goes round once more in 2 min, and a record stays for as long',
  ]);
  expect(judge(facts).findings[0]?.finding).not.toContain('sought');
  facts.text = 'Linux version';
  facts.hits = { found: [], searched: 3, partly: [] };
  expect(judge(facts).findings[0]).toMatchObject({
    cause: 'wrapped',
    finding: expect.stringContaining('if the message sought was printed before that, it is among them'),
  });
});

it('where /dev/kmsg is gone, what syslog(2) shows is judged without sequence numbers', () => {
  const facts = healthy((facts) => {
    const { ring, rights } = facts;
    Object.assign(ring, { door: 'syslog', error: 'ENOENT', first: null, last: null, visibleFrom: null });
    Object.assign(rights, { device: 'missing', open: 'ENOENT' });
    facts.text = 'sysrq';
    ring.sample = ring.sample.map((record) => ({ ...record, seq: null }));
    ring.matches = ring.sample.slice(-1);
    ring.matchCount = 1;
    ring.suppressed.push({ seq: null, time: 70, kind: 'callbacks', name: 'net_ratelimit', count: 3 });
    facts.rsyslog.stores = facts.rsyslog.stores.map((store) => ({ ...store, has: new Set() }));
    facts.hits = { found: [], searched: 2, partly: [] };
  });
  const verdict = judge(facts);
  expect(verdict.hops[0]).toMatchObject({
    hop: 'ring (syslog(2) READ_ALL)',
    state: 'present',
    detail: '1 record, the last is of 64.592089 s, facility 0, level 6',
  });
  expect(verdict.notChecked[0]).toMatch(/^sequence numbers, gaps and what a clear hides: .*\(ENOENT\)/);
  const evidence = new Map(verdict.findings.map(({ cause, evidence }) => [cause, evidence.join()]));
  expect([...evidence.keys()]).toEqual(
    expect.arrayContaining(['kmsg-missing', 'rsyslog-not-writing', 'ratelimited', 'text-not-collected']),
  );
  expect([...evidence.values()].join()).not.toMatch(/sequence (null|\d)/);
  facts.rsyslog.stores = facts.rsyslog.stores.map((store) => ({
    ...store,
    has: new Set(facts.ring.sample.map(({ time }) => time)),
  }));
  expect(causes(facts)).not.toContain('rsyslog-not-writing');
  facts.ring.matches = [];
  expect(judge(facts).hops[0]).toMatchObject({ state: 'unknown' });
});

it('what could not be looked at is said', () => {
  const verdict = judge(
    healthy((facts) => {
      Object.assign(facts.ring, { door: null, error: 'EPERM' });
      facts.readersUnseen = 3;
      facts.rights.syslog = 'unknown';
      facts.rsyslog.config = null;
    }),
  );
  expect(verdict.notChecked).toEqual([
    'syslog(2): neither ffi-napi, nor python3, nor perl is here',
    'what the ring holds: /dev/kmsg cannot be read (EPERM)',
    'who else reads the log: the open files of 3 processes cannot be looked at',
    'where rsyslog writes: its configuration cannot be read',
  ]);
});
