import { FINDING_GROUPS } from '../../model/host-report.js';
import type { Check, CheckResult } from './check.js';
import { tryCommands } from './command-trials.js';
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
  commands: tryCommands,
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
  const unknown = { verdict: 'unknown' as const, backends: [], blindSpots: [], why, remedy };
  const commands = (COMMANDS_OF.get(name) ?? []).map((command) => ({ command, ...unknown }));
  const group = FINDING_GROUPS.find((each) => each === name);
  if (group === undefined && commands.length > 0) return { commands };
  return {
    findings: [{ group: group ?? 'left behind', name, verdict: 'unknown', text: why, remedy }],
    commands,
  };
}

/** What each of these has to say of commands. */
const COMMANDS_OF = new Map([
  ['commands', ['log', 'drops', 'record', 'top']],
  ['kernel log', ['kmsg', 'why']],
  ['SystemTap', ['probe']],
]);
