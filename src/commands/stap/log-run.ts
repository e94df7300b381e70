import type { KwhoError } from '../../errors.js';
import { wallClock } from '../drops-clock.js';
import type { LogOptions } from '../log-options.js';
import { openLogOutput } from '../log-output.js';
import { Tap } from '../tap.js';
import { checkLogHeader, logModule } from './log-module.js';
import { StapLog } from './log-side.js';
import { type Otherwise, runWithStap } from './run.js';

/**
 * `kwho log` with SystemTap.
 * @param instead why tracefs is not used, where it was to be tried first
 * @param otherwise what is done where SystemTap cannot be used; null: that is an error
 */
export async function runStapLog(
  options: LogOptions,
  instead: KwhoError | null,
  otherwise: Otherwise | null,
): Promise<number> {
  return runWithStap({
    options,
    instead,
    otherwise,
    module: () => logModule(options.stack),
    check: (header) => checkLogHeader(header, options.stack),
    open: (_header, out) => {
      const sink = openLogOutput(out, options, wallClock());
      return new StapLog({ proc: '/proc', options, sink, tap: new Tap('log') });
    },
    begin: (live, run) => live.start(run),
  });
}
