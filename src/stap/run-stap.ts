import type { ByteString } from '../decode/trace-record.js';
import type { CommandResult, RunCommand } from '../host/command.js';
import { COMPILE_MS, type RunStap } from './compile.js';
import { type LeashOptions, startOnLeash } from './leash.js';

export interface RunStapWatch {
  /** Ends stap when it is aborted. */
  cancel?: AbortSignal;
  /** Each line of its standard error as it comes. */
  line?: (line: ByteString) => void;
  /** Milliseconds. */
  timeout?: number;
  /** Besides our own environment. */
  env?: Readonly<Record<string, string>>;
}

/**
 * The real one. stap's temporary files are in the folder it runs in, which goes where kwho is killed; its cache of
 * compiled headers is the user's own.
 */
export function stapRunner(watch: RunStapWatch = {}): RunStap {
  const { timeout = COMPILE_MS, env = {} } = watch;
  return (args, input, cwd) =>
    run('stap', args, { input, cwd, scratch: cwd, env: { TMPDIR: cwd, ...env } }, timeout, watch);
}

/** staprun and the like, which may have to wait for every CPU. Never rejects. */
export const runStaprun: RunCommand = (program, args) => run(program, args, {}, STAPRUN_MS, {});

async function run(
  program: string,
  args: readonly string[],
  options: LeashOptions,
  milliseconds: number,
  { cancel, line }: RunStapWatch,
): Promise<CommandResult> {
  const child = await startOnLeash(program, args, options);
  const stdout = new Collected(child.stdout);
  const stderr = new Collected(child.stderr, line);
  let isLate = false;
  const end = () => {
    child.signal('SIGTERM');
    setTimeout(() => child.signal('SIGKILL'), STUBBORN_MS).unref();
  };
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, milliseconds);
  if (cancel?.aborted === true) end();
  cancel?.addEventListener('abort', end);
  const ended = await child.ended;
  clearTimeout(timer);
  cancel?.removeEventListener('abort', end);
  if (isLate) return { outcome: 'timeout' };
  if (ended.outcome === 'done')
    return { outcome: 'done', stdout: stdout.text, stderr: stderr.text, status: ended.status };
  if (ended.outcome === 'killed') return { outcome: 'failed', why: `it was ended by ${ended.signal}` };
  return ended;
}

const STAPRUN_MS = 60_000;
const STUBBORN_MS = 5000;
const MOST_OUTPUT = 8 << 20;

class Collected {
  text: ByteString = '';
  #rest: ByteString = '';

  constructor(stream: NodeJS.ReadableStream, line: (line: ByteString) => void = () => {}) {
    stream.on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1');
      if (this.text.length < MOST_OUTPUT) this.text += text;
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const one of lines) line(one);
    });
  }
}
