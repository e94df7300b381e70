import type { DoorName } from '../decode/log-doors.js';
import { UsageError } from '../errors.js';
import { SYSLOG_ACTIONS } from '../model/log-access.js';
import type { Command, OptionValues } from './command.js';
import { dryRunLog } from './log-dry-run.js';
import type { LogOptions } from './log-options.js';
import { runLog } from './log-run.js';
import { parseChoice, parseCount, parseDuration, parseSize } from './option-values.js';
import { recoverLog } from './recover.js';
import { MODULE, stapChoice } from './stap/option.js';

const DOORS: readonly DoorName[] = ['syslog', '/proc/kmsg', '/dev/kmsg', 'kernel'];
const FILE_ACTIONS = ['open', 'read', 'write', 'seek', 'close'];

export const log: Command = {
  name: 'log',
  summary: 'who reads, steals or clears the kernel log, live',
  options: {
    all: {
      short: 'a',
      help: 'every access on a line of its own; plain reads are otherwise folded per process',
    },
    action: {
      value: 'ACTION',
      multiple: true,
      parse: parseAction,
      help: 'only this action of syslog(2) (CLEAR, READ_ALL, …, a number) or open, read, write, seek, close',
    },
    door: {
      value: 'DOOR',
      multiple: true,
      parse: parseChoice(DOORS),
      help: `only this door: ${DOORS.join(', ')}`,
    },
    comm: {
      value: 'NAME',
      multiple: true,
      parse: toBytes,
      help: 'only processes or threads of this name',
    },
    pid: {
      value: 'PID',
      multiple: true,
      parse: parseCount,
      help: 'only this process or thread',
    },
    stack: { short: 's', help: 'the kernel path of each access' },
    recover: { help: 'print the records that a clear has hidden, and end' },
    for: {
      value: 'TIME',
      parse: parseDuration,
      help: 'end after this long: 500ms, 10s, 2m, 1h',
    },
    'max-events': {
      value: 'N',
      parse: parseCount,
      help: 'end after this many accesses',
    },
    buffer: {
      value: 'SIZE',
      parse: parseSize,
      help: 'ring buffer per CPU: 512K, 4M (kernel default: 1408K)',
    },
    backend: {
      value: 'KIND',
      parse: parseChoice(['auto', 'ftrace', 'stap']),
      help: 'auto (default): ftrace, and SystemTap only where tracefs is closed; ftrace or stap alone',
    },
    module: MODULE,
    reader: {
      value: 'KIND',
      parse: parseChoice(['auto', 'pages', 'text']),
      help: 'auto (default), pages (binary, cannot be forged) or text (trace_pipe)',
    },
    json: {
      short: 'j',
      help: 'one JSON object a line; kwho schema describes them',
    },
    'ready-file': {
      value: 'FILE',
      help: 'create this file once the sources are live',
    },
    'dry-run': {
      short: 'n',
      help: 'print every kernel write as a shell line, and write nothing',
    },
  },
  examples: [
    { line: 'kwho log', what: 'watch until Ctrl-C' },
    {
      line: 'kwho log --action CLEAR --action READ_CLEAR --for 1h',
      what: 'who clears the log within the next hour',
    },
    {
      line: 'kwho log --door /proc/kmsg --all',
      what: 'every read that takes records from the shared cursor',
    },
    {
      line: 'kwho log --recover',
      what: 'what dmesg no longer shows since the last clear',
    },
    {
      line: 'kwho log --json --max-events 1',
      what: 'the next access, for a script',
    },
  ],
  async run(values) {
    if (values.recover === true) return recoverLog({ json: values.json === true });
    const options = logOptions(values);
    if (values['dry-run'] === true) return dryRunLog(options);
    const { backend, module } = options;
    if (backend === 'stap' || module !== null) {
      const { runStapLog } = await import('./stap/log-run.js');
      return runStapLog(options, null, backend === 'auto' ? (why) => runLog(options, why.message) : null);
    }
    const why = values.backend === 'auto' ? (await import('./stap/why-not.js')).whyNoStap('log') : null;
    return runLog(options, why);
  },
};

export function logOptions(values: OptionValues): LogOptions {
  return {
    json: values.json === true,
    all: values.all === true,
    stack: values.stack === true,
    actions: list(values.action) as string[],
    doors: list(values.door) as DoorName[],
    comms: list(values.comm) as string[],
    pids: list(values.pid) as number[],
    ...stapChoice<LogOptions['backend']>(values),
    forMs: (values.for as number | undefined) ?? null,
    maxEvents: (values['max-events'] as number | undefined) ?? null,
    bufferKib: (values.buffer as number | undefined) ?? null,
    reader: (values.reader as LogOptions['reader'] | undefined) ?? 'auto',
    readyFile: (values['ready-file'] as string | undefined) ?? null,
  };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** As syslog(2) names it, with or without its prefix, in whatever case; a number; or a file operation. */
function parseAction(text: string, option: string): string {
  const name = text.replace(/^SYSLOG_ACTION_/i, '');
  if (/^-?\d+$/.test(name)) return SYSLOG_ACTIONS[Number(name)] ?? String(Number(name));
  // `READ` is an action, `read` a file operation: the exact spelling decides where both exist.
  const known = [...SYSLOG_ACTIONS, ...FILE_ACTIONS];
  const found =
    known.find((known) => known === name) ??
    known.find((known) => known.toLowerCase() === name.toLowerCase());
  if (found === undefined)
    throw new UsageError(`${option} is one of ${known.join(', ')} or a number, and '${text}' came`);
  return found;
}

/** Names come from the kernel as bytes. */
function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
