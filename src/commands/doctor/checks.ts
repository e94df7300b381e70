import type { Check, CheckResult } from './check.js';
import { tryBoth, tryDrops, tryLog } from './command-trials.js';
import { tryDropTracing } from './drop-trial.js';
import { checkHost } from './host-checks.js';
import { checkKernelLog } from './klog-checks.js';
import { checkLeftovers, removeTrial, repair } from './leftover-checks.js';
import { tryLogTracing } from './log-trial.js';
import { checkSystemTap } from './stap-checks.js';
import { checkTracing } from './tracing-checks.js';

/** Every look and trial by its name, in the order in which they are done. */
const CHECKS = {
  host: checkHost,
  tracing: checkTracing,
  'log events': tryLogTracing,
  'drop events': tryDropTracing,
  'kernel log': checkKernelLog,
  log: tryLog,
  drops: tryDrops,
  record: tryBoth,
  'left behind': checkLeftovers,
  SystemTap: checkSystemTap,
  repair,
} satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECKS;

/** @param name of {@link CHECKS}, or `remove PID` */
export function checkOf(name: string): Check {
  const pid = /^remove (\d+)$/.exec(name)?.[1];
  if (pid !== undefined) return (host) => removeTrial(host, Number(pid));
  if (!Object.hasOwn(CHECKS, name)) throw new RangeError(`there is no check ${name}`);
  return CHECKS[name as CheckName];
}

/** What stands in the report for a check that came to no end. */
export function unfinished(name: string, why: string): CheckResult {
  const remedy = 'look into dmesg; kwho doctor --repair removes what it may have left';
  const commands = COMMANDS_OF.get(name);
  if (commands !== undefined) {
    const finding = { verdict: 'unknown' as const, backends: [], blindSpots: [], why, remedy };
    return { commands: commands.map((command) => ({ command, ...finding })) };
  }
  const group = GROUPS.get(name) ?? 'left behind';
  return { findings: [{ group, name, verdict: 'unknown', text: why, remedy }] };
}

const COMMANDS_OF = new Map([
  ['log', ['log']],
  ['drops', ['drops']],
  ['record', ['record', 'top']],
]);

const GROUPS = new Map(
  (['host', 'tracing', 'log events', 'drop events', 'kernel log', 'SystemTap', 'left behind'] as const).map(
    (group) => [group as string, group],
  ),
);
