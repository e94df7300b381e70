import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KwhoEvent, LogAccessEvent } from '../../../src/model/events.js';

export type AnyEvent = KwhoEvent & { v: number };

/** kwho on this guest's kernel, started and waited for until its sources are live. */
export class KwhoRun {
  readonly child: ChildProcess;
  readonly ready: string;
  stdout = '';
  stderr = '';

  private constructor(args: readonly string[]) {
    this.ready = join(mkdtempSync(join(tmpdir(), 'kwho-test-')), 'ready');
    this.child = spawn(process.execPath, [kwho(), ...args, '--ready-file', this.ready], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  /** Does not wait. */
  static begin(...args: string[]): KwhoRun {
    return new KwhoRun(args);
  }

  static async start(...args: string[]): Promise<KwhoRun> {
    const run = new KwhoRun(args);
    while (!existsSync(run.ready)) {
      if (run.child.exitCode !== null)
        throw new Error(`kwho ended with ${run.child.exitCode}: ${run.stderr}`);
      await sleep(50);
    }
    return run;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Gives what has just happened time to be told, then ends the run. Returns the exit status, 128+n for a signal. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    await sleep(500);
    this.child.kill(signal);
    return this.ended();
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }

  get events(): AnyEvent[] {
    return this.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as AnyEvent);
  }

  get accesses(): LogAccessEvent[] {
    return this.events.filter((event) => event.type === 'log-access');
  }

  notices(code: string): Extract<KwhoEvent, { type: 'notice' }>[] {
    return this.events.filter((event) => event.type === 'notice').filter((event) => event.code === code);
  }

  get summary(): Extract<KwhoEvent, { type: 'summary' }> {
    const last = this.events.at(-1);
    if (last?.type !== 'summary') throw new Error(`the last line is no summary: ${this.stdout.slice(-500)}`);
    return last;
  }
}

/** The compiled program, copied once to where an emulated guest reads it quickly. */
export function kwho(): string {
  const copy = '/run/kwho-under-test';
  if (!existsSync(copy)) {
    const root = new URL('../../..', import.meta.url).pathname;
    for (const part of ['dist', 'probes', 'package.json'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    // Beside it, not in it: the optional ffi-napi is a test's own matter.
    mkdirSync('/run/node_modules', { recursive: true });
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const name of Object.keys(dependencies))
      symlinkSync(join(root, 'node_modules', name), join('/run/node_modules', name));
  }
  return join(copy, 'dist/cli.js');
}

export const TRACEFS = '/sys/kernel/tracing';

/** What of kwho's is in the kernel right now. */
export function leftovers(): {
  instances: string[];
  events: string[];
  functions: string[];
} {
  const lines = (file: string) =>
    readFileSync(join(TRACEFS, file), 'latin1')
      .split('\n')
      .filter((line) => line !== '');
  return {
    instances: readInstances().filter((name) => name.startsWith('kwho')),
    events: lines('dynamic_events').filter((line) => line.includes('kwho')),
    functions: lines('enabled_functions').filter((line) =>
      /syslog|kmsg|execve|commit_creds|loginuid/.test(line),
    ),
  };
}

export const NOTHING = { instances: [], events: [], functions: [] };

function readInstances(): string[] {
  return readdirSync(join(TRACEFS, 'instances'));
}
