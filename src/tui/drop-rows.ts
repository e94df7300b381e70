import type { Flow } from '../decode/packet.js';
import { placeOf, rowId } from '../model/drop-table.js';
import type { DropCountEvent, DropEvent, DropKey } from '../model/events.js';
import { type Counted, DropTally, graver } from './drop-tally.js';
import type { Horizon } from './horizon.js';

/** What is counted: every drop by its place, the drops seen one by one by what a count cannot know. */
export type Source = 'place' | 'flow' | 'comm';

export class DropRows {
  readonly #horizon: Horizon;
  readonly #tallies: Readonly<Record<Source, DropTally>>;
  /** Every drop that was counted. */
  counted = 0;

  constructor(horizon: Horizon) {
    this.#horizon = horizon;
    this.#tallies = {
      place: new DropTally(horizon, { id: rowId(NO_PLACE), key: NO_PLACE }, MOST_PLACES),
      flow: new DropTally(horizon, { id: flowId(null), key: { flow: null } }, MOST_SEEN),
      comm: new DropTally(horizon, { id: commId(null), key: { comm: null } }, MOST_SEEN),
    };
  }

  count({ key, from, to, count, verdict }: DropCountEvent): void {
    if (count === 0) return;
    this.counted += count;
    // A row of which a single drop has been seen since is judged anew.
    this.#tallies.place.add(
      rowId(key),
      () => key,
      { from, to, count },
      () => verdict,
    );
  }

  see(drop: DropEvent): void {
    const at = drop.time ?? this.#horizon.now;
    const one = { from: at, to: at, count: 1 };
    for (const source of ['flow', 'comm'] as const) {
      this.#tallies[source].add(
        sourceId(drop, source),
        () => keyOfDrop(drop, source),
        one,
        (known) => graver(known, drop.verdict),
      );
    }
  }

  /** Every drop by its place, without its course. */
  totals(): ReturnType<DropTally['totals']> {
    return this.#tallies.place.totals();
  }

  rows(source: Source): Counted[] {
    return this.#tallies[source].rows();
  }
}

const NO_PLACE: DropKey = {
  location: { symbol: null, offset: null, module: null, address: null },
  reason: null,
  dev: null,
  ifindex: null,
  netns: null,
  netnsName: null,
};

/** Names of interfaces, namespaces, addresses and ports are not ours to choose. */
const MOST_PLACES = 4096;
const MOST_SEEN = 1024;

function flowId(flow: Flow | null): string {
  if (flow === null) return '';
  const { family, proto, src, dst, sport, dport } = flow;
  return `${family} ${proto} ${src} ${sport} ${dst} ${dport}`;
}

/** An empty name is one too. */
function commId(comm: DropEvent['comm']): string {
  return comm === null ? '' : `/${comm}`;
}

/** What tells one conversation from another: packets of it differ in their flags, time to live and fragments. */
function endsOf({ family, proto, src, dst, sport, dport }: Flow): Flow {
  return { family, proto, src, dst, sport, dport, flags: null, ttl: null };
}

/** The row that a single drop belongs to: its id, and its key. */
export function sourceId(drop: DropEvent, source: Source): string {
  if (source === 'flow') return flowId(drop.flow);
  if (source === 'comm') return commId(drop.comm);
  return rowId(placeOf(drop));
}

export function keyOfDrop(drop: DropEvent, source: Source): DropKey {
  if (source === 'flow') return { flow: drop.flow === null ? null : endsOf(drop.flow) };
  if (source === 'comm') return { comm: drop.comm };
  const { location, reason, dev, ifindex, netns, netnsName } = drop;
  return { location, reason, dev, ifindex, netns, netnsName };
}
