import { accessSync, constants } from 'node:fs';
import { release as runningRelease } from 'node:os';
import { join } from 'node:path';
import { KwhoError } from '../../errors.js';
import { noHeaders, stapMissing } from '../../stap/failure.js';
import { searchPath } from '../../stap/leash.js';
import { checkStapHost } from './host.js';
import { hasHeaders, moduleCache, type WantedModule } from './modules.js';

/** Why SystemTap is not used where tracefs is, in a few words: as far as it is known without starting it. */
export function whyNoStap(command: WantedModule['command']): string {
  const release = runningRelease();
  try {
    checkStapHost();
    if (!isInstalled('stap')) throw stapMissing('stap');
    if (!hasHeaders(release)) throw noHeaders(release);
  } catch (error) {
    if (error instanceof KwhoError) return error.message;
    throw error;
  }
  const last = moduleCache().lastFailure(command, release);
  return last === null ? 'tracefs tells the same without a module' : `when it was last tried, ${last}`;
}

function isInstalled(program: string): boolean {
  return searchPath()
    .split(':')
    .some((folder) => {
      try {
        accessSync(join(folder, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
