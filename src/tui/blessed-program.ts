import type { Blessed, BlessedProgram } from './blessed.js';

/** The terminal that the screen is on, as the process has it. */
export interface TerminalStreams {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
  env: Readonly<Record<string, string | undefined>>;
  size: () => { columns: number; rows: number };
}

/**
 * With the terminal descriptions that blessed brings along. The host's may be missing, and some do not compile in
 * blessed, which then prints to the terminal. Without `TMUX`, for which it would run `tmux -V`.
 */
export function openProgram(blessed: Blessed, { input, output, env }: TerminalStreams): BlessedProgram {
  const tmux = process.env.TMUX;
  delete process.env.TMUX;
  try {
    const description = env.TERM === 'linux' ? 'linux' : 'xterm-256color';
    // A path that does not exist: then blessed looks for its last part among its own.
    const program = blessed.program({
      input,
      output,
      terminal: `/bundled/${description}`,
      extended: false,
      forceUnicode: true,
      tput: true,
      buffer: true,
      zero: true,
    });
    const { _resizeHandler: handler } = output as unknown as { _resizeHandler: () => void };
    output.removeListener('resize', handler);
    return program;
  } finally {
    if (tmux !== undefined) process.env.TMUX = tmux;
  }
}

/** blessed ends the process on signals, with status 0, and on errors; that is the run's to decide. */
export function leaveProcessAlone({ Screen, Program }: Blessed): void {
  for (const [event, owner, name] of HANDLERS) {
    const handler = (owner === 'Screen' ? Screen : Program)[name];
    if (typeof handler === 'function') process.removeListener(event, handler as () => void);
  }
}

const HANDLERS = [
  ['uncaughtException', 'Screen', '_exceptionHandler'],
  ['SIGTERM', 'Screen', '_sigtermHandler'],
  ['SIGINT', 'Screen', '_sigintHandler'],
  ['SIGQUIT', 'Screen', '_sigquitHandler'],
  ['exit', 'Screen', '_exitHandler'],
  ['exit', 'Program', '_exitHandler'],
] as const;
