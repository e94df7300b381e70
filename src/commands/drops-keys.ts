import { emptyFlow, type Flow } from '../decode/packet-flow.js';
import type { DropField } from '../model/drop-by.js';
import type { SeenDrop } from '../model/drop-record.js';
import type { DropKey } from '../model/events.js';

export type KeyOf = (drop: SeenDrop, stack: readonly string[] | null) => DropKey;

/** Where a drop happened and to whose packet. */
export const placeKey: KeyOf = ({ location, reason, dev, ifindex, netns, netnsName }) => ({
  location,
  reason,
  dev,
  ifindex,
  netns,
  netnsName,
});

/** What single drops are counted by besides, where rows are not by place; null where they are. */
export function otherKey(by: readonly DropField[]): KeyOf | null {
  if (by.includes('flow')) return ({ flow }) => ({ flow: flow === null ? null : endsOf(flow) });
  if (by.includes('comm')) return ({ comm }) => ({ comm });
  if (by.includes('stack')) return (_, stack) => ({ stack: stack ?? [] });
  if (by.includes('proto')) return ({ location, reason, protocol }) => ({ location, reason, protocol });
  return null;
}

/** What tells one conversation from another: packets of it differ in their flags, time to live and fragments. */
function endsOf({ family, proto, src, dst, sport, dport }: Flow): Flow {
  return { ...emptyFlow(family), proto, src, dst, sport, dport };
}
