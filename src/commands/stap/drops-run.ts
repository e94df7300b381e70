import type { KwhoError } from '../../errors.js';
import { openCatalogue } from '../catalogue.js';
import { wallClock } from '../drops-clock.js';
import { dropConditions } from '../drops-conditions.js';
import type { DropsOptions } from '../drops-options.js';
import { openDropOutput } from '../drops-output.js';
import { Namespaces } from '../namespaces.js';
import { Tap } from '../tap.js';
import { readReasons } from './drops-facts.js';
import { checkDropsHeader, dropsModule, wantsEvents } from './drops-module.js';
import { StapDrops } from './drops-side.js';
import { type Otherwise, runWithStap } from './run.js';

/**
 * `kwho drops` with SystemTap.
 * @param instead why tracefs is not used, where it was to be tried first
 * @param otherwise what is done where SystemTap cannot be used; null: that is an error
 */
export async function runStapDrops(
  options: DropsOptions,
  instead: KwhoError | null,
  otherwise: Otherwise | null,
): Promise<number> {
  const catalogue = openCatalogue();
  const reasons = readReasons(WORLD.proc, WORLD.sys);
  const namespaces = new Namespaces(WORLD);
  const conditions = dropConditions(options.conditions, {
    reasons,
    hasReason: reasons.names.length > 0,
    namespaces: () => namespaces.list(),
  });
  const events = wantsEvents(options, conditions);
  const host = namespaces.list().find(({ own }) => own)?.inum ?? null;
  return runWithStap({
    options,
    instead,
    otherwise,
    module: () => dropsModule(events, options.stack),
    check: (header) => checkDropsHeader(header, events, options.stack),
    open: (header, out) => {
      const sink = openDropOutput(out, options.json, {
        ...{ catalogue, host, wall: wallClock() },
        progress: () => live.investigation,
      });
      const parts = { world: WORLD, options, reasons, namespaces, conditions, catalogue, sink };
      const live: StapDrops = new StapDrops({ ...parts, tap: new Tap('drops'), header });
      return live;
    },
    begin: (live, run) => live.start(run),
  });
}

const WORLD = { proc: '/proc', sys: '/sys', run: '/run' };
