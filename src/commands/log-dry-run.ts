import { join } from 'node:path';
import { locateTracefs } from '../host/tracefs-mount.js';
import { openStandardOutput } from '../output/channel.js';
import { TraceInstance } from '../tracefs/instance.js';
import { KernelJournal } from '../tracefs/journal.js';
import { ShellMedium } from '../tracefs/medium.js';
import type { LogOptions } from './log-options.js';
import { findLogSymbols, setUpLogTracing } from './log-tracing.js';

/** Prints what a run would write into the kernel, and how it would take it back, as lines for a shell. */
export async function dryRunLog(options: LogOptions): Promise<number> {
  const out = openStandardOutput();
  const say = (line: string) => out.write(`${line}\n`);
  const tracefs = locateTracefs('/proc');
  const journal = new KernelJournal(new ShellMedium(say));
  say('# what kwho log writes into the kernel; nothing of it has been done');
  const instance = new TraceInstance(tracefs, process.pid, journal);
  setUpLogTracing(instance, journal, {
    stack: options.stack,
    bufferKib: options.bufferKib,
    text: options.reader === 'text',
    dryRun: true,
    symbols: findLogSymbols(tracefs, '/proc'),
    proc: '/proc',
    sys: '/sys',
  });
  instance.set('tracing_on', '1');
  say(`# now the records are in ${join(instance.path, 'trace_pipe')}; this takes everything back:`);
  instance.set('tracing_on', '0');
  journal.undo();
  await out.drain(DRAIN_MS);
  return 0;
}

const DRAIN_MS = 5000;
