import type { Explanation } from '../explain/drop-catalogue.js';
import { grouped } from '../grouped.js';
import type { DropEvent } from '../model/events.js';
import { dropLine, keyWords } from '../output/drop-words.js';
import { printable } from '../output/escape.js';
import { Paint } from '../output/paint.js';
import { type DetailLine, detailLine, labelled, section } from './detail-line.js';
import { momentWords } from './moment-words.js';
import type { DropRow } from './shown.js';

export interface DropDetailOptions {
  /** The catalogue's words for the row's reason and function; null where it has none. */
  explanation: Explanation | null;
  /** What this host tells of it, untrusted bytes still in it; null while it is being looked for, empty where nothing was found. */
  evidence: readonly string[] | null;
  /** Drops of the row that were seen one by one, newest first. */
  samples: readonly DropEvent[];
  /** Wall-clock milliseconds of a kernel time in seconds. */
  wall: (time: number) => number;
  /** Network namespace that is called host; null where it is not known. */
  host: number | null;
}

/** What happened to the packets, whether that is bad, what this host says of it, what to do, and some of them. */
export function dropDetail(row: DropRow, options: DropDetailOptions): DetailLine[] {
  const { explanation, samples, host } = options;
  return [
    detailLine(keyWords(row.key, host).join('  '), 'title'),
    ...(explanation === null ? [] : [detailLine(explanation.what)]),
    detailLine(verdictWords(row, explanation), row.verdict === 'suspect' ? 'loud' : 'plain'),
    ...section('how many', countLines(row, options)),
    ...section('on this host', evidenceLines(options.evidence)),
    ...section('what to do', explanation === null ? [] : [detailLine(explanation.next, 'good')]),
    ...section(
      'seen one by one, newest first',
      samples.map((drop) => sampleLine(drop, options)),
    ),
    ...section('kernel path of one of them', stackLines(samples)),
    ...(explanation === null ? [] : [detailLine(''), detailLine(`Kernels: ${explanation.kernels}`, 'faint')]),
  ];
}

/** What it is, and who says so. */
function verdictWords({ verdict }: DropRow, explanation: Explanation | null): string {
  const word = VERDICTS[verdict];
  if (explanation === null) return `${word} That is the gravest of what is counted here.`;
  if (verdict === explanation.verdict) return `${word} The catalogue says so of ${explanation.title}.`;
  return `${word} In general ${explanation.title} is ${explanation.verdict}: what is known of these packets makes it another.`;
}

const VERDICTS: Readonly<Record<DropRow['verdict'], string>> = {
  suspect: 'SUSPECT: worth looking into.',
  policy: 'Policy: somebody wanted it so.',
  noise: 'Noise: a healthy host has it too.',
};

function countLines({ count, rate, first, last, exact }: DropRow, { wall }: DropDetailOptions): DetailLine[] {
  const now = rate >= 10 ? grouped(Math.round(rate)) : rate.toFixed(1);
  return [
    detailLine(`${grouped(count)} drops, ${now}/s over the last seconds`),
    ...labelled('first', momentWords(first, wall)),
    ...labelled('last', momentWords(last, wall)),
    ...(exact
      ? []
      : [detailLine('Counted from the drops seen one by one: these are samples, not all of them.', 'faint')]),
  ];
}

function evidenceLines(evidence: readonly string[] | null): DetailLine[] {
  if (evidence === null) return [detailLine('looking…', 'faint')];
  if (evidence.length === 0) return [detailLine('Nothing was found that tells more.', 'faint')];
  return evidence.flatMap((text) => text.split('\n')).map((line) => detailLine(printable(line)));
}

function sampleLine(drop: DropEvent, { wall, host }: DropDetailOptions): DetailLine {
  const time = drop.time === null ? '' : `${clockWords(wall(drop.time))}  `;
  return detailLine(`${time}${dropLine(drop, PLAIN, host)}`);
}

const PLAIN = new Paint(false);

function clockWords(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return '?';
  const two = (n: number) => String(n).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function stackLines(samples: readonly DropEvent[]): DetailLine[] {
  const stack = samples.find((drop) => (drop.stack?.length ?? 0) > 0)?.stack ?? [];
  return stack.map((frame) => detailLine(printable(frame), 'faint'));
}
