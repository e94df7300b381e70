import type { DropCatalogue } from '../explain/drop-catalogue.js';
import type { OutputChannel } from '../output/channel.js';
import type { EventSink } from '../output/sink.js';
import type { OptionValues } from './command.js';
import type { LiveDrops } from './drops-live.js';
import type { DropsOptions } from './drops-options.js';
import type { LiveSides } from './live-sides.js';
import type { Stop } from './stop.js';

/** Where a run of both sides is shown. */
export interface Output extends Pick<OutputChannel, 'backlog' | 'closed' | 'drain'> {
  sinks: {
    log: () => EventSink;
    drops: (host: number | null, live: () => LiveDrops) => EventSink;
  };
  /** Single drops wanted a second besides counts. */
  samples: number;
  /** Everything is live. */
  begin(sides: LiveSides): void;
  /** After every round of reading. */
  step(): void;
  /** Watching is over. Safe to call twice. */
  leave(): void;
}

/** What an output is made of. */
export interface OutputParts {
  catalogue: DropCatalogue;
  values: OptionValues;
  drops: DropsOptions;
  stop: Stop;
}
