import { locateTracefs } from '../../host/tracefs-mount.js';
import { loadedModules, orphanedModules } from '../../stap/loaded-modules.js';
import { findOrphans, removeOrphan } from '../../tracefs/orphans.js';
import { removeTraces } from '../orphans.js';
import { removeOrphanedModules } from '../stap/orphans.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings, wordsOf } from './finding.js';

const REPAIR = 'kwho doctor --repair removes it';

/** What runs of kwho that were killed have left in the kernel. */
export function checkLeftovers({ proc }: CheckedHost): CheckResult {
  const found = new Findings('left behind');
  const name = 'dead runs';
  try {
    const orphans = findOrphans(locateTracefs(proc), proc);
    if (orphans.length === 0) found.ok(name, 'nothing is left in tracefs of a kwho that is dead');
    for (const { pid, instances, events } of orphans) {
      const parts = [...instances, ...(events.length === 0 ? [] : [`dynamic events ${events.join(' ')}`])];
      found.no(
        name,
        `of a dead kwho (pid ${pid}): ${parts.join(' and ')}`,
        `${REPAIR}, and so does the next run`,
      );
    }
  } catch (error) {
    found.unknown(name, `not looked at: ${wordsOf(error).text}`, null);
  }
  checkModules(found, proc);
  return { findings: found.list };
}

function checkModules(found: Findings, proc: string): void {
  const name = 'SystemTap modules';
  try {
    const orphans = orphanedModules(proc);
    for (const module of orphans) found.no(name, `${module.name} is loaded, and nobody runs it`, REPAIR);
    if (orphans.length > 0) return;
    const running = loadedModules(proc).map((module) => module.name);
    found.ok(name, running.length === 0 ? 'none of kwho is loaded' : `${running.join(', ')}: in use`);
  } catch (error) {
    found.unknown(name, wordsOf(error).text, null);
  }
}

/** Removes it. */
export async function repair({ proc, run }: CheckedHost): Promise<CheckResult> {
  const found = new Findings('left behind');
  const told: string[] = [];
  for (const remove of [
    () => removeTraces(locateTracefs(proc), proc),
    () => removeOrphanedModules(proc, run),
  ]) {
    try {
      told.push(...(await remove()));
    } catch (error) {
      const { text, hint } = wordsOf(error);
      found.no('repair', `nothing could be removed: ${text}`, hint ?? 'run it as root');
    }
  }
  for (const text of told.filter((text) => !text.startsWith('removed')))
    found.no('repair', text, 'run it as root');
  return { findings: found.list, repaired: told.filter((text) => text.startsWith('removed')) };
}

/** Takes back what a trial that had to be killed has left. @param pid of the process that was to do it */
export function removeTrial({ proc }: CheckedHost, pid: number): CheckResult {
  const found = new Findings('left behind');
  try {
    const tracefs = locateTracefs(proc);
    for (const orphan of findOrphans(tracefs, proc).filter((orphan) => orphan.pid === pid))
      for (const what of removeOrphan(tracefs, orphan)) found.no('trial', `could not remove ${what}`, REPAIR);
  } catch {
    // Without tracefs there was no trial.
  }
  return { findings: found.list };
}
