import type { ByteString } from '../../decode/trace-record.js';

/**
 * Tells on standard error how far stap has come, which takes a minute the first time: on a terminal in one line that
 * is gone afterwards, elsewhere in a line for each pass.
 */
export class CompileProgress {
  readonly #stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;
  readonly #release: string;
  readonly #start = performance.now();
  #timer: NodeJS.Timeout | null = null;
  #pass = 1;

  constructor(stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>, release: string) {
    this.#stream = stream;
    this.#release = release;
    if (stream.isTTY) this.#timer = setInterval(() => this.#draw(), SECOND_MS).unref();
    this.#draw();
  }

  /** A line of what stap says with -v: `Pass 2: analyzed script: …` is said when that pass is over. */
  line(line: ByteString): void {
    const done = /^Pass ([1-4]): /.exec(line)?.[1];
    if (done === undefined || Number(done) < this.#pass) return;
    this.#pass = Number(done) + 1;
    if (this.#pass < PASSES.length) this.#draw();
  }

  end(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#stream.write('\r\x1b[K');
  }

  #draw(): void {
    const what = `kwho: building the SystemTap module for ${this.#release}: pass ${this.#pass} of 5, ${PASSES[this.#pass]}`;
    const seconds = Math.round((performance.now() - this.#start) / SECOND_MS);
    this.#stream.write(this.#stream.isTTY ? `\r${what}, ${seconds} s\x1b[K` : `${what}\n`);
  }
}

const SECOND_MS = 1000;
/** By number; the fifth is the run itself. */
const PASSES = ['', 'parsing', 'looking up types and probe points', 'translating to C', 'compiling'] as const;
