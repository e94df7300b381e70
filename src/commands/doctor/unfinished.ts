import { FINDING_GROUPS } from '../../model/host-report.js';
import type { CheckResult } from './check.js';

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
