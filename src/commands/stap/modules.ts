import { existsSync, readFileSync } from 'node:fs';
import { release as runningRelease } from 'node:os';
import { KwhoError, systemCode, UnavailableError } from '../../errors.js';
import { compileProbe } from '../../stap/compile.js';
import { moduleRefused, noHeaders, stapMissing } from '../../stap/failure.js';
import { cacheRoot, ModuleCache } from '../../stap/module-cache.js';
import { moduleNameOf, readModuleFile } from '../../stap/module-file.js';
import { runStaprun, stapRunner } from '../../stap/run-stap.js';
import { checkStapHost } from './host.js';
import { CompileProgress } from './progress.js';

export interface WantedModule {
  /** The command that it is for. */
  command: 'drops' | 'log';
  /** What the module is called: `kwho_drops_counts`. */
  name: string;
  /** The script that it is built of, where none was built before. */
  script: string;
}

/**
 * A module to run: the one that was given, or one that was built of the same script before, or one that is built now.
 * @param given `--module`
 * @param begin called when nothing is known any more that would keep it from running
 * @throws UnavailableError, PermissionError with what keeps it from running or being built
 */
export async function findModule(
  given: string | null,
  wanted: () => WantedModule,
  begin: () => void,
  cancel: AbortSignal,
): Promise<string> {
  checkStapHost();
  const release = runningRelease();
  if (given !== null) {
    checkModule(given, release);
    begin();
    return given;
  }
  const { command, name, script } = wanted();
  const cache = moduleCache();
  const key = { script, release, version: await stapVersion() };
  const cached = cache.find(name, key);
  if (cached === null && !hasHeaders(release)) throw noHeaders(release);
  begin();
  if (cached !== null) return cached;
  const place = cache.place(name, key);
  const progress = new CompileProgress(process.stderr, release);
  try {
    const run = stapRunner({ cancel, line: (line) => progress.line(line) });
    await compileProbe(run, { script, release, output: place.building, verbose: true });
    cache.noteFailure(command, release, null);
    return place.keep();
  } catch (error) {
    place.discard();
    if (!cancel.aborted && error instanceof KwhoError) cache.noteFailure(command, release, error.message);
    throw error;
  } finally {
    progress.end();
  }
}

/** This user's own. */
export function moduleCache(): ModuleCache {
  const uid = process.geteuid?.() ?? 0;
  return new ModuleCache(cacheRoot(uid, process.env), uid);
}

export function hasHeaders(release: string): boolean {
  return existsSync(`/lib/modules/${release}/build/Makefile`);
}

/**
 * Looks into a module's file before staprun does, which says little of what is wrong with one.
 * @throws UnavailableError for one that is no module, is cut short, or is for another kernel
 */
function checkModule(path: string, release: string): void {
  const facts = readModuleFile(read(path));
  if (typeof facts === 'string')
    throw moduleRefused(`${path} cannot be run: ${facts}`, 'stap-module-file', release);
  if (facts.release !== release)
    throw moduleRefused(
      `${path} was built for kernel ${facts.release}, and this one is ${release}`,
      'stap-module-release',
      release,
    );
  const name = moduleNameOf(path);
  if (facts.name !== name || !name.startsWith('kwho_'))
    throw moduleRefused(
      `${path} holds the module ${facts.name}: its file has to be called ${facts.name}.ko, and to begin with kwho_`,
      'stap-module-file',
      release,
    );
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UnavailableError(`the module ${path} cannot be read (${systemCode(cause)})`, {
      code: 'stap-module-file',
      hint: 'build it: kwho probe drops --compile -o kwho_drops.ko',
      cause,
    });
  }
}

/** `Systemtap translator/driver (version 5.6/0.194, …)`: its number. staprun -V prints none where nobody looks on. */
async function stapVersion(): Promise<string> {
  const result = await runStaprun('stap', ['--version']);
  if (result.outcome === 'missing') throw stapMissing('stap');
  const text = result.outcome === 'done' ? result.stdout + result.stderr : '';
  const version = /version (\d[\w.]*)/.exec(text)?.[1];
  if (version !== undefined) return version;
  throw new KwhoError('stap does not tell its version', {
    code: 'stap-failed',
    hint: 'the same by hand tells more: stap --version',
  });
}
