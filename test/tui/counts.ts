import type { DropCountEvent } from '../../src/model/events.js';
import { seenDrop } from '../model/drops.js';

const { location, reason, dev, ifindex, netns, netnsName } = seenDrop();

/** Drops of an interval of a second; what a test is about is handed in. */
export function countEvent(event: Partial<DropCountEvent> = {}): DropCountEvent {
  const { from = 100 } = event;
  return {
    type: 'drop-count',
    time: from + 1,
    backend: 'hist',
    from,
    to: from + 1,
    key: { location, reason, dev, ifindex, netns, netnsName },
    count: 10,
    verdict: 'suspect',
    ...event,
  };
}

/** The usual key with other fields. */
export function placed(other: Partial<DropCountEvent['key']>): DropCountEvent['key'] {
  return { ...countEvent().key, ...other };
}
