import { hostname, release } from 'node:os';
import type { KwhoError } from '../errors.js';
import { RecordingFile } from '../output/recording-file.js';
import { clockSeconds, wallClock } from './drops-clock.js';
import { inumOfOwnNetns } from './own-netns.js';
import type { Json, Tap } from './tap.js';

/** Writes what passes the taps of a run into a file, from the beginning or from any moment on. */
export class Recorder {
  readonly #taps: readonly Tap[];
  #file: RecordingFile | null = null;
  #path: string | null = null;
  #flushed = 0;
  #bytes = 0;
  /** Why the last recording ended before its time; to be told once. */
  problem: KwhoError | null = null;

  constructor(taps: readonly Tap[]) {
    this.#taps = taps;
  }

  /** The file that is being written; null while nothing is recorded. */
  get path(): string | null {
    return this.#path;
  }

  /** Length of the file, also when it is through. */
  get bytes(): number {
    return this.#file?.bytes ?? this.#bytes;
  }

  /** @throws UsageError where the file exists; KwhoError where it cannot be made */
  start(path: string): void {
    const file = new RecordingFile(path);
    this.#file = file;
    this.#path = path;
    this.#flushed = performance.now();
    file.block({ kind: 'host', stream: 'run', time: clockSeconds(), head: hostFacts(), bytes: NO_BYTES });
    for (const tap of this.#taps) tap.record(file);
  }

  /** After every round of reading. */
  step(): void {
    const file = this.#file;
    if (file === null) return;
    const now = clockSeconds();
    for (const tap of this.#taps) tap.endRound(now);
    if (performance.now() - this.#flushed >= FLUSH_MS) {
      this.#flushed = performance.now();
      file.flush();
    }
    if (file.problem !== null) this.#end(file);
  }

  /** Ends the recording in order. */
  stop(): void {
    const file = this.#file;
    if (file === null) return;
    const time = clockSeconds();
    for (const tap of this.#taps) tap.endRound(time);
    file.block({ kind: 'end', stream: 'run', time, head: null, bytes: NO_BYTES });
    file.close();
    this.#end(file);
  }

  #end(file: RecordingFile): void {
    for (const tap of this.#taps) tap.record(null);
    this.problem = file.problem;
    this.#bytes = file.bytes;
    this.#file = null;
    this.#path = null;
  }
}

/** What is lost of a recording when kwho is killed. */
const FLUSH_MS = 1000;
const NO_BYTES = new Uint8Array(0);

/** What a replay tells of the host that it is not on. */
function hostFacts(): { [name: string]: Json } {
  return {
    name: hostname(),
    kernel: release(),
    arch: process.arch,
    wallAtZero: wallClock()(0),
    netns: inumOfOwnNetns(),
  };
}
