import type { ByteString } from '../decode/trace-record.js';
import { COMPILE_MS, type RunStap } from './compile.js';
import { startOnLeash } from './leash.js';

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

/** The real one. stap's temporary files and its cache of compiled headers are the user's own. */
export function stapRunner({ cancel, line, timeout = COMPILE_MS, env = {} }: RunStapWatch = {}): RunStap {
  return async (args, input, cwd) => {
    const child = await startOnLeash('stap', args, { input, cwd, env });
    const stdout = new Collected(child.stdout);
    const stderr = new Collected(child.stderr, line);
    let isLate = false;
    const end = () => child.signal('SIGTERM');
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, timeout);
    const stubborn = () => setTimeout(() => child.signal('SIGKILL'), STUBBORN_MS).unref();
    const cancelled = () => {
      end();
      stubborn();
    };
    if (cancel?.aborted === true) cancelled();
    cancel?.addEventListener('abort', cancelled);
    const ended = await child.ended;
    clearTimeout(timer);
    cancel?.removeEventListener('abort', cancelled);
    if (isLate) return { outcome: 'timeout' };
    if (ended.outcome === 'done')
      return { outcome: 'done', stdout: stdout.text, stderr: stderr.text, status: ended.status };
    if (ended.outcome === 'killed') return { outcome: 'failed', why: `it was ended by ${ended.signal}` };
    return ended;
  };
}

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
