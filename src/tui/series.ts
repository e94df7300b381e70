import type { DropCountEvent, LogAccessEvent } from '../model/events.js';
import { accessKind } from './access-kind.js';
import type { Horizon } from './horizon.js';
import type { Series } from './shown.js';
import { Steps } from './steps.js';

/** What the charts show, step by step. */
export class SeriesSteps {
  readonly #horizon: Horizon;
  readonly #drops: Record<DropCountEvent['verdict'], Steps>;
  readonly #log: Record<keyof Series['log'], Steps>;

  constructor(horizon: Horizon) {
    this.#horizon = horizon;
    const steps = () => new Steps(horizon.step, KEPT);
    this.#drops = { suspect: steps(), policy: steps(), noise: steps() };
    this.#log = { clears: steps(), steals: steps(), reads: steps(), others: steps() };
  }

  drops({ from, to, count, verdict }: DropCountEvent): void {
    this.#drops[verdict]?.add(from, to, count);
  }

  access(event: LogAccessEvent): void {
    const time = event.time ?? this.#horizon.now;
    this.#log[lineOf(event)].add(time, time, 1);
  }

  picture(): Omit<Series, 'reasons'> {
    const { step, end } = this.#horizon;
    const of = <Name extends string>(lines: Record<Name, Steps>) =>
      Object.fromEntries(
        Object.entries<Steps>(lines).map(([name, steps]) => [name, steps.before(end, SHOWN)]),
      ) as Record<Name, number[]>;
    return { step, end: end * step, drops: of(this.#drops), log: of(this.#log) };
  }
}

const SHOWN = 60;
/** Accesses are told at once, and may be a long interval of drops ahead of what is shown. */
const KEPT = 2 * SHOWN + 4;

function lineOf(event: LogAccessEvent): keyof Series['log'] {
  const kind = accessKind(event);
  if (kind === 'clear') return 'clears';
  if (event.effect === 'steals') return 'steals';
  return event.effect === 'reads' ? 'reads' : 'others';
}
