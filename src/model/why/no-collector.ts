import { collectorFinding, collects } from './collector.js';
import type { Check } from './finding.js';

/** Nobody takes the log out of the ring: what it overwrites, and all of it at the next boot, is gone. */
export const noCollector: Check = {
  find(facts) {
    const { readers, readersUnseen, journald, rsyslog, syslogNg, busybox } = facts;
    if (collects(facts).length > 0 || readersUnseen > 0) return [];
    const daemons = [journald.daemon, rsyslog.daemon, syslogNg.daemon, busybox.klogd];
    // One that runs and does not collect has a finding of its own.
    if (daemons.some((daemon) => daemon !== null) || busybox.syslogd !== null) return [];
    const strangers = readers.map(({ comm, pid, door }) => `${comm}[${pid}] reads ${door}`);
    return [
      collectorFinding({
        cause: 'no-collector',
        severity: strangers.length > 0 ? 'note' : 'risk',
        certainty: strangers.length > 0 ? 'possible' : 'certain',
        finding:
          strangers.length > 0
            ? 'no collector that kwho knows runs; what those who read the log do with it is not known'
            : 'nobody collects the log into a file: what the ring overwrites is lost, and all of it at the next boot',
        evidence: [
          'no process journald, rsyslogd, syslog-ng or klogd',
          ...(strangers.length > 0 ? strangers : ['nobody has /dev/kmsg or /proc/kmsg open for reading']),
        ],
        remedy: ['systemctl start systemd-journald, or install rsyslog'],
      }),
    ];
  },
};
