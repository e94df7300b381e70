import { arch, release } from 'node:os';
import { canRunEverything, FINDING_GROUPS, type HostReport } from '../../model/host-report.js';
import { openStandardOutput } from '../../output/channel.js';
import { hostReportJson } from '../../output/host-report-json.js';
import { hostReportText } from '../../output/host-report-text.js';
import { wantsColor } from '../../output/paint.js';
import { Stop } from '../stop.js';
import type { CheckResult } from './check.js';
import type { CheckName } from './checks.js';
import { startExaminer, supervise } from './supervise.js';
import { unfinished } from './unfinished.js';

export interface DoctorOptions {
  json: boolean;
  /** Remove what dead runs left, before anything else. */
  repair: boolean;
}

/** `kwho doctor` on this host. Returns the exit status: 0 where every command can run. */
export async function runDoctor({ json, repair }: DoctorOptions): Promise<number> {
  const out = openStandardOutput();
  const stop = new Stop();
  const ended = new Promise<void>((resolve) =>
    stop.aborted.addEventListener('abort', () => resolve(), { once: true }),
  );
  const all = (names: readonly CheckName[], limitMs = CHECK_MS) =>
    supervise(names, { start: startExaminer, unfinished, limitMs }, ended);
  // SystemTap takes its time, and nothing of the others.
  const results = await Promise.all([
    all(repair ? ['repair', ...TRIALS] : TRIALS),
    all(['SystemTap'], STAP_MS),
  ]);
  if (stop.reached) return stop.status;
  const report = assemble(results.flat());
  const color = wantsColor(process.stdout.isTTY === true, process.env);
  const columns = process.stdout.isTTY === true ? process.stdout.columns : null;
  out.write(json ? hostReportJson(report) : hostReportText(report, { color, columns }));
  await out.drain(DRAIN_MS);
  return canRunEverything(report) ? 0 : EXIT_MISSING;
}

const TRIALS: readonly CheckName[] = [
  'host',
  'tracing',
  'log events',
  'drop events',
  'kernel log',
  'commands',
  'left behind',
];
/** An emulated machine takes a second for what takes a real one a hundredth. */
const CHECK_MS = 120_000;
/** Its programs have limits of their own, which add up to less. */
const STAP_MS = 120_000;
const DRAIN_MS = 5000;
const EXIT_MISSING = 1;

const COMMANDS = ['log', 'drops', 'record', 'top', 'kmsg', 'why', 'probe'];

function assemble(results: readonly CheckResult[]): HostReport {
  const findings = results.flatMap(({ findings = [] }) => findings);
  const commands = results.flatMap(({ commands = [] }) => commands);
  return {
    kernel: release(),
    machine: arch(),
    uid: process.geteuid?.() ?? null,
    repaired: results.flatMap(({ repaired = [] }) => repaired),
    findings: FINDING_GROUPS.flatMap((group) => findings.filter((finding) => finding.group === group)),
    commands: COMMANDS.flatMap((name) => commands.filter(({ command }) => command === name)),
  };
}
