import { checkSignatures } from '../stap/host.js';
import type { CheckedHost } from './check.js';
import type { Findings } from './finding.js';

/**
 * Whether a command could use SystemTap instead of tracefs.
 * @param can what the checks before have shown: a module can be built, and one can be run
 */
export function checkBackend(
  found: Findings,
  { sys, release, lastStapFailure }: CheckedHost,
  command: 'drops' | 'log',
  can: { builds: boolean; runs: boolean },
): void {
  const name = `kwho ${command}`;
  const elsewhere = `build its module where it can be (kwho probe ${command} --compile -r ${release} -o FILE.ko) and give it here: --module FILE.ko`;
  try {
    checkSignatures(sys);
  } catch (error) {
    found.failed(name, error, 'use tracefs');
    return;
  }
  const last = lastStapFailure(command);
  if (!can.runs) {
    const remedy = 'see staprun above; tracefs does without';
    found.no(name, 'cannot use SystemTap: staprun is missing or refuses', remedy);
  } else if (!can.builds)
    found.no(name, 'cannot build its SystemTap module here: see the lines above', elsewhere);
  else if (last !== null) found.no(name, `its SystemTap module could not be built: ${last}`, elsewhere);
  else found.ok(name, 'can use SystemTap (--backend stap), if its module builds: it was not tried');
}
