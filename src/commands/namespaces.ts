import type { ByteString } from '../decode/trace-record.js';
import { NetnsFinder, type NetworkNamespace } from '../host/netns.js';

/** Names of network namespaces, looked up again when one is met that was not there before. */
export class Namespaces {
  readonly #finder: NetnsFinder;
  readonly #known = new Map<number, NetworkNamespace>();
  #looked = Number.NEGATIVE_INFINITY;

  constructor(world: { proc: string; run: string }) {
    this.#finder = new NetnsFinder(world);
  }

  /** Every namespace that is there now, and those that were. */
  list(): NetworkNamespace[] {
    this.#look();
    return [...this.#known.values()];
  }

  get(inum: number): NetworkNamespace | null {
    if (!this.#known.has(inum) && performance.now() - this.#looked > AGAIN_MS) this.#look();
    return this.#known.get(inum) ?? null;
  }

  name(inum: number): ByteString | null {
    return this.get(inum)?.name ?? null;
  }

  /** What is gone keeps the name it had: its drops are told after its end. */
  #look(): void {
    this.#looked = performance.now();
    for (const namespace of this.#finder.look()) this.#known.set(namespace.inum, namespace);
  }
}

const AGAIN_MS = 500;
