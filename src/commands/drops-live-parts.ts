import type { DropCatalogue } from '../explain/drop-catalogue.js';
import type { DropCondition } from '../model/drop-filter.js';
import type { OutputChannel } from '../output/channel.js';
import type { EventSink } from '../output/sink.js';
import type { DropEventFacts } from '../tracefs/drop-tracing.js';
import type { TraceInstance } from '../tracefs/instance.js';
import type { KernelJournal } from '../tracefs/journal.js';
import type { DropsOptions } from './drops-options.js';
import type { DropsSetup } from './drops-setup.js';
import type { Namespaces } from './namespaces.js';
import type { Tap } from './tap.js';
import type { ReaderChoice } from './trace-reader.js';

/** What the drop side of a run on a live kernel is wired of. */
export interface LiveDropsParts {
  world: { proc: string; sys: string; run: string };
  options: DropsOptions;
  facts: DropEventFacts;
  namespaces: Namespaces;
  conditions: readonly DropCondition[];
  choice: ReaderChoice;
  setup: DropsSetup;
  instance: TraceInstance;
  journal: KernelJournal;
  catalogue: DropCatalogue;
  sink: EventSink;
  /** What takes the output, as far as it may be too slow. */
  out: Pick<OutputChannel, 'backlog' | 'closed'>;
  tap: Tap;
  /** Single drops told a second besides counts. */
  samples: number;
  /** The run is to end with its top suspect, and with the losses that no drop explains. */
  closing: boolean;
}
