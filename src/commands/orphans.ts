import { findOrphans, removeOrphan } from '../tracefs/orphans.js';
import { removeOrphanedModules } from './stap/orphans.js';

/** Removes what dead runs left in the kernel, by tracefs and by SystemTap. Returns a sentence for each. */
export async function removeOrphans(tracefs: string, proc: string): Promise<string[]> {
  return [...removeTraces(tracefs, proc), ...(await removeOrphanedModules(proc))];
}

/** The part in tracefs alone. */
export function removeTraces(tracefs: string, proc: string): string[] {
  return findOrphans(tracefs, proc).map((orphan) => {
    const { pid, instances, events } = orphan;
    const parts = [...instances, ...(events.length === 0 ? [] : [`${events.length} dynamic events`])];
    const failed = removeOrphan(tracefs, orphan);
    const done = failed.length === 0 ? 'removed' : `could not remove ${failed.join(', ')} of`;
    return `${done} what a dead kwho (pid ${pid}) left behind: ${parts.join(' and ')}`;
  });
}
