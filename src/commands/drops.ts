import { UsageError } from '../errors.js';
import { DROP_FIELDS, type DropField } from '../model/drop-by.js';
import type { Command, OptionSpec, OptionValues } from './command.js';
import { didYouMean } from './command.js';
import { dryRunDrops } from './drops-dry-run.js';
import { explainDrop } from './drops-explain.js';
import { CONDITION_FIELDS, type DropsOptions, type WantedCondition } from './drops-options.js';
import { runDrops } from './drops-run.js';
import { parseChoice, parseCount, parseDuration, parseSize } from './option-values.js';
import { MODULE, stapChoice } from './stap/option.js';

const only = (value: string, help: string): OptionSpec => ({ value, multiple: true, help });

export const drops: Command = {
  name: 'drops',
  summary: 'where, why and for whom packets are dropped, live',
  options: {
    events: { short: 'e', help: 'single drops, with flow and length, rather than a table' },
    stack: { short: 's', help: 'the kernel path of each drop; implies --events unless --by is given' },
    by: {
      value: 'FIELD',
      multiple: true,
      parse: parseBy,
      help: `what to count by: ${DROP_FIELDS.join(', ')}; several with commas (default location,reason,dev,netns)`,
    },
    reason: only('REASON', 'only this drop reason: NO_SOCKET'),
    dev: only('NAME', 'only packets of this interface'),
    netns: only('NAME', 'only this network namespace: ip netns name, container, or inode number'),
    proto: only('PROTO', 'only this protocol: ipv4, ipv6, arp, tcp, udp, icmp, or an EtherType: 0x88cc'),
    host: only('ADDRESS', 'only packets from or to this address'),
    port: { ...only('PORT', 'only packets from or to this port'), parse: parsePort },
    not: {
      ...only('FIELD=VALUE', `the opposite of one of the above: --not reason=NO_SOCKET`),
      parse: parseNot,
    },
    interval: {
      short: 'i',
      value: 'TIME',
      parse: parseDuration,
      help: 'a table every 5s (default), 500ms, 1m',
    },
    for: { value: 'TIME', parse: parseDuration, help: 'end after this long: 500ms, 10s, 2m, 1h' },
    'max-events': { value: 'N', parse: parseCount, help: 'end after this many drops' },
    backend: {
      value: 'KIND',
      parse: parseChoice(['auto', 'hist', 'fields', 'event', 'stap']),
      help: 'auto (default): exact counts in the kernel, details as far as they keep up; hist, fields or event alone; stap: SystemTap',
    },
    module: MODULE,
    buffer: {
      value: 'SIZE',
      parse: parseSize,
      help: 'ring buffer per CPU: 512K, 4M (else 128K for samples beside counts, 1408K for all)',
    },
    reader: {
      value: 'KIND',
      parse: parseChoice(['auto', 'pages', 'text']),
      help: 'auto (default), pages (binary, cannot be forged) or text (trace_pipe)',
    },
    explain: {
      value: 'REASON',
      help: 'what a drop reason or a function of the kernel means, and end; works anywhere',
    },
    json: { short: 'j', help: 'one JSON object a line; kwho schema describes them' },
    'ready-file': { value: 'FILE', help: 'create this file once the sources are live' },
    'dry-run': { short: 'n', help: 'print every kernel write as a shell line, and write nothing' },
  },
  examples: [
    {
      line: 'kwho drops',
      what: 'a table every 5 seconds until Ctrl-C, then the top suspect with its evidence',
    },
    { line: 'kwho drops --events --port 53', what: 'every dropped packet from or to port 53' },
    { line: 'kwho drops --by netns,reason --for 1m', what: 'which namespace loses packets, and why' },
    { line: 'kwho drops --not reason=NETFILTER_DROP', what: 'everything but what the firewall drops' },
    { line: 'kwho drops --explain SOCKET_RCVBUFF', what: 'what it means and what to check next' },
  ],
  async run(values) {
    if (typeof values.explain === 'string') return explainDrop(values.explain, values.json === true);
    const options = dropsOptions(values);
    if (values['dry-run'] === true) return dryRunDrops(options);
    const { backend, module } = options;
    if (backend === 'stap' || module !== null) {
      const { runStapDrops } = await import('./stap/drops-run.js');
      return runStapDrops(options, null, backend === 'auto' ? (why) => runDrops(options, why.message) : null);
    }
    const why = values.backend === 'auto' ? (await import('./stap/why-not.js')).whyNoStap('drops') : null;
    return runDrops(options, why);
  },
};

/** @throws UsageError for fields that cannot be counted by together */
export function dropsOptions(values: OptionValues): DropsOptions {
  const by = together([...new Set((list(values.by) as DropField[][]).flat())]);
  return {
    json: values.json === true,
    events: values.events === true || (values.stack === true && by.length === 0),
    stack: values.stack === true || by.includes('stack'),
    by: by.length === 0 ? ['location', 'reason', 'dev', 'netns'] : by,
    conditions: [
      ...CONDITION_FIELDS.flatMap((field) =>
        list(values[field]).map((value) => ({ field, value: String(value), not: false })),
      ),
      ...(list(values.not) as WantedCondition[]),
    ],
    ...stapChoice<DropsOptions['backend']>(values),
    intervalMs: (values.interval as number | undefined) ?? DEFAULT_INTERVAL_MS,
    forMs: (values.for as number | undefined) ?? null,
    maxEvents: (values['max-events'] as number | undefined) ?? null,
    bufferKib: (values.buffer as number | undefined) ?? null,
    reader: (values.reader as DropsOptions['reader'] | undefined) ?? 'auto',
    readyFile: (values['ready-file'] as string | undefined) ?? null,
  };
}

const DEFAULT_INTERVAL_MS = 5000;

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function parseBy(text: string, option: string): DropField[] {
  return text.split(',').map((word) => {
    const found = DROP_FIELDS.find((field) => field === word.toLowerCase());
    if (found !== undefined) return found;
    throw new UsageError(
      `${option} is of ${DROP_FIELDS.join(', ')}, and '${word}' came`,
      didYouMean(word, DROP_FIELDS),
    );
  });
}

/** @throws UsageError for fields that no one table can have */
function together(fields: readonly DropField[]): readonly DropField[] {
  const lonely = fields.find((field) => LONELY.includes(field));
  if (lonely !== undefined && fields.length > 1)
    throw new UsageError(`--by ${lonely} stands alone, and '${fields.join(',')}' came`);
  return fields;
}

/** Tables of their own, which cannot be joined with the others. */
const LONELY: readonly DropField[] = ['proto', 'flow', 'comm', 'stack'];

function parsePort(text: string, option: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new UsageError(`${option} wants a number from 0 to 65535, and '${text}' came`);
}

function parseNot(text: string, option: string): WantedCondition {
  const at = text.indexOf('=');
  const field = CONDITION_FIELDS.find((name) => name === text.slice(0, Math.max(at, 0)).toLowerCase());
  if (field === undefined || at === text.length - 1)
    throw new UsageError(
      `${option} wants FIELD=VALUE with a field of ${CONDITION_FIELDS.join(', ')}, and '${text}' came`,
      'for example: --not reason=NO_SOCKET',
    );
  const value = text.slice(at + 1);
  return { field, value: field === 'port' ? parsePort(value, option) : value, not: true };
}
