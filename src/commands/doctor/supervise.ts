import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { CheckResult } from './check.js';

export interface Supervision {
  /** Starts a process that does these checks, and tells of them as `examiner.ts` does. */
  start(names: readonly string[]): ChildProcess;
  /** What stands in for a check that came to no end. */
  unfinished(name: string, why: string): CheckResult;
  /** Milliseconds that one check may take. */
  limitMs: number;
}

/** The real one. */
export function startExaminer(names: readonly string[]): ChildProcess {
  const file = new URL('./examiner.js', import.meta.url).pathname;
  return spawn(process.execPath, [file, ...names], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * Has checks done one after the other in a process of their own. One that takes too long, or takes its process with
 * it, is given up, what it left is removed, and the next ones are done in a new process.
 * @param ended resolves when somebody asks for the end: what is under way is taken back then, and nothing else begun
 */
export async function supervise(
  names: readonly string[],
  supervision: Supervision,
  ended: Promise<void>,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
  });
  const session = async (left: readonly string[]): Promise<Outcome> => {
    const running = new Session(left, supervision, results);
    // The removal of what is left goes through.
    if (!isEnded) void ended.then(() => running.stop());
    return running.done;
  };
  for (let left = [...names]; left.length > 0; ) {
    const { broken, why, pid } = await session(left);
    if (broken === null) break;
    const removal = broken.startsWith('remove ') || pid === undefined ? [] : [`remove ${pid}`];
    left = isEnded ? removal : [...removal, ...left.slice(left.indexOf(broken) + 1)];
    results.push(supervision.unfinished(broken, why));
  }
  return results;
}

interface Outcome {
  /** The check that was under way; null where all were done, or the last one wanted. */
  broken: string | null;
  why: string;
  pid: number | undefined;
}

class Session {
  readonly done: Promise<Outcome>;
  readonly #child: ChildProcess;
  readonly #limitMs: number;
  readonly #results: CheckResult[];
  #left: string[];
  #timer: NodeJS.Timeout | null = null;
  #why: string | null = null;
  #stderr = '';
  #stopped = false;
  #finish: (outcome: Outcome) => void = () => {};

  constructor(names: readonly string[], { start, limitMs }: Supervision, results: CheckResult[]) {
    this.#left = [...names];
    this.#limitMs = limitMs;
    this.#results = results;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#child = start(names);
    this.#wait(limitMs);
    this.#child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MOST_WORDS);
    });
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.#heard(line));
    this.#child.on('error', (error) => this.#over(`its process could not be started: ${error.message}`));
    this.#child.on('close', (status, signal) => this.#over(this.#why ?? endOf(status, signal, this.#stderr)));
  }

  /** Lets it take back what is under way. */
  stop(): void {
    this.#stopped = true;
    this.#child.kill('SIGTERM');
    this.#wait(STOP_MS);
  }

  #heard(line: string): void {
    const message = parse(line);
    if (message === null) return;
    if (!this.#stopped) this.#wait(this.#limitMs);
    const { begin, end, ...result } = message;
    if (end === undefined || begin !== undefined) return;
    this.#left = this.#left.filter((name) => name !== end);
    this.#results.push(result);
  }

  /** In steps: of a time in which we were stopped ourselves (Ctrl-Z) only one counts. */
  #wait(milliseconds: number): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    let left = milliseconds;
    this.#timer = setInterval(() => {
      left -= STEP_MS;
      if (left > 0) return;
      this.#why = `it did not end within ${Math.round(milliseconds / 1000)} s, and was given up`;
      this.#child.kill('SIGKILL');
      // A process that sleeps in the kernel may not even die.
      if (left <= -DEATH_MS) this.#over(this.#why);
    }, STEP_MS);
  }

  #over(why: string): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#child.unref();
    const isDone = this.#stopped && this.#why === null;
    this.#finish({ broken: isDone ? null : (this.#left[0] ?? null), why, pid: this.#child.pid });
  }
}

/** What is under way takes a second, on an emulated machine more. */
const STOP_MS = 15_000;
const DEATH_MS = 2000;
const STEP_MS = 250;
const MOST_WORDS = 2000;

type Message = CheckResult & { begin?: string; end?: string };

function parse(line: string): Message | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' ? (value as Message | null) : null;
  } catch {
    return null;
  }
}

function endOf(status: number | null, signal: NodeJS.Signals | null, stderr: string): string {
  const words = stderr.trim().split('\n').at(-1) ?? '';
  const how =
    signal === null ? `its process ended with status ${status}` : `its process was ended by ${signal}`;
  return words === '' ? how : `${how}: ${words}`;
}
