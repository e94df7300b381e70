import type { LogFacts } from '../../decode/log-facts.js';
import { type Check, counted, type Finding, isAsked, mark } from './finding.js';

/** `printk_devkmsg=off` (admin-guide/sysctl/kernel.rst): writes to /dev/kmsg are swallowed, opens refused. */
export const devkmsgOff: Check = {
  find: (facts) => [switchedOff(facts)].filter((finding) => finding !== null),
};

/** `printk_devkmsg=ratelimit`: each open file may write ten lines in five seconds. */
export const devkmsgRatelimit: Check = {
  find: (facts) => [ratelimited(facts)].filter((finding) => finding !== null),
};

function switchedOff({ settings, rights, ring }: LogFacts): Finding | null {
  if (settings.devkmsg !== 'off') return null;
  const locked = settings.boot?.devkmsg != null;
  return {
    cause: 'devkmsg-off',
    stage: 'ring',
    severity: 'missing',
    certainty: 'certain',
    finding:
      'printk_devkmsg is off: what programs write to /dev/kmsg goes nowhere, and nobody can open it any more, journald and dmesg included',
    evidence: [
      '/proc/sys/kernel/printk_devkmsg = off',
      ...(locked ? [`/proc/cmdline: printk.devkmsg=${settings.boot?.devkmsg}, which locks it`] : []),
      `opening /dev/kmsg: ${rights.open ?? ring.error ?? 'works for us'}`,
    ],
    remedy: locked
      ? ['boot without printk.devkmsg=off']
      : ['echo on > /proc/sys/kernel/printk_devkmsg', 'then restart who reads it: journald, rsyslog'],
  };
}

function ratelimited(facts: LogFacts): Finding | null {
  const { ring, settings } = facts;
  const told = ring.suppressed.filter(({ kind, time }) => kind === 'writer' && isAsked(facts, time));
  const last = told.at(-1);
  if (last === undefined) return null;
  const lines = told.reduce((sum, { count }) => sum + (count ?? 0), 0);
  const names = [...new Set(told.map(({ name }) => name))];
  return {
    cause: 'devkmsg-ratelimited',
    stage: 'ring',
    severity: 'missing',
    certainty: 'certain',
    finding: `${counted(lines, 'line')} written to /dev/kmsg by ${names.slice(0, 4).join(', ')} were left out by its rate limit`,
    evidence: [
      `${mark(last)}: ${last.name}: ${last.count} output lines suppressed due to ratelimiting`,
      ...(told.length === 1 ? [] : [`${told.length} such records`]),
      `/proc/sys/kernel/printk_devkmsg = ${settings.devkmsg ?? 'not readable'}`,
    ],
    remedy: [
      'echo on > /proc/sys/kernel/printk_devkmsg',
      'or write less: 10 lines in 5 s pass for each open file',
    ],
  };
}
