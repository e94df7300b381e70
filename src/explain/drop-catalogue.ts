import type { Explanation } from './drop-explanation.js';
import { type Finding, FindingCache } from './drop-finding.js';
import { FunctionList } from './drop-function-list.js';
import { type DroppedPacket, verdictOfKind } from './drop-packet.js';
import { kernelsOf, ReasonList } from './drop-reason-list.js';
import { lookUpDrop } from './drop-search.js';
import type { Verdict } from './drop-verdict.js';
import type { DropView } from './drop-view.js';

export type { Check } from './drop-check.js';
export { explainText, suggestNames } from './drop-explain-text.js';
export type { Explanation } from './drop-explanation.js';

/** Explains drops of `skb:kfree_skb`, of kernels from 5.10 to 7.2. Everything is found in memory, nothing is read. */
export class DropCatalogue {
  readonly #reasons: ReasonList;
  readonly #functions: FunctionList;
  readonly #found = new FindingCache((reason, symbol) =>
    lookUpDrop(this.#reasons, this.#functions, reason, symbol),
  );

  /**
   * @param reasons probes/drop-reasons.json, parsed
   * @param functions probes/drop-functions.json, parsed
   * @throws {Error} naming the entry that is not as it should be
   */
  static of(reasons: unknown, functions: unknown): DropCatalogue {
    const list = new ReasonList(reasons);
    return new DropCatalogue(list, new FunctionList(functions, list));
  }

  private constructor(reasons: ReasonList, functions: FunctionList) {
    this.#reasons = reasons;
    this.#functions = functions;
  }

  /**
   * @param reason without `SKB_DROP_REASON_`, or a number as text; null where the kernel gives none (before 5.17)
   * @param symbol the function that freed the packet, without offset
   * @returns null where neither is known
   */
  explain(reason: string | null, symbol: string | null): Explanation | null {
    if (reason === null && symbol === null) return null;
    return explanation(this.#found.get(reason, symbol));
  }

  /** Never fails: what nobody knows is suspect. */
  verdict(drop: DroppedPacket & { readonly reason: string | null; readonly symbol: string | null }): Verdict {
    const { view } = this.#found.get(drop.reason, drop.symbol);
    return view.packets.length === 0 ? view.verdict : (verdictOfKind(view.packets, drop) ?? view.verdict);
  }

  /** What a user means by a name: a reason in any case, with or without prefix, a reason's number, or a function. */
  lookUp(name: string): Explanation | null {
    const word = name
      .trim()
      .toUpperCase()
      .replace(/^SKB_DROP_REASON_|^_+(?=RX_)/, '');
    const reason = this.#reasons.find(word) ?? this.#reasons.find(`QDISC_DROP_${word}`);
    if (reason !== null) return explanation({ title: reason.name, kernels: kernelsOf(reason), view: reason });
    const symbol = name
      .trim()
      .replace(/(\+0x[\da-f]+(\/0x[\da-f]+)?)?(\(\))?$/i, '')
      .toLowerCase();
    if (this.#functions.exact(symbol) !== null) return this.explain(null, symbol);
    return this.#reasons.numbered(Number(word || 'none')).length > 0
      ? this.explain(word.toLowerCase(), null)
      : null;
  }

  /** Where something else holds than {@link lookUp} tells. @param title as it tells it */
  variants(title: string): { packets: DropView['packets']; elsewhere: [string, DropView][] } {
    const reason = this.#reasons.find(title);
    if (reason !== null) return { packets: reason.packets, elsewhere: this.#places(title) };
    const place = this.#functions.exact(title.replace('()', ''));
    const elsewhere = [...(place?.here ?? [])].map(([name, view]): [string, DropView] => [
      `With ${name}`,
      view,
    ]);
    return { packets: place?.packets ?? [], elsewhere };
  }

  /** Of the core and of subsystems. */
  reasonNames(): string[] {
    return this.#reasons.names();
  }

  /** Without families. */
  functionNames(): string[] {
    return this.#functions.all().map(({ symbol }) => symbol);
  }

  /** The functions where a reason means something else; those that mean the same are told together. */
  #places(reason: string): [string, DropView][] {
    const places = new Map<DropView, string[]>();
    for (const { symbol, here } of this.#functions.all()) {
      const view = here.get(reason);
      if (view !== undefined) places.set(view, [...(places.get(view) ?? []), `${symbol}()`]);
    }
    return [...places].map(([view, symbols]) => [`In ${symbols.join(', ')}`, view]);
  }
}

function explanation({ title, kernels, view }: Finding): Explanation {
  const { what, next, verdict, checks } = view;
  return { title, what, next, verdict, checks, kernels };
}
