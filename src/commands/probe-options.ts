import { UsageError } from '../errors.js';
import { DROPS_KEYS, type DropsKey, type DropsScript } from '../stap/drops-script.js';
import type { LogScript } from '../stap/log-script.js';
import { didYouMean, type OptionValues } from './command.js';

/** What `kwho probe` was asked for. */
export type ProbeOptions = (
  | { which: 'drops'; script: Omit<DropsScript, 'release'> }
  | { which: 'log'; script: Omit<LogScript, 'release'> }
) & {
  /** Kernel to build for; null for the running one. */
  release: string | null;
  /** Where to put the module; null to print the script. */
  output: string | null;
};

/** @throws UsageError for options that do not go together */
export function probeOptions(values: OptionValues): ProbeOptions {
  const compile = values.compile === true;
  const output = (values.output as string | undefined) ?? null;
  if (compile !== (output !== null))
    throw new UsageError('--compile and -o FILE.ko go together: what is built must stand somewhere');
  const common = { release: (values.release as string | undefined) ?? null, output };
  const stackDepth = (values.stack as number | undefined) ?? 0;
  const which = values.SCRIPT;
  if (which === 'log') {
    const strange = DROPS_ONLY.find((name) => values[name] !== undefined);
    if (strange !== undefined) throw new UsageError(`--${strange} is for kwho probe drops`);
    return { which, script: { stackDepth }, ...common };
  }
  if (which !== 'drops') {
    if (which === undefined) throw new UsageError('kwho probe wants a script: drops or log');
    const word = String(which);
    throw new UsageError(
      `kwho probe knows drops and log, and '${word}' came`,
      didYouMean(word, ['drops', 'log']),
    );
  }
  return { which, script: dropsOptions(values, stackDepth), ...common };
}

/** Options that say nothing about the log. */
const DROPS_ONLY = ['events', 'interval', 'by', 'reason', 'dev', 'netns', 'host', 'port'] as const;

function dropsOptions(values: OptionValues, stackDepth: number): Omit<DropsScript, 'release'> {
  const by = [...new Set(list<DropsKey[]>(values.by).flat())];
  return {
    // A path belongs to one packet.
    events: values.events === true || stackDepth > 0,
    intervalMs: (values.interval as number | undefined) ?? DEFAULT_INTERVAL_MS,
    stackDepth,
    by: by.length > 0 ? by : ['location', 'reason', 'dev', 'netns'],
    dev: (values.dev as string | undefined) ?? null,
    netns: (values.netns as number | undefined) ?? null,
    reasons: list<number>(values.reason),
    hosts: list<string>(values.host),
    ports: list<number>(values.port),
  };
}

const DEFAULT_INTERVAL_MS = 5000;

function list<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}

export function parseKeys(text: string, option: string): DropsKey[] {
  return text.split(',').map((word) => {
    const found = DROPS_KEYS.find((key) => key === word.toLowerCase());
    if (found !== undefined) return found;
    throw new UsageError(
      `${option} is of ${DROPS_KEYS.join(', ')}, and '${word}' came`,
      didYouMean(word, DROPS_KEYS),
    );
  });
}

/** A number from 0 up; what is too large, the script's generator says. */
export function parseNumber(text: string, option: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(
    `${option} wants a number, and '${text}' came`,
    option.startsWith('--reason')
      ? 'names have other numbers in every kernel: events/skb/kfree_skb/format in tracefs lists them'
      : undefined,
  );
}
