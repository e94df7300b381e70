import type { ByteString } from '../decode/trace-record.js';
import { grouped } from '../grouped.js';
import type { CommandResult } from './command.js';
import { jsonObjects, numberAt, objectAt, textAt } from './net-json.js';
import { whySilent } from './net-rules.js';
import type { NetWorld } from './net-world.js';
import type { NetworkNamespace } from './netns.js';
import { runInside } from './netns-reach.js';

/** One queue discipline, with what it has counted since it was made. */
export interface Qdisc {
  dev: ByteString;
  kind: ByteString;
  /** `8001: root`, `0: parent :1`: where it stands. */
  place: ByteString;
  drops: number;
  overlimits: number;
  /** Packets that wait in it now. */
  waiting: number;
  /** What bounds it, in words; empty where it has no such option. */
  bounds: string;
}

export interface QdiscList {
  /** Milliseconds on the world's clock, when the answer was there. */
  at: number;
  qdiscs: Qdisc[];
  /** Why there is none. */
  silent: string | null;
}

export async function readQdiscs(world: NetWorld, netns: NetworkNamespace): Promise<QdiscList> {
  const result = await runInside(world, netns, 'tc', ['-j', '-s', 'qdisc', 'show']);
  const qdiscs = parseQdiscs(result);
  const at = world.now();
  return qdiscs === null
    ? { at, qdiscs: [], silent: `tc ${whySilent(result)}` }
    : { at, qdiscs, silent: null };
}

/** Reads `tc -j -s qdisc show`; null where it printed no list. */
export function parseQdiscs(result: CommandResult): Qdisc[] | null {
  const objects = jsonObjects(result);
  if (objects === null) return null;
  return objects.flatMap((object) => {
    const dev = textAt(object, 'dev');
    const kind = textAt(object, 'kind');
    if (dev === null || kind === null) return [];
    const parent = textAt(object, 'parent');
    return {
      dev,
      kind,
      place: `${textAt(object, 'handle') ?? ''} ${parent === null ? 'root' : `parent ${parent}`}`.trim(),
      drops: numberAt(object, 'drops') ?? 0,
      overlimits: numberAt(object, 'overlimits') ?? 0,
      waiting: numberAt(object, 'qlen') ?? 0,
      bounds: boundsOf(objectAt(object, 'options')),
    };
  });
}

function boundsOf(options: { readonly [name: string]: unknown }): string {
  const limit = numberAt(options, 'limit');
  const rate = numberAt(options, 'rate');
  const loss = numberAt(objectAt(options, 'loss-random'), 'loss');
  return [
    limit === null ? '' : `limit ${grouped(limit)}`,
    // tc's JSON has bytes a second where its text has bits.
    rate === null ? '' : `rate ${grouped(rate * 8)} bit/s`,
    loss === null || loss === 0 ? '' : `told to lose ${Number((loss * 100).toFixed(2))} %`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}
