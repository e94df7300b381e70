import type { ByteString } from './trace-record.js';

/** What a line of stap's or staprun's standard error means for completeness. */
export type StapMessage =
  /** Hits of probe points that no record tells of. `count` is null where nobody counted. */
  | {
      kind: 'lost';
      count: number | null;
      what: string;
      /** The script's own count has them: what it saw is less than what arrived. */
      inAccount: boolean;
    }
  | { kind: 'notice'; level: 'info' | 'warning' | 'error'; text: ByteString };

/**
 * Reads one line, without its newline. One line may tell of two things; an empty one, and one that only says where to
 * read more, tells nothing.
 *
 * The wording is that of SystemTap 4.4 to 5.6: the module's own counts (tapsets.cxx, transport/symbols.c), and those of
 * the program that carries its output (staprun/relay.c).
 */
export function parseStapMessage(line: ByteString): StapMessage[] {
  const text = line.replace(/\x1b\[[0-9;]*m(?:\x1b\[K)?/g, '').trim();
  if (text === '' || /^(?:Tip:|Try|A message like|Rerun with) /.test(text)) return [];
  if (text.startsWith('ERROR')) return [{ kind: 'notice', level: 'error', text }];
  if (!text.startsWith('WARNING:')) return [{ kind: 'notice', level: 'info', text }];
  const told = WARNINGS.flatMap(([pattern, tell]) => {
    const match = pattern.exec(text);
    return match === null ? [] : tell(match);
  });
  const counted = WARNINGS.some(([pattern]) => pattern.test(text));
  return counted ? told : [{ kind: 'notice', level: 'warning', text }];
}

type Tell = (match: RegExpExecArray) => StapMessage[];

/**
 * Hits that were skipped because of a lock, a low stack or another probe on the same CPU are also in the total: the
 * last ones because kwho builds with -DINTERRUPTIBLE=0 (tapsets.cxx common_probe_entryfn_prologue()).
 */
const WARNINGS: readonly [RegExp, Tell][] = [
  [
    /Number of errors: (\d+), skipped probes: (\d+)/,
    ([, errors, skipped]) => [
      ...lost(errors!, 'probe hits that ended in an error'),
      ...lost(skipped!, 'probe hits that SystemTap skipped'),
    ],
  ],
  [
    /Skipped due to missed k(?:ret)?probe\S* on '[^']*': (\d+)/,
    ([, count]) => lost(count!, 'hits of a kernel probe that could not be taken'),
  ],
  [
    /Skipped due to (global '\w+' lock timeout|low stack|reentrancy): (\d+)/,
    ([, why, count]) => [{ kind: 'notice', level: 'info', text: `skipped because of ${why}: ${count}` }],
  ],
  [
    /There were (\d+) transport failures/,
    ([, count]) => lost(count!, 'pieces of output that found no room in the buffer of SystemTap', true),
  ],
  [
    /There were (\d+) lost messages, (\d+) lost bytes/,
    ([, count]) => lost(count!, 'messages of a SystemTap module', true),
  ],
];

function lost(digits: string, what: string, inAccount = false): StapMessage[] {
  const count = Number(digits);
  if (count === 0) return [];
  return [{ kind: 'lost', count: Number.isSafeInteger(count) ? count : null, what, inAccount }];
}
