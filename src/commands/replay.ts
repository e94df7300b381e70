import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { RecordingError } from '../decode/recording-reader.js';
import { KwhoError, systemCode, UsageError } from '../errors.js';
import { openStandardOutput } from '../output/channel.js';
import { type Command, type OptionValues, parseOptions } from './command.js';
import { drops, dropsOptions } from './drops.js';
import { ForeignPlayback } from './foreign-playback.js';
import { log, logOptions } from './log.js';
import { openPlayer } from './open-player.js';
import { PipeInput } from './pipe-input.js';
import { play } from './replay-play.js';
import { textParts, type Wanted } from './replay-text.js';
import { hasTerminal, SCREEN_OPTIONS } from './screen-options.js';
import { Stop } from './stop.js';

export const replay: Command = {
  name: 'replay',
  summary: 'what a recording holds, also one of others: on the screen or as text; needs no root',
  argument: 'FILE',
  rest: '[log|drops [OPTIONS]]',
  options: {
    speed: {
      value: 'N',
      parse: parseSpeed,
      help: 'times as fast as it happened: 1 (default on the screen), 10, 0.5',
    },
    'at-once': { help: 'as fast as this machine can (default for text)' },
    text: { help: 'text, also on a terminal' },
    ...SCREEN_OPTIONS,
    json: { short: 'j', help: 'one JSON object a line; kwho schema describes them' },
  },
  examples: [
    { line: 'kwho replay incident.kwho', what: 'on the screen, as fast as it happened' },
    { line: 'kwho replay incident.kwho drops --events --port 53', what: 'single drops of one port, at once' },
    {
      line: 'kwho replay --json incident.kwho log --action CLEAR',
      what: 'who cleared the log, for a program',
    },
    {
      line: 'trace-cmd report | kwho replay -',
      what: 'what others recorded: trace-cmd, perf script, trace_pipe',
    },
  ],
  run: (values) => runReplay(values),
};

async function runReplay(values: OptionValues): Promise<number> {
  const { FILE: file } = values;
  if (typeof file !== 'string' || file === '')
    throw new UsageError('kwho replay needs a file: kwho replay FILE', 'kwho record FILE makes one');
  const wanted = wantedOf(values);
  const out = openStandardOutput();
  const fd = openFile(file);
  let stop: Stop | null = null;
  try {
    let input: PipeInput | null = null;
    const player = openPlayer((into) => readFrom(input, fd, into, file), file);
    stop = new Stop();
    if (file === '-' && player instanceof ForeignPlayback && !fstatSync(fd).isFile())
      input = new PipeInput(process.stdin);
    const onScreen =
      wanted.side === null && !wanted.json && values.text !== true && file !== '-' && hasTerminal();
    if (onScreen) {
      const { playOnScreen } = await import('./replay-screen.js');
      await playOnScreen(player, {
        file,
        values,
        stop,
        speed: values['at-once'] === true ? null : (wanted.speed ?? 1),
      });
    } else {
      player.play(textParts(wanted, player, out));
      await play(player, { speed: wanted.speed, out, stop, input });
      if (stop.reached) player.stop();
    }
    return stop.status;
  } catch (error) {
    if (error instanceof RecordingError) throw named(file, error);
    throw error;
  } finally {
    if (fd !== STANDARD_INPUT) closeSync(fd);
    // A pager may stand still for as long as somebody reads; no kernel waits for us.
    while (stop?.reached === false && out.backlog > 0 && !out.closed) await stop.wait(RETRY_MS);
    await out.drain(DRAIN_MS);
  }
}

const STANDARD_INPUT = 0;
const DRAIN_MS = 500;

function openFile(file: string): number {
  if (file === '-') return STANDARD_INPUT;
  try {
    return openSync(file, 'r');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): KwhoError {
  return new KwhoError(`${file} cannot be read (${systemCode(cause)})`, {
    code: 'replay-open',
    hint: 'name a file that kwho record has made',
    cause,
  });
}

function readFrom(input: PipeInput | null, fd: number, into: Uint8Array, file: string): number {
  if (input === null) return readNext(fd, into, file);
  try {
    return input.read(into);
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** A pipe may have been made not to block by whoever else has it open. */
function readNext(fd: number, into: Uint8Array, file: string): number {
  for (;;) {
    try {
      return readSync(fd, into, 0, into.length, null);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN' && code !== 'EINTR') throw unreadable(file, error);
      Atomics.wait(NEVER, 0, 0, RETRY_MS);
    }
  }
}

const NEVER = new Int32Array(new SharedArrayBuffer(4));
const RETRY_MS = 10;

function named(file: string, { message, code, hint, cause }: KwhoError): KwhoError {
  const name = file === '-' ? 'standard input' : file;
  return new KwhoError(`${name}: ${message}`, { code, hint, cause });
}

/** @throws UsageError for what only a live kernel can do */
function wantedOf(values: OptionValues): Wanted {
  const [name, ...rest] = (values.rest as string[] | undefined) ?? [];
  const command = [log, drops].find((known) => known.name === name);
  if (name !== undefined && command === undefined)
    throw new UsageError(`a recording can be replayed as log or as drops, and '${name}' came`);
  const own = command === undefined ? {} : parseOptions(command, rest);
  const live = LIVE_ONLY.find((option) => option in own);
  if (live !== undefined) throw new UsageError(`--${live} is for a live kernel, not for a recording`);
  return {
    side: command === undefined ? null : command === log ? 'log' : 'drops',
    log: logOptions(command === log ? own : {}),
    drops: dropsOptions(command === drops ? own : {}),
    by: 'by' in own,
    json: values.json === true || own.json === true,
    speed: values['at-once'] === true ? null : ((values.speed as number | undefined) ?? null),
  };
}

const LIVE_ONLY = [
  'recover',
  'explain',
  'for',
  'buffer',
  'reader',
  'backend',
  'interval',
  'ready-file',
  'dry-run',
];

function parseSpeed(text: string, option: string): number {
  const speed = Number(text.replace(/x$/, ''));
  if (speed >= 0.01 && speed <= 10_000) return speed;
  throw new UsageError(`${option} wants a number from 0.01 to 10000, and '${text}' came`);
}
