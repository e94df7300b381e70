import type { Explanation } from '../explain/drop-catalogue.js';
import type { DropCountEvent, DropKey } from '../model/events.js';
import { keyWords } from './drop-words.js';
import type { Paint } from './paint.js';

/** Rows of a table of drops: largest first, what a healthy host has too folded into one line at the end. */
export class DropRows {
  readonly #paint: Paint;
  readonly #explain: Explain;
  readonly #host: number | null;

  /** @param host the network namespace that is called host */
  constructor(paint: Paint, explain: Explain, host: number | null) {
    this.#paint = paint;
    this.#explain = explain;
    this.#host = host;
  }

  lines(rows: readonly DropCountEvent[]): string[] {
    const shown = rows.filter(({ verdict }) => verdict !== 'noise').sort((a, b) => b.count - a.count);
    const noise = rows.filter(({ verdict }) => verdict === 'noise');
    const words = shown.map(({ key }) => keyWords(key, this.#host));
    const widths = columnWidths(words);
    const lines = [this.#head(rows[0]?.key ?? {}, widths)];
    for (const [i, { count, from, to, verdict, key }] of shown.entries()) {
      const kind = verdict === 'suspect' ? this.#paint.loud('SUSPECT') : this.#paint.warn('policy');
      const columns = words[i]!.map((word, c) => word.padEnd(widths[c]!)).join('  ');
      lines.push(`${number(count)}  ${rate(count, to - from)}  ${kind} ${columns}`.trimEnd());
      const what = this.#what(key);
      if (what !== null) lines.push(`${' '.repeat(INDENT)}${this.#paint.faint(what)}`);
    }
    if (noise.length > 0) lines.push(this.#fold(noise));
    return lines;
  }

  #head(key: DropKey, widths: readonly number[]): string {
    const names = headings(key).map((name, c) => name.padEnd(widths[c] ?? 0));
    return this.#paint.faint(
      `${'count'.padStart(COUNT)}  ${'rate'.padStart(RATE)}  ${'kind'.padEnd(10)} ${names.join('  ')}`.trimEnd(),
    );
  }

  #what(key: DropKey): string | null {
    if (key.location === undefined && key.reason === undefined) return null;
    return this.#explain(key.reason ?? null, key.location?.symbol ?? null)?.what ?? null;
  }

  #fold(noise: readonly DropCountEvent[]): string {
    const count = noise.reduce((total, row) => total + row.count, 0);
    const { from, to } = noise[0]!;
    const kinds = [...new Set(noise.map(({ key }) => keyWords(key, this.#host)[0] ?? ''))].slice(
      0,
      MOST_NAMED,
    );
    const more = noise.length > kinds.length ? ', …' : '';
    return `${number(count)}  ${rate(count, to - from)}  ${this.#paint.plain('noise')} a healthy host has these too: ${kinds.join(', ')}${more}`;
  }
}

export type Explain = (reason: string | null, symbol: string | null) => Explanation | null;

const COUNT = 11;
const RATE = 9;
const INDENT = COUNT + RATE + 4 + 11;
const MOST_NAMED = 4;
/** A kernel path or a flow may be as long as it likes, the columns behind it stand where they stand. */
const WIDEST = 44;

function columnWidths(words: readonly string[][]): number[] {
  const columns = Math.max(0, ...words.map((row) => row.length));
  return Array.from({ length: columns }, (_, c) =>
    Math.min(WIDEST, Math.max(8, ...words.map((row) => row[c]?.length ?? 0))),
  );
}

function headings(key: DropKey): string[] {
  const names: [keyof DropKey, string][] = [
    ['location', 'location'],
    ['reason', 'reason'],
    ['protocol', 'protocol'],
    ['dev', 'interface'],
    ['netns', 'namespace'],
    ['flow', 'flow'],
    ['comm', 'running'],
    ['stack', 'path'],
  ];
  return names.filter(([field]) => key[field] !== undefined).map(([, name]) => name);
}

function number(count: number): string {
  return count.toLocaleString('en-US').padStart(COUNT);
}

function rate(count: number, seconds: number): string {
  const perSecond = seconds > 0 ? count / seconds : 0;
  const text = perSecond >= 10 ? Math.round(perSecond).toLocaleString('en-US') : perSecond.toFixed(1);
  return `${text}/s`.padStart(RATE);
}
