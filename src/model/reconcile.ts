import type { ByteString } from '../decode/trace-record.js';
import { deviceLosses } from './reconcile-devices.js';
import type { CountedLoss, CounterRise, SeenDrops } from './reconcile-loss.js';
import { LOSS_RULES } from './reconcile-rules.js';

export interface Reconciliation {
  /** Counters that rose no more than the drops that were seen explain. */
  explained: { netns: number; name: ByteString; count: number }[];
  /** Losses that no drop that was seen explains; the largest first. */
  unexplained: CountedLoss[];
}

/**
 * Which losses the kernel's counters show that no drop explains. A drop explains one packet of each counter that it
 * makes rise, in its own namespace first; where it is not known whose it was, anywhere.
 *
 * The counters are to be read the first time after the drops began to be seen, and the last time before they end.
 * @param input.lost drops of which nothing is known but that they happened: they explain whatever is left
 */
export function reconcile(input: {
  drops: readonly SeenDrops[];
  counters: readonly CounterRise[];
  lost?: number;
}): Reconciliation {
  const result: Reconciliation = { explained: [], unexplained: [] };
  const { drops, counters, lost = 0 } = input;
  for (const rule of LOSS_RULES) {
    const losses = counters.flatMap(({ netns, counters: rise }) => {
      const own =
        (rise.get(rule.counter) ?? 0) - sum((rule.without ?? []).map((name) => rise.get(name) ?? 0));
      const { counter: name, what, next } = rule;
      return own > 0 ? [{ netns, name, count: own, what, next }] : [];
    });
    explain(losses, drops.filter(rule.isDrop), rule.silent === true ? 0 : lost, rule.host === true, result);
  }
  for (const loss of counters.flatMap((rise) => deviceLosses(rise, drops, lost))) {
    if (loss.unexplained > 0) result.unexplained.push({ ...loss.told, count: loss.unexplained });
    else result.explained.push({ netns: loss.told.netns, name: loss.told.name, count: loss.told.count });
  }
  result.unexplained.sort((a, b) => b.count - a.count);
  return result;
}

/** Takes the drops away from the losses of each namespace, then what is left of the drops from what is left. */
function explain(
  losses: readonly CountedLoss[],
  drops: readonly SeenDrops[],
  lost: number,
  everywhere: boolean,
  result: Reconciliation,
): void {
  const within = (netns: number) =>
    sum(drops.filter((drop) => drop.netns === netns).map(({ count }) => count));
  const left = losses.map((loss) => Math.max(0, loss.count - (everywhere ? 0 : within(loss.netns))));
  const used = sum(losses.map(({ count }, i) => count - (left[i] as number)));
  // A packet on its way from one namespace to another may be counted in either.
  let spare = sum(drops.map(({ count }) => count)) - used + lost;
  for (const [i, { netns, name, count, what, next }] of losses.entries()) {
    const missing = left[i] as number;
    const explained = Math.min(spare, missing);
    spare -= explained;
    if (missing > explained) result.unexplained.push({ netns, name, count: missing - explained, what, next });
    else result.explained.push({ netns, name, count });
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
