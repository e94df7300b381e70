import type { DropCatalogue } from '../explain/drop-catalogue.js';
import type { OutputChannel } from '../output/channel.js';
import type { EventSink } from '../output/sink.js';
import { readDropEvent } from '../tracefs/drop-tracing.js';
import { TraceInstance } from '../tracefs/instance.js';
import type { KernelJournal } from '../tracefs/journal.js';
import { dropConditions } from './drops-conditions.js';
import { LiveDrops } from './drops-live.js';
import type { DropsOptions } from './drops-options.js';
import { setUpDrops } from './drops-setup.js';
import { Namespaces } from './namespaces.js';
import type { Tap } from './tap.js';
import { chooseReader } from './trace-reader.js';

const WORLD = { proc: '/proc', sys: '/sys', run: '/run' };

export interface LiveDropsSite {
  tracefs: string;
  journal: KernelJournal;
  options: DropsOptions;
  catalogue: DropCatalogue;
  out: Pick<OutputChannel, 'backlog' | 'closed'>;
  tap: Tap;
  /** Single drops told a second besides counts. */
  samples: number;
  closing: boolean;
  /** @param host inode number of kwho's own network namespace */
  sink: (host: number | null, live: () => LiveDrops) => EventSink;
}

/**
 * Configures the kernel for the drop side; nothing is counted yet.
 * @throws UnavailableError where this kernel does not have what is asked for; UsageError for conditions it cannot know
 */
export function openLiveDrops(site: LiveDropsSite): LiveDrops {
  const { tracefs, journal, options, catalogue, out, tap, samples, closing } = site;
  const facts = readDropEvent(tracefs, WORLD.proc);
  const namespaces = new Namespaces(WORLD);
  const conditions = dropConditions(options.conditions, { ...facts, namespaces: () => namespaces.list() });
  const choice = chooseReader(options.reader, tracefs, WORLD.proc, [KERNEL_TEXT]);
  const instance = new TraceInstance(tracefs, process.pid, journal);
  const parts = { instance, journal, facts, options, conditions };
  const setup = setUpDrops({ ...parts, reader: choice.kind, sys: WORLD.sys });
  const host = namespaces.list().find(({ own }) => own)?.inum ?? null;
  const sink = site.sink(host, () => live);
  const live: LiveDrops = new LiveDrops({
    ...parts,
    world: WORLD,
    namespaces,
    choice,
    setup,
    catalogue,
    sink,
    out,
    tap,
    samples,
    closing,
  });
  return live;
}

/** Stands at the start of the kernel's text in every kernel: where its address is hidden, all are. */
const KERNEL_TEXT = '_stext';
