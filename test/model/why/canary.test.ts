import { describe, expect, it } from 'vitest';
import type { CanaryFacts } from '../../../src/decode/canary-facts.js';
import type { LogFacts } from '../../../src/decode/log-facts.js';
import { canaryFiles, canaryFindings, followCanary } from '../../../src/model/why/canary.js';
import { daemon, healthy, uncollected, useRsyslog, withJournald } from './facts.js';

const SEEN: CanaryFacts = {
  marker: 'kwho-canary-1-abc',
  level: 6,
  refused: null,
  seq: 500,
  ringDelay: 0.4,
  readAll: true,
  oldestAfter: 0,
  journald: null,
  files: [],
  sent: 'no collector here is set up to forward',
  connected: null,
  waited: 5000,
};

function lost(facts: LogFacts, canary: Partial<CanaryFacts>): string[] {
  const seen = { ...SEEN, ...canary };
  return canaryFindings(facts, seen).map(({ finding }) => finding.replace('the marker is lost at ', ''));
}

const IMKMSG = 'module(load="imkmsg")\n';

describe('the hop that loses it', () => {
  it.each<[string, LogFacts, Partial<CanaryFacts>, string[]]>([
    [
      'the write',
      healthy(({ settings }) => {
        settings.devkmsg = 'off';
      }),
      { refused: 'EPERM', seq: null },
      ['write to /dev/kmsg: EPERM, printk_devkmsg is off'],
    ],
    [
      'the ring',
      healthy(),
      { seq: null, readAll: null },
      ['ring: no reader of /dev/kmsg saw it: it was swallowed, or overwritten at once'],
    ],
    [
      'nothing: imklog passes no markers on, and the kernel lets nobody else use its facility',
      healthy(),
      {},
      [],
    ],
    [
      'no rule',
      healthy((facts) => useRsyslog(facts, `${IMKMSG}kern.* /var/log/kern.log`)),
      {},
      ['rsyslog: no rule sends user.info to a file'],
    ],
    [
      'a file that is not written',
      healthy((facts) => useRsyslog(facts, `${IMKMSG}*.* /var/log/all`)),
      {},
      ['rsyslog: none of /var/log/all has it'],
    ],
    [
      'the ring went round first',
      healthy((facts) => useRsyslog(facts, `${IMKMSG}*.* /var/log/all`)),
      { oldestAfter: 900 },
      ['rsyslog: the ring wrapped over it before it was read: it was sequence 500, the oldest is 900'],
    ],
    [
      'nothing: it arrived before the ring went round',
      healthy((facts) => useRsyslog(facts, `${IMKMSG}*.* /var/log/all`)),
      {
        oldestAfter: 900,
        files: [{ path: '/var/log/all', delay: 30 }],
      },
      [],
    ],
    [
      'journald does not store it',
      withJournald(({ journald }) => {
        journald.config.maxLevelStore = 4;
      }),
      { journald: { found: false, delay: null } },
      ['journald: it does not store info (MaxLevelStore=warn)'],
    ],
    [
      'journald ended',
      withJournald((facts) => {
        facts.journald.daemon = null;
        facts.readers = [];
      }),
      { journald: { found: false, delay: null } },
      ['journald: it does not run any more'],
    ],
    ['nothing: journald has it', withJournald(), { journald: { found: true, delay: 12 } }, []],
    [
      "syslogd's level",
      uncollected((facts) => {
        facts.busybox.syslogd = daemon(266, 'syslogd', '-l', '5');
        facts.busybox.klogd = daemon(267, 'klogd');
      }),
      {},
      ['BusyBox syslogd: syslogd leaves out info (-l 5)'],
    ],
  ])('%s', (_, facts, canary, expected) => {
    expect(lost(facts, canary)).toEqual(expected);
  });
});

it('the console is told by the level, never as lost', () => {
  const hop = (level: number) =>
    followCanary(healthy(), { ...SEEN, level }).find(({ hop }) => hop === 'console');
  expect(hop(6)).toMatchObject({ state: 'skipped', detail: 'level 6 is below 7: it is printed on ttyS0' });
  expect(hop(7)).toMatchObject({ detail: 'level 7 is not below 7: it stays off ttyS0' });
});

it('files that are to have a marker', () => {
  expect(canaryFiles(healthy(), 6)).toEqual([]);
  expect(
    canaryFiles(
      healthy((facts) => useRsyslog(facts, `${IMKMSG}*.warn /a\n*.* /b`)),
      6,
    ),
  ).toEqual(['/b']);
});
