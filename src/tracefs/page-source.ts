import { closeSync, constants, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors.js';

/** Something that has records of the ring buffer to give, without ever blocking. */
export interface TraceSource {
  /** Hands over everything that is there now; true if there was anything. */
  poll(): boolean;
  close(): void;
}

interface PageSourceOptions {
  pageSize: number;
  space?: Uint8Array;
  pagesARound?: number | undefined;
}

/**
 * Reads the ring buffer as binary pages, one file a CPU (`per_cpu/cpuN/trace_pipe_raw`; kernel/trace/trace.c
 * tracing_buffers_read()). A read gives what is there of one page, and EAGAIN when there is nothing.
 */
export class PageSource implements TraceSource {
  readonly #files: { cpu: number; fd: number }[] = [];
  readonly #buffer: Uint8Array;
  readonly #pagesARound: number;
  readonly #sink: (cpu: number, page: Uint8Array) => void;

  /**
   * @param pageSize bytes of one page, header and data
   * @param space where a page is read to
   * @param pagesARound the most that a poll takes of a CPU
   */
  constructor(
    instance: string,
    { pageSize, space = new Uint8Array(pageSize), pagesARound = PAGES_A_ROUND }: PageSourceOptions,
    sink: (cpu: number, page: Uint8Array) => void,
  ) {
    this.#buffer = space.subarray(0, pageSize);
    this.#pagesARound = pagesARound;
    this.#sink = sink;
    try {
      for (const cpu of listCpus(instance)) {
        const path = join(instance, 'per_cpu', `cpu${cpu}`, 'trace_pipe_raw');
        this.#files.push({
          cpu,
          fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
        });
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  poll(): boolean {
    let any = false;
    for (const file of this.#files) {
      for (let pages = 0; pages < this.#pagesARound; pages++) {
        const n = readNow(file.fd, this.#buffer);
        if (n === 0) break;
        any = true;
        this.#sink(file.cpu, this.#buffer.subarray(0, n));
      }
    }
    return any;
  }

  close(): void {
    for (const { fd } of this.#files.splice(0)) closeSync(fd);
  }
}

/** Enough to empty a default buffer; then the other CPUs have their turn, and signals and timers theirs. */
const PAGES_A_ROUND = 512;

export function listCpus(instance: string): number[] {
  return readdirSync(join(instance, 'per_cpu'))
    .map((name) => Number(name.slice('cpu'.length)))
    .sort((a, b) => a - b);
}

/** What read(2) gives at once; 0 where there is nothing yet. */
export function readNow(fd: number, into: Uint8Array): number {
  try {
    return readSync(fd, into, 0, into.length, null);
  } catch (error) {
    if (systemCode(error) === 'EAGAIN' || systemCode(error) === 'EINTR') return 0;
    throw error;
  }
}

/**
 * Records that the ring buffers of an instance have lost so far: overwritten before they were read (`overrun`) or
 * refused (`dropped events`, `commit overrun`), by CPU.
 */
export function readLosses(instance: string): Map<number, number> {
  const losses = new Map<number, number>();
  for (const cpu of listCpus(instance)) {
    let lost = 0;
    for (const line of readFileSync(join(instance, 'per_cpu', `cpu${cpu}`, 'stats'), 'latin1').split('\n')) {
      if (/^(overrun|commit overrun|dropped events):/.test(line)) lost += Number(line.split(':')[1]);
    }
    losses.set(cpu, lost);
  }
  return losses;
}
