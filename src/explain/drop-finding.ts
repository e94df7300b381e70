import type { DropView } from './drop-view.js';

/** What the catalogue has for a reason and a function. */
export interface Finding {
  readonly title: string;
  readonly kernels: string;
  readonly view: DropView;
}

/** Looks up once: verdicts are asked for with every drop, and there are few pairs of reason and function. */
export class FindingCache {
  readonly #find: (reason: string | null, symbol: string | null) => Finding;
  readonly #known = new Map<string | null, Map<string | null, Finding>>();
  #size = 0;

  constructor(find: (reason: string | null, symbol: string | null) => Finding) {
    this.#find = find;
  }

  get(reason: string | null, symbol: string | null): Finding {
    return this.#known.get(reason)?.get(symbol) ?? this.#add(reason, symbol);
  }

  #add(reason: string | null, symbol: string | null): Finding {
    // A recording may name whatever it likes.
    if (this.#size++ >= MOST_KNOWN) {
      this.#known.clear();
      this.#size = 1;
    }
    const finding = this.#find(reason, symbol);
    const ofReason = this.#known.get(reason);
    if (ofReason === undefined) this.#known.set(reason, new Map([[symbol, finding]]));
    else ofReason.set(symbol, finding);
    return finding;
  }
}

const MOST_KNOWN = 4096;
