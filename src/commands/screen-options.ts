import type { OptionSpec } from './command.js';
import { parseChoice } from './option-values.js';

/** How the screen looks, as the command line tells it. */
export const SCREEN_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  ascii: { help: 'no line drawing and no blocks on the screen' },
  color: {
    value: 'N',
    parse: parseChoice(['auto', 'none', '16', '256']),
    help: 'auto (default), none, 16 or 256 colours',
  },
};

/** Whether there is somebody who sees a screen and can press keys. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && process.env.TERM !== 'dumb';
}
