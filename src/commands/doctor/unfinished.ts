import { type CommandFinding, FINDING_GROUPS } from '../../model/host-report.js';
import type { CheckResult } from './check.js';

/** What stands in the report for a check that came to no end. */
export function unfinished(name: string, why: string): CheckResult {
  const remedy = 'look into dmesg; kwho doctor --repair removes what it may have left';
  const unknown: Omit<CommandFinding, 'command'> = {
    verdict: 'unknown',
    backends: [],
    blindSpots: [],
    why,
    remedy,
  };
  const commands = (COMMANDS_OF.get(name) ?? []).map((command): CommandFinding => ({ command, ...unknown }));
  if (name === 'SystemTap') commands.push({ ...unknown, ...PRINTING });
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
]);

/** A script can be printed in any case. */
const PRINTING = { command: 'probe', verdict: 'ok', backends: ['print'] } as const;
