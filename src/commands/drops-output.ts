import type { DropCatalogue } from '../explain/drop-catalogue.js';
import type { OutputChannel } from '../output/channel.js';
import { DropTextSink } from '../output/drop-text.js';
import { NdjsonSink } from '../output/ndjson.js';
import { wantsColor } from '../output/paint.js';
import type { EventSink } from '../output/sink.js';
import type { DropInvestigation } from './drops-investigation.js';

/** Where a run's events go: lines of JSON, or tables and sentences for whoever sits in front of them. */
export function openDropOutput(
  out: OutputChannel,
  json: boolean,
  known: {
    catalogue: DropCatalogue;
    /** The network namespace that is called host; null where it is not known. */
    host: number | null;
    /** Wall-clock milliseconds of a kernel time in seconds. */
    wall: (time: number) => number;
    progress: () => Pick<DropInvestigation, 'counted' | 'detailed'>;
  },
): EventSink {
  if (json) return new NdjsonSink(out);
  const { catalogue, host, wall, progress } = known;
  return new DropTextSink(out, {
    color: wantsColor(process.stdout.isTTY === true, process.env),
    columns: () => (process.stdout.isTTY === true ? process.stdout.columns : null),
    wall,
    explain: (reason, symbol) => catalogue.explain(reason, symbol),
    host,
    progress,
  });
}
