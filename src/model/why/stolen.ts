import type { LogReader } from '../../decode/log-facts.js';
import { type Check, counted } from './finding.js';

/** /proc/kmsg and syslog(2) READ share one cursor: what one reader takes no other sees (kernel/printk/printk.c syslog_print()). */
export const stolen: Check = {
  find({ readers, ring }) {
    const takers = readers.filter(({ door }) => door !== '/dev/kmsg');
    if (new Set(takers.map(({ pid }) => pid)).size < 2) return [];
    return [
      {
        cause: 'stolen',
        stage: 'collector',
        severity: 'missing',
        certainty: 'certain',
        finding: `${counted(takers.length, 'reader')} take records from the one cursor of /proc/kmsg and syslog(2), each what the others then never see: ${takers.map(name).join(', ')}`,
        evidence: [
          ...takers.map((reader) => `${name(reader)} ${how(reader)}${commandOf(reader)}`),
          ...(ring.unread === null
            ? []
            : [`syslog(2) SIZE_UNREAD: ${ring.unread} bytes that nobody has taken`]),
        ],
        remedy: [
          'stop all but one of them, or have them read /dev/kmsg, where each reader has its own place',
          'rsyslog: module(load="imkmsg") instead of imklog; by hand: dmesg -w',
        ],
      },
    ];
  },
  unchecked: ({ readersUnseen }) =>
    readersUnseen === 0
      ? []
      : [
          `who else reads the log: the open files of ${counted(readersUnseen, 'process')} cannot be looked at`,
        ],
};

function name({ comm, pid }: LogReader): string {
  return `${comm}[${pid}]`;
}

function how({ door }: LogReader): string {
  return door === 'syslog' ? 'waits in syslog(2) READ' : `has ${door} open`;
}

function commandOf({ cmdline }: LogReader): string {
  return cmdline === null ? '' : ` (${cmdline.join(' ')})`;
}
