import type { KwhoError } from '../../errors.js';
import { wallClock } from '../drops-clock.js';
import type { LogOptions } from '../log-options.js';
import { openLogOutput } from '../log-output.js';
import { Tap } from '../tap.js';
import { checkLogHeader, logModule } from './log-module.js';
import { StapLog } from './log-side.js';
import { runWithStap } from './run.js';

/** `kwho log` with SystemTap. @param instead why tracefs is not used, where it was to be tried first */
export async function runStapLog(options: LogOptions, instead: KwhoError | null): Promise<number> {
  return runWithStap({
    options,
    instead,
    module: () => logModule(options.stack),
    open: (header, out) => {
      checkLogHeader(header, options.stack);
      const sink = openLogOutput(out, options, wallClock());
      return new StapLog({ proc: '/proc', options, sink, tap: new Tap('log') });
    },
    begin: (live, run) => live.start(run),
  });
}
