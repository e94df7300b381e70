import type { ByteString } from '../decode/trace-record.js';
import { isStillThere, NetnsFinder, type NetworkNamespace } from '../host/netns.js';

/** Names of network namespaces, looked up again when one is met that is new, or that ended: its number may be another's. */
export class Namespaces {
  readonly #finder: NetnsFinder;
  readonly #known = new Map<number, NetworkNamespace>();
  /** When each was last found to be there. */
  readonly #seen = new Map<number, number>();
  readonly #now: () => number;
  #looked = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(world: { proc: string; run: string }, now: () => number = () => performance.now()) {
    this.#finder = new NetnsFinder(world);
    this.#now = now;
  }

  /** Every namespace that is there now, and those that were. */
  list(): NetworkNamespace[] {
    this.#look();
    return [...this.#known.values()];
  }

  get(inum: number): NetworkNamespace | null {
    if (!this.#isThere(inum) && this.#now() - this.#looked > AGAIN_MS) this.#look();
    return this.#known.get(inum) ?? null;
  }

  name(inum: number): ByteString | null {
    return this.get(inum)?.name ?? null;
  }

  /** Drops come by the thousand: one look at the way in holds for a moment. */
  #isThere(inum: number): boolean {
    const known = this.#known.get(inum);
    if (known === undefined) return false;
    const now = this.#now();
    if (now - (this.#seen.get(inum) ?? Number.NEGATIVE_INFINITY) < HOLDS_MS) return true;
    if (!isStillThere(known)) return false;
    this.#seen.set(inum, now);
    return true;
  }

  /** What is gone keeps the name it had: its drops are told after its end. */
  #look(): void {
    this.#looked = this.#now();
    for (const namespace of this.#finder.look()) this.#known.set(namespace.inum, namespace);
  }
}

const AGAIN_MS = 500;
const HOLDS_MS = 100;
