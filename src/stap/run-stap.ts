import type { CommandResult } from '../host/command.js';
import { COMPILE_MS, type RunStap } from './compile.js';

/** The real one. stap's temporary files and its cache of compiled headers are the user's own. */
export const runStap: RunStap = stapWithin(COMPILE_MS, {});

/** @param env besides our own environment */
export function stapWithin(timeout: number, env: Readonly<Record<string, string>>): RunStap {
  return (args, input, cwd) => run(args, input, { cwd, timeout, env: { ...env, LC_ALL: 'C' } });
}

async function run(
  args: readonly string[],
  input: string,
  options: { cwd: string; timeout: number; env: Record<string, string> },
): Promise<CommandResult> {
  try {
    const { execa } = await import('execa');
    const result = await execa('stap', args, {
      ...options,
      input,
      encoding: 'latin1',
      stripFinalNewline: false,
      maxBuffer: MOST_OUTPUT,
      reject: false,
    });
    const { stdout, stderr, exitCode: status } = result;
    if (result.timedOut) return { outcome: 'timeout' };
    if (status !== undefined) return { outcome: 'done', stdout, stderr, status };
    if (result.code === 'ENOENT') return { outcome: 'missing' };
    return { outcome: 'failed', why: result.originalMessage ?? `it was killed by ${result.signal}` };
  } catch (error) {
    return { outcome: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
}

const MOST_OUTPUT = 8 << 20;
