import { type StapEnd, StapLines } from '../decode/stap-line.js';
import { parseStapMessage, type StapMessage } from '../decode/stap-message.js';
import type { StapHeader } from '../decode/stap-record.js';
import type { ByteString, EventRecord, MalformedRecord } from '../decode/trace-record.js';
import type { KwhoError } from '../errors.js';
import { explainStapFailure, moduleSilent, stapMissing } from './failure.js';
import { type Leashed, type LeashedEnd, startOnLeash } from './leash.js';
import { hasRoom, moduleNameOf, renamedModule } from './module-file.js';

export interface ModuleRunOptions {
  file: string;
  /** Of the running kernel. */
  release: string;
  /** MiB of the buffer between kernel and staprun. */
  bufferMib: number;
  record: (record: EventRecord | MalformedRecord) => void;
}

/** What a run has to say when it is over. */
export interface ModuleRunEnd {
  /** The script's own account; null where it did not come to its end. */
  account: StapEnd | null;
  /** What SystemTap said of hits that are in no record, and its other messages. */
  messages: StapMessage[];
  /** It ended, and nobody had asked it to. */
  failure: KwhoError | null;
}

/**
 * One of kwho's SystemTap modules at work. Its records wait until they are polled: where nobody takes them, staprun is
 * held up, and what then finds no room in the kernel's buffer is counted there.
 */
export class ModuleRun {
  readonly #options: ModuleRunOptions;
  readonly #child: Leashed;
  readonly #lines: StapLines;
  #chunks: Buffer[] = [];
  #waiting = 0;
  #stderr: ByteString = '';
  #end: LeashedEnd | null = null;
  #asked = false;
  #account: StapEnd | null = null;
  header: StapHeader | null = null;

  /**
   * Loads a module and waits for its first line.
   * @throws UnavailableError or PermissionError where it cannot run, with why
   */
  static async start(options: ModuleRunOptions, cancel?: AbortSignal): Promise<ModuleRun> {
    // With -R the module gets the process id into its name: the same one may run twice, and a dead owner is known by it.
    const rename = hasRoom(moduleNameOf(options.file)) ? ['-R'] : [];
    const args = [...rename, '-b', String(options.bufferMib), options.file];
    const run = new ModuleRun(options, await startOnLeash('staprun', args));
    const wake = new Promise<void>((resolve) => {
      cancel?.addEventListener('abort', () => resolve(), { once: true });
      if (cancel?.aborted === true) resolve();
    });
    await Promise.race([run.#firstLine(), wake]);
    if (run.header === null) {
      const isSilent = run.#end === null && cancel?.aborted !== true;
      await run.stop();
      if (isSilent) throw moduleSilent(options.release);
      if (cancel?.aborted !== true) throw run.#whyNot();
    }
    return run;
  }

  private constructor(options: ModuleRunOptions, child: Leashed) {
    this.#options = options;
    this.#child = child;
    this.#lines = new StapLines({
      begin: (header) => {
        this.header = header;
      },
      record: (record) => options.record(record),
      end: (end) => {
        this.#account = end;
      },
    });
    child.stdout.on('data', (bytes: Buffer) => {
      this.#chunks.push(bytes);
      this.#waiting += bytes.length;
      if (this.#waiting > MOST_WAITING) child.stdout.pause();
    });
    child.stderr.on('data', (bytes: Buffer) => {
      if (this.#stderr.length < MOST_MESSAGES) this.#stderr += bytes.toString('latin1');
    });
    child.ended.then((end) => {
      this.#end = end;
    });
  }

  /** Name of the module as the kernel lists it. */
  get module(): string {
    const name = moduleNameOf(this.#options.file);
    return hasRoom(name) ? (renamedModule(name, this.#child.pid) ?? name) : name;
  }

  /** It ended by itself, and everything of it has been given. */
  get over(): boolean {
    return this.#end !== null && this.#chunks.length === 0;
  }

  /** Gives the records that have come; true if there were any. */
  poll(): boolean {
    const chunks = this.#chunks;
    if (chunks.length === 0) return false;
    this.#chunks = [];
    this.#waiting = 0;
    for (const chunk of chunks) this.#lines.push(chunk);
    if (this.#child.stdout.isPaused()) this.#child.stdout.resume();
    return true;
  }

  /** Ends the script, gives everything that is left, and waits until its module is out of the kernel. */
  async stop(): Promise<ModuleRunEnd> {
    this.#asked = this.#end === null;
    this.#child.signal('SIGTERM');
    let isOver = false;
    this.#child.ended.then(() => {
      isOver = true;
    });
    const deadline = performance.now() + STOP_MS;
    while (!isOver) {
      if (performance.now() > deadline) this.#child.signal('SIGKILL');
      await Promise.race([this.#child.ended, new Promise((resolve) => setTimeout(resolve, 20))]);
      this.poll();
    }
    this.poll();
    this.#lines.finish();
    return {
      account: this.#account,
      messages: this.#stderr.split('\n').flatMap(parseStapMessage),
      failure: this.#asked && this.#account !== null ? null : this.#whyNot(),
    };
  }

  /** The first line, the end of the program, or the end of patience, whichever comes first. */
  async #firstLine(): Promise<void> {
    const deadline = performance.now() + FIRST_LINE_MS;
    while (this.header === null && !this.over && performance.now() < deadline) {
      await Promise.race([this.#child.ended, new Promise((resolve) => setTimeout(resolve, 10))]);
      // What comes behind the first line waits until somebody polls.
      const newline = this.#chunks.findIndex((chunk) => chunk.includes(NEWLINE));
      if (newline >= 0) return this.#takeHeader(newline);
      if (this.#end !== null) return;
    }
  }

  #takeHeader(last: number): void {
    const bytes = Buffer.concat(this.#chunks.splice(0, last + 1));
    const end = bytes.indexOf(NEWLINE) + 1;
    this.#lines.push(bytes.subarray(0, end));
    if (end < bytes.length) this.#chunks.unshift(bytes.subarray(end));
  }

  #whyNot(): KwhoError {
    if (this.#end?.outcome === 'missing') return stapMissing('staprun');
    const { release } = this.#options;
    const status = this.#end?.outcome === 'done' ? this.#end.status : null;
    return explainStapFailure({ program: 'staprun', status, stderr: this.#stderr, release });
  }
}

const NEWLINE = 0x0a;
const MOST_WAITING = 4 << 20;
const MOST_MESSAGES = 1 << 20;
/** Loading waits for every CPU, too. */
const FIRST_LINE_MS = 120_000;
/** Unloading waits for every CPU; a guest on an emulated one takes seconds. */
const STOP_MS = 120_000;
