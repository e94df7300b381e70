import type { ByteString } from '../decode/trace-record.js';

/** What came of running a program: its output, or why there is none. */
export type CommandResult =
  | { outcome: 'done'; stdout: ByteString; stderr: ByteString; status: number }
  | { outcome: 'missing' }
  | { outcome: 'timeout' }
  /** Killed by a signal, too much output, or arguments that no program can have. */
  | { outcome: 'failed'; why: string };

/** Runs a program without a shell. Never rejects. */
export type RunCommand = (file: string, args: readonly string[]) => Promise<CommandResult>;

/** The real one: two seconds, 8 MiB of output, no standard input, and an environment of two variables. */
export const runCommand: RunCommand = runWithin(2000);

/** The same with another bound. */
export function runWithin(milliseconds: number): RunCommand {
  return (file, args) => run(file, args, milliseconds);
}

async function run(file: string, args: readonly string[], timeout: number): Promise<CommandResult> {
  try {
    // Loading it costs as much as everything else at the start of a run; most runs load it after the first event.
    const { execa } = await import('execa');
    const result = await execa(file, args, {
      env: { PATH: searchPath(), LC_ALL: 'C' },
      extendEnv: false,
      stdin: 'ignore',
      encoding: 'latin1',
      stripFinalNewline: false,
      timeout,
      killSignal: 'SIGKILL',
      maxBuffer: MOST_OUTPUT,
      reject: false,
    });
    const { stdout, stderr, exitCode: status } = result;
    if (result.timedOut) return { outcome: 'timeout' };
    // It may have ended by itself when nobody took its output any more.
    if (result.isMaxBuffer) return { outcome: 'failed', why: `it printed more than ${MOST_OUTPUT} bytes` };
    if (status !== undefined) return { outcome: 'done', stdout, stderr, status };
    if (result.code === 'ENOENT') return { outcome: 'missing' };
    return { outcome: 'failed', why: result.originalMessage ?? `it was killed by ${result.signal}` };
  } catch (error) {
    return { outcome: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
}

/** No more than so many programs at a time: on a host in trouble, we are not to be its next one. */
export function limited(command: RunCommand, most: number): RunCommand {
  const waiting: (() => void)[] = [];
  let free = most;
  return async (file, args) => {
    // Whoever ends hands its place on, so that nobody overtakes those who wait.
    if (free > 0) free -= 1;
    else await new Promise<void>((resume) => waiting.push(resume));
    try {
      return await command(file, args);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

const MOST_OUTPUT = 8 << 20;

/** Administrators' programs are not on everybody's path: `su`, cron, a service without PATH. */
function searchPath(): string {
  const path = process.env.PATH;
  const usual = '/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin';
  return path === undefined || path === '' ? usual : `${path}:${usual}`;
}
