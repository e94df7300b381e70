import type { RunCommand } from '../../host/command.js';
import { orphanedModules, removeModule } from '../../stap/loaded-modules.js';
import { runStaprun } from '../../stap/run-stap.js';

/**
 * Removes the SystemTap modules that dead runs left in the kernel.
 * @param proc root of the proc file system
 * @returns a sentence for each, as removeOrphans() of ../orphans.ts gives them
 */
export async function removeOrphanedModules(proc: string, run: RunCommand = runStaprun): Promise<string[]> {
  const told: string[] = [];
  for (const { name } of orphanedModules(proc)) {
    const why = await removeModule(name, run, proc);
    const done = why === null ? 'removed' : `could not remove (${why})`;
    told.push(`${done} what a dead SystemTap run of kwho left behind: the module ${name}`);
  }
  return told;
}
