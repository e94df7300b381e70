import type { EventFormat } from './event-format.js';

/**
 * The drop reasons of one kernel: their numbers change from build to build, so they are taken from the print format of
 * its own `skb:kfree_skb` (include/trace/events/skb.h, include/net/dropreason-core.h).
 */
export class DropReasons {
  readonly #names = new Map<number, string>();

  /** @param format null on a kernel whose event has no reason (before 5.17) */
  constructor(format: EventFormat | null) {
    const text = format?.printFormat ?? '';
    const from = text.indexOf('REC->reason,');
    if (from < 0) return;
    for (const [, number, name] of text.slice(from).matchAll(/\{ ?(0x[0-9a-f]+|\d+), "([A-Z0-9_]+)" \}/gi)) {
      this.#names.set(Number(number), name!);
    }
  }

  /** @param values of `enum skb_drop_reason`, which has marks of its own beside the reasons */
  static ofEnum(values: ReadonlyMap<string, bigint>): DropReasons {
    const reasons = new DropReasons(null);
    for (const [name, number] of values) {
      const reason = /^SKB_DROP_REASON_(?!MAX$|SUBSYS_MASK$)(\w+)$/.exec(name)?.[1];
      if (reason !== undefined) reasons.#names.set(Number(number), reason);
    }
    return reasons;
  }

  /** The name without `SKB_DROP_REASON_`; a reason of a module (mac80211, openvswitch) stays a number. */
  name(reason: number): string {
    return this.#names.get(reason) ?? String(reason >>> 0);
  }

  /** The number of a name, in whatever case, or of a number; null where this kernel has no such reason. */
  number(name: string): number | null {
    if (/^\d+$/.test(name)) return Number(name) <= 0xffff_ffff ? Number(name) : null;
    const wanted = name.toUpperCase().replace(/^SKB_DROP_REASON_/, '');
    for (const [number, known] of this.#names) if (known === wanted) return number;
    return null;
  }

  get names(): string[] {
    return [...this.#names.values()];
  }
}
