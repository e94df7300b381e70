import { locateTracefs } from '../host/tracefs-mount.js';
import { openStandardOutput } from '../output/channel.js';
import { readDropEvent } from '../tracefs/drop-tracing.js';
import { TraceInstance } from '../tracefs/instance.js';
import { KernelJournal } from '../tracefs/journal.js';
import { kernelMedium } from '../tracefs/medium.js';
import { dropConditions } from './drops-conditions.js';
import { LiveDrops } from './drops-live.js';
import type { DropsOptions } from './drops-options.js';
import { setUpDrops } from './drops-setup.js';
import { Namespaces } from './namespaces.js';
import { removeOrphans } from './orphans.js';
import { ReadyFile } from './ready-file.js';
import { Stop } from './stop.js';
import { chooseReader } from './trace-reader.js';
import { undoOnExit } from './undo-on-exit.js';

const WORLD = { proc: '/proc', sys: '/sys', run: '/run' };

/** `kwho drops` on this host's kernel, until it is told to stop. Returns the exit status. */
export async function runDrops(options: DropsOptions): Promise<number> {
  const out = openStandardOutput();
  const readyFile = new ReadyFile(options.readyFile);
  const tracefs = locateTracefs(WORLD.proc);
  const removed = removeOrphans(tracefs, WORLD.proc);
  const facts = readDropEvent(tracefs);
  const namespaces = new Namespaces(WORLD);
  const conditions = dropConditions(options.conditions, { ...facts, namespaces: () => namespaces.list() });
  const choice = chooseReader(options.reader, tracefs, WORLD.proc, [KERNEL_TEXT]);
  const stop = new Stop();
  const journal = new KernelJournal(kernelMedium);
  const restore = undoOnExit(journal);
  try {
    const instance = new TraceInstance(tracefs, process.pid, journal);
    const site = { instance, journal, facts, options, conditions, reader: choice.kind, sys: WORLD.sys };
    const setup = setUpDrops(site);
    const live = new LiveDrops({
      world: WORLD,
      options,
      facts,
      namespaces,
      conditions,
      choice,
      setup,
      instance,
      journal,
      out,
    });
    for (const text of removed) live.investigation.notice('orphan', 'warning', text);
    await live.start();
    readyFile.announce();
    stop.after(options.forMs);
    await live.watch(stop);
    await live.finish();
  } finally {
    restore();
    await out.drain(stop.signal === null ? DRAIN_MS : DRAIN_AFTER_SIGNAL_MS);
  }
  return stop.status;
}

/** Stands at the start of the kernel's text in every kernel: where its address is hidden, all are. */
const KERNEL_TEXT = '_stext';
const DRAIN_MS = 5000;
const DRAIN_AFTER_SIGNAL_MS = 500;
