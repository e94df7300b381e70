import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ByteString } from '../decode/trace-record.js';
import { KwhoError, UsageError } from '../errors.js';
import type { CommandResult } from '../host/command.js';
import { explainStapFailure, stapMissing } from './failure.js';

export interface ProbeModule {
  script: string;
  /** Kernel release to build for; its headers must be installed here. */
  release: string;
  /** Where the module is to stand: `kwho_NAME.ko`. */
  output: string;
  /** stap is to tell of its passes as it goes. */
  verbose?: boolean;
}

/** Runs stap in a folder that nobody else needs, with the script on its standard input. Never rejects. */
export type RunStap = (args: readonly string[], input: string, folder: string) => Promise<CommandResult>;

/**
 * Builds a kernel module from a script. stap leaves a module in the folder it runs in: that is one of its own, gone
 * afterwards whatever happens.
 * @returns what stap said meanwhile: warnings
 * @throws UsageError for a file name that no module can have; KwhoError that says why it could not be built
 */
export async function compileProbe(run: RunStap, module: ProbeModule): Promise<ByteString> {
  const name = moduleName(module.output);
  if (!/^\w[\w.+~-]*$/.test(module.release))
    throw new UsageError('a kernel release is what uname -r prints, and something else came');
  const folder = mkdtempSync(join(tmpdir(), 'kwho-stap-'));
  try {
    const loud = module.verbose === true ? ['-v'] : [];
    const args = [...loud, '-p4', '-r', module.release, '-m', name, ...STAP_LIMITS, '-'];
    const result = await run(args, module.script, folder);
    if (result.outcome === 'missing') throw stapMissing('stap');
    if (result.outcome === 'timeout') throw failed(`stap was not done after ${COMPILE_MS / 60_000} minutes`);
    if (result.outcome === 'failed') throw failed(`stap could not be run: ${result.why}`);
    const { status, stderr } = result;
    if (status !== 0) throw explainStapFailure({ program: 'stap', status, stderr, release: module.release });
    if (!existsSync(join(folder, `${name}.ko`)))
      throw failed('stap said that all went well, and built no module');
    copyFileSync(join(folder, `${name}.ko`), module.output);
    // Whoever could write to it could put a module of his own into the kernel.
    chmodSync(module.output, 0o644);
    return stderr;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first compile for a kernel reads all its tracepoint headers: a minute on a fast machine, ten on a slow one. */
export const COMPILE_MS = 30 * 60_000;

/**
 * What the scripts need beyond SystemTap's defaults; their comments say why. A script that takes half of a CPU's time
 * is ended: over some seconds, not within one, where a virtual CPU that is held up once looks like a busy one.
 *
 * INTERRUPTIBLE=0: interrupts wait for the script. A packet that is dropped in one, while the script looks at another on
 * the same CPU, would be skipped, and without -t SystemTap does not even count it.
 * MAXTRYLOCK: a drop waits up to 100 ms, rather than 1 ms, while another CPU writes the table out; then it is skipped.
 * No unwind tables of the module's own: where the kernel keeps them (5.10), stack() follows them to the module's edge
 * and ends there; without them it asks the kernel, which knows the whole path.
 */
export const STAP_LIMITS = [
  '--suppress-handler-errors',
  ...['-D', 'MAXACTION=100000'],
  ...['-D', 'INTERRUPTIBLE=0'],
  ...['-D', 'MAXTRYLOCK=10000'],
  ...['-D', 'STP_OVERLOAD_INTERVAL=10000000000LL', '-D', 'STP_OVERLOAD_THRESHOLD=5000000000LL'],
  ...['-B', 'CFLAGS_MODULE=-fno-asynchronous-unwind-tables'],
] as const;

/**
 * A module's name is inside the module: the file must have the same one (staprun). What begins with `kwho_` is known
 * for kwho's where it is left in the kernel.
 */
function moduleName(output: string): string {
  const file = basename(output);
  const name = file.slice(0, -'.ko'.length);
  if (!file.endsWith('.ko') || !/^kwho_[a-z0-9_]{1,35}$/.test(name)) {
    throw new UsageError(
      '-o wants a file such as kwho_drops.ko (kwho_ and then small letters, digits and _, at most 40), and another name came',
    );
  }
  return name;
}

function failed(message: string): KwhoError {
  return new KwhoError(message, {
    code: 'stap-failed',
    hint: 'the same by hand tells more: kwho probe drops | stap -v -p4 -',
  });
}
