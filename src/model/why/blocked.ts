import type { LogFacts } from '../../decode/log-facts.js';
import type { Check, Finding } from './finding.js';

/** The log is there and we are not let in: the device, its rights, the kernel's restriction, a filter, a container. */
export const blocked: Check = {
  find: (facts) => [missingDevice(facts), refused(facts), inContainer(facts)].filter((each) => each !== null),
  unchecked: ({ rights, ring }) => [
    ...(rights.syslog === 'unknown' ? ['syslog(2): neither ffi-napi, nor python3, nor perl is here'] : []),
    ...(ring.door === null ? [`what the ring holds: /dev/kmsg cannot be read (${ring.error})`] : []),
    ...(ring.door === 'syslog'
      ? [
          `sequence numbers, gaps and what a clear hides: /dev/kmsg ${ring.error === null ? 'gives nothing' : `cannot be read (${ring.error})`}, and syslog(2) READ_ALL, which was read in its place, does not tell`,
        ]
      : []),
  ],
};

function missingDevice({ rights }: LogFacts): Finding | null {
  if (rights.device !== 'missing' && rights.device !== 'no-device') return null;
  const gone = rights.device === 'missing';
  const inside = rights.container !== null;
  return {
    cause: 'kmsg-missing',
    stage: 'dmesg',
    severity: 'missing',
    certainty: 'certain',
    finding: gone
      ? '/dev/kmsg is not there: journald, imkmsg and programs that write to it have no log, dmesg falls back to syslog(2)'
      : '/dev/kmsg is not the kernel log: something else stands in its place',
    evidence: [
      gone ? '/dev/kmsg: ENOENT' : '/dev/kmsg is not the character device 1:11',
      ...(rights.syslog === null ? ['syslog(2) answers: the log itself is well'] : []),
    ],
    remedy: inside
      ? ['run the container with --device /dev/kmsg, or read the log on the host']
      : ['rm -f /dev/kmsg; mknod -m 644 /dev/kmsg c 1 11', 'then restart who reads it: journald, rsyslog'],
  };
}

function refused({ rights, settings, ring }: LogFacts): Finding | null {
  // printk_devkmsg=off refuses every open: told by its own rule.
  if (rights.device !== 'device' || ring.error === null || settings.devkmsg === 'off') return null;
  const restricted = settings.dmesgRestrict === 1 && rights.capSyslog === false;
  const filtered = !restricted && rights.seccomp === 2;
  return {
    cause: restricted ? 'dmesg-restrict' : filtered ? 'seccomp' : 'kmsg-refused',
    stage: 'dmesg',
    severity: 'missing',
    certainty: restricted ? 'certain' : 'likely',
    finding: restricted
      ? `user ${rights.uid} is not let in to the kernel log: kernel.dmesg_restrict is on, and it has no CAP_SYSLOG`
      : filtered
        ? 'a seccomp filter stands between this process and the kernel log'
        : `/dev/kmsg refuses to be read (${ring.error})`,
    evidence: [
      `/dev/kmsg: ${ring.error}`,
      ...(rights.syslog === null || rights.syslog === 'unknown' ? [] : [`syslog(2): ${rights.syslog}`]),
      `/proc/sys/kernel/dmesg_restrict = ${settings.dmesgRestrict ?? 'not readable'}`,
      `CapEff in /proc/self/status ${rights.capSyslog === true ? 'has' : 'lacks'} CAP_SYSLOG`,
      ...(rights.seccomp === 2 ? ['Seccomp in /proc/self/status = 2 (a filter)'] : []),
    ],
    remedy: [
      'ask again as root',
      ...(restricted ? ['or sysctl kernel.dmesg_restrict=0, for every user'] : []),
    ],
  };
}

function inContainer({ rights }: LogFacts): Finding | null {
  if (rights.container === null) return null;
  return {
    cause: 'container',
    stage: 'dmesg',
    severity: 'note',
    certainty: 'certain',
    finding:
      'this is inside a container: there is one kernel log for the host and all of its containers, and its collectors run outside',
    evidence: [`container: ${rights.container}`],
    remedy: ['run kwho why on the host'],
  };
}
