import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KwhoError, systemCode } from '../errors.js';
import type { DropCatalogue } from '../explain/drop-catalogue.js';
import { Screen } from '../tui/screen.js';
import type { ScreenModel } from '../tui/screen-model.js';
import type { ScreenActions, ScreenHost } from '../tui/shown.js';
import type { OptionValues } from './command.js';
import { dieIfHungUp } from './hang-up.js';
import type { Stop } from './stop.js';

export interface ScreenRunParts {
  model: ScreenModel;
  actions: Omit<ScreenActions, 'save'>;
  host: ScreenHost;
  catalogue: DropCatalogue;
  values: OptionValues;
  intervalMs: number;
  stop: Stop;
}

/**
 * Opens the screen of a run. It is closed by its owner, and on every other way out of the process: after an exception
 * that nobody caught the terminal has to be whole again before the exception is printed.
 */
export function openScreen(parts: ScreenRunParts): Screen {
  const { model, actions, host, catalogue, values, intervalMs, stop } = parts;
  const { stdin: input, stdout: output, env } = process;
  const screen = new Screen({
    model,
    actions: { ...actions, save },
    host,
    explain: (reason, symbol) => catalogue.explain(reason, symbol),
    terminal: { input, output, env, size: () => ({ columns: output.columns, rows: output.rows }) },
    options: { ascii: values.ascii === true, color: colorsOf(values, env), intervalMs },
    now: () => performance.now(),
    quit: () => stop.end(),
    hangUp: () => stop.end('SIGHUP'),
    // The whole job stops, as a shell expects; our own part of it in the handler below.
    stop: () => process.kill(0, 'SIGTSTP'),
  });
  stopOnRequest(screen);
  process.on('SIGCONT', () => screen.resume());
  process.on('uncaughtExceptionMonitor', () => screen.close());
  process.on('exit', () => {
    screen.close();
    dieIfHungUp();
  });
  screen.open();
  return screen;
}

/**
 * Ctrl-Z, and a SIGTSTP from elsewhere. The kernel itself is to stop us: it does not where no shell could ever
 * continue us (an orphaned process group: `ssh -t host kwho`, the command of a container), and then we go on.
 */
function stopOnRequest(screen: Screen): void {
  process.once('SIGTSTP', () => {
    screen.suspend();
    process.kill(process.pid, 'SIGTSTP');
    // Here we are continued, or were never stopped.
    stopOnRequest(screen);
    screen.resume();
  });
}

function colorsOf(
  { color }: OptionValues,
  env: Readonly<Record<string, string | undefined>>,
): 'none' | '16' | '256' {
  if (color === 'none' || color === '16' || color === '256') return color;
  if ((env.NO_COLOR ?? '') !== '') return 'none';
  return /256|truecolor|24bit/.test(`${env.TERM} ${env.COLORTERM}`) ? '256' : '16';
}

/** Neither over a file nor through a link: kwho runs as root, in folders that others may write to. */
function save(name: string, text: string): string {
  const path = join(process.cwd(), name);
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new KwhoError(`${path} cannot be written (${systemCode(cause)})`, { code: 'export', cause });
  }
  return path;
}

/** Share of a CPU that this process has used since the last call, and its resident bytes. */
export function ownCost(): () => { cpu: number; memory: number } {
  let [used, at] = [process.cpuUsage(), performance.now()];
  return () => {
    const [{ user, system }, now] = [process.cpuUsage(used), performance.now()];
    const cpu = (user + system) / 1000 / Math.max(1, now - at);
    [used, at] = [process.cpuUsage(), now];
    return { cpu, memory: process.memoryUsage.rss() };
  };
}
