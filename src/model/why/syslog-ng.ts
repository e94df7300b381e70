import { collectorFinding, dueSample, halted, lacking } from './collector.js';
import type { Check } from './finding.js';

/** syslog-ng: does it run, does a source of it read the kernel log, is it in its files. */
export const syslogNg: Check = {
  find(facts) {
    const { daemon, config, stores } = facts.syslogNg;
    if (daemon === null) return [];
    if (daemon.halted) return [halted('syslog-ng', daemon)];
    const reads = facts.readers.some(({ pid }) => pid === daemon.pid);
    // With systemd, system() takes the journal, which has the kernel's messages.
    if (!reads && config !== null && !config.readsKernel && facts.readersUnseen === 0)
      return [
        collectorFinding({
          cause: 'syslog-ng-no-input',
          severity: 'missing',
          certainty: 'likely',
          finding: 'syslog-ng runs and none of its sources reads the kernel log',
          evidence: [
            '/etc/syslog-ng/syslog-ng.conf: neither system() nor file("/proc/kmsg") nor file("/dev/kmsg")',
            `/proc/${daemon.pid}/fd: neither /proc/kmsg nor /dev/kmsg`,
          ],
          remedy: ['source s_src { system(); internal(); };'],
        }),
      ];
    const lack = lacking(
      'syslog-ng',
      stores,
      dueSample(facts, daemon, ({ facility }) => facility === 0),
    );
    return lack === null ? [] : [{ ...lack, certainty: 'possible' }];
  },
  unchecked: ({ syslogNg: { daemon } }) =>
    daemon === null ? [] : ['filters of syslog-ng, and files that it includes'],
};
