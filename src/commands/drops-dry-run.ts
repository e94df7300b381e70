import { join } from 'node:path';
import { locateTracefs } from '../host/tracefs-mount.js';
import { openStandardOutput } from '../output/channel.js';
import { readDropEvent } from '../tracefs/drop-tracing.js';
import { TraceInstance } from '../tracefs/instance.js';
import { KernelJournal } from '../tracefs/journal.js';
import { ShellMedium } from '../tracefs/medium.js';
import { dropConditions } from './drops-conditions.js';
import type { DropsOptions } from './drops-options.js';
import { setUpDrops } from './drops-setup.js';
import { refuseWhenFull, samplesIn, switchOn, takesSamples } from './drops-sources.js';
import { Namespaces } from './namespaces.js';

/** Prints what a run would write into the kernel, and how it would take it back, as lines for a shell. */
export async function dryRunDrops(options: DropsOptions): Promise<number> {
  const out = openStandardOutput();
  const say = (line: string) => out.write(`${line}\n`);
  const tracefs = locateTracefs('/proc');
  const facts = readDropEvent(tracefs, '/proc');
  const namespaces = new Namespaces({ proc: '/proc', run: '/run' });
  const conditions = dropConditions(options.conditions, { ...facts, namespaces: () => namespaces.list() });
  const journal = new KernelJournal(new ShellMedium(say));
  say('# what kwho drops writes into the kernel; nothing of it has been done');
  const instance = new TraceInstance(tracefs, process.pid, journal);
  const reader = options.reader === 'text' ? 'text' : 'pages';
  const setup = setUpDrops({ instance, journal, facts, options, conditions, reader, sys: '/sys' });
  const samples = takesSamples(setup, options);
  switchOn(instance, setup.detail, samples ? samplesIn(options) : options);
  if (samples) refuseWhenFull(instance);
  if (setup.detail !== null && setup.detail.filter !== setup.detail.base && setup.detail.filter !== null)
    instance.set(join('events', setup.detail.event, 'filter'), setup.detail.filter);
  const tables = setup.count?.();
  if (setup.counting !== null) {
    const second = new TraceInstance(tracefs, process.pid, journal, 'counts');
    switchOn(second, { ...setup.counting, base: setup.counting.filter }, { ...options, stack: false });
    second.set('tracing_on', '1');
  }
  instance.set('tracing_on', '1');
  if (setup.detail !== null) say(`# now single drops are in ${join(instance.path, 'trace_pipe')}`);
  for (const event of new Set(
    [tables?.total.event, tables?.devices?.event].filter((one) => one !== undefined),
  ))
    say(`# now counts are in ${join(instance.path, 'events', event, 'hist')}`);
  say('# this takes everything back:');
  instance.set('tracing_on', '0');
  journal.undo();
  await out.drain(DRAIN_MS);
  return 0;
}

const DRAIN_MS = 5000;
