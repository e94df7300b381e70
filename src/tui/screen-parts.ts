import type { Explanation } from '../explain/drop-catalogue.js';
import type { TerminalStreams } from './blessed-program.js';
import type { Colors } from './palette.js';
import type { ScreenModel } from './screen-model.js';
import type { ScreenActions, ScreenHost } from './shown.js';

/** Everything that a screen needs of the world. */
export interface ScreenParts {
  model: ScreenModel;
  actions: ScreenActions;
  host: ScreenHost;
  explain: (reason: string | null, symbol: string | null) => Explanation | null;
  terminal: TerminalStreams;
  /** @param intervalMs over which drops are counted at first */
  options: { ascii: boolean; color: Colors; intervalMs: number };
  /** Milliseconds of a steady clock. */
  now: () => number;
  /** Asks the run to end. */
  quit: () => void;
  /** The terminal is gone: nobody sees anything any more, and no key will come. */
  hangUp: () => void;
  /** Stops the process until it is continued; the terminal is given back by then. */
  stop: () => void;
}
