import { UsageError } from '../errors.js';
import type { OptionSpec, OptionValues } from './command.js';
import type { DropsOptions } from './drops-options.js';
import type { SideName } from './live-sides.js';
import type { LogOptions } from './log-options.js';
import { parseChoice, parseDuration, parseSize } from './option-values.js';

/** The options that every run of both sides has. */
export const BOTH_SIDES: Readonly<Record<string, OptionSpec>> = {
  only: {
    value: 'SIDE',
    parse: parseChoice(['log', 'drops']),
    help: 'only the kernel log, or only dropped packets',
  },
  stack: { short: 's', help: 'the kernel path of each access and of each drop' },
  interval: {
    short: 'i',
    value: 'TIME',
    parse: parseDuration,
    help: 'how often drops are counted up: 1s, 500ms, 5s',
  },
  for: { value: 'TIME', parse: parseDuration, help: 'end after this long: 500ms, 10s, 2m, 1h' },
  backend: {
    value: 'KIND',
    parse: parseChoice(['auto', 'hist', 'fields', 'event']),
    help: 'of the drops: auto (default), hist, fields or event',
  },
  buffer: {
    value: 'SIZE',
    parse: parseSize,
    help: 'ring buffer per CPU: 512K, 4M (else 128K for samples of drops, 1408K for the rest)',
  },
  reader: {
    value: 'KIND',
    parse: parseChoice(['auto', 'pages', 'text']),
    help: 'auto (default), pages (binary, cannot be forged) or text (trace_pipe)',
  },
  'ready-file': { value: 'FILE', help: 'create this file once the sources are live' },
};

export function sidesOf(values: OptionValues): readonly SideName[] {
  return values.only === undefined ? ['log', 'drops'] : [values.only as SideName];
}

export function logOptionsOf(values: OptionValues): LogOptions {
  return {
    json: values.json === true,
    all: false,
    stack: values.stack === true,
    actions: [],
    doors: [],
    comms: [],
    pids: [],
    backend: 'ftrace',
    module: null,
    forMs: (values.for as number | undefined) ?? null,
    maxEvents: null,
    bufferKib: (values.buffer as number | undefined) ?? null,
    reader: (values.reader as LogOptions['reader'] | undefined) ?? 'auto',
    readyFile: (values['ready-file'] as string | undefined) ?? null,
  };
}

/** @param intervalMs where the command line tells none */
export function dropsOptionsOf(values: OptionValues, intervalMs: number): DropsOptions {
  const { json, stack, forMs, maxEvents, bufferKib, reader, readyFile } = logOptionsOf(values);
  return {
    json,
    events: false,
    stack,
    by: ['location', 'reason', 'dev', 'netns'],
    conditions: [],
    backend: (values.backend as DropsOptions['backend'] | undefined) ?? 'auto',
    module: null,
    intervalMs: (values.interval as number | undefined) ?? intervalMs,
    forMs,
    maxEvents,
    bufferKib,
    reader,
    readyFile,
  };
}

/** @throws UsageError where the argument is missing */
export function fileOf(values: OptionValues, command: string): string {
  const { FILE } = values;
  if (typeof FILE === 'string' && FILE !== '') return FILE;
  throw new UsageError(`kwho ${command} needs a file: kwho ${command} FILE`, `see kwho ${command} --help`);
}
