import type { NetSnapshot } from './net-snapshot.js';
import type { DropPlace, NetWorld } from './net-world.js';
import type { NetworkNamespace } from './netns.js';

/** What every check works on: one namespace, as it was when we began to watch and as it is now. */
export interface CheckSite {
  world: NetWorld;
  netns: NetworkNamespace;
  place: DropPlace;
  /** null where it was not looked into in time. */
  before: NetSnapshot | null;
  after: NetSnapshot | null;
  /** From the one to the other. */
  milliseconds: number;
}
