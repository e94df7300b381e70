import type { Explanation } from '../explain/drop-catalogue.js';
import { grouped } from '../grouped.js';
import type { DropCountEvent, DropKey } from '../model/events.js';
import { keyWords } from './drop-words.js';
import type { Paint } from './paint.js';
import { wrap } from './wrap.js';

/** Rows of a table of drops: largest first, what a healthy host has too folded into one line at the end. */
export class DropRows {
  readonly #paint: Paint;
  readonly #explain: Explain;
  readonly #host: number | null;
  readonly #columns: () => number | null;

  /**
   * @param host the network namespace that is called host
   * @param columns of the terminal; null where lines may be as long as they like
   */
  constructor(paint: Paint, explain: Explain, host: number | null, columns: () => number | null) {
    this.#paint = paint;
    this.#explain = explain;
    this.#host = host;
    this.#columns = columns;
  }

  lines(rows: readonly DropCountEvent[]): string[] {
    const loud = rows.filter(({ verdict }) => verdict !== 'noise').sort((a, b) => b.count - a.count);
    const [shown, rest] = [loud.slice(0, MOST_SHOWN), loud.slice(MOST_SHOWN)];
    const noise = rows.filter(({ verdict }) => verdict === 'noise');
    const words = shown.map(({ key }) => keyWords(key, this.#host));
    const names = headings(rows[0]?.key ?? {});
    const widths = columnWidths([names, ...words]);
    const lines = [this.#head(names, widths)];
    for (const [i, { count, from, to, verdict, key }] of shown.entries()) {
      const kind = verdict === 'suspect' ? this.#paint.loud('SUSPECT') : this.#paint.warn('policy');
      const columns = words[i]!.map((word, c) => word.padEnd(widths[c]!)).join('  ');
      lines.push(...this.#row(count, to - from, kind, columns.trimEnd()));
      const what = this.#what(key);
      if (what !== null) lines.push(...this.#wrapped(what).map((line) => INDENT + this.#paint.faint(line)));
    }
    if (rest.length > 0) lines.push(...this.#sum(rest, this.#paint.plain('more'), moreText(rest)));
    if (noise.length > 0) lines.push(...this.#sum(noise, this.#paint.plain('noise'), this.#noiseText(noise)));
    return lines;
  }

  #head(names: readonly string[], widths: readonly number[]): string {
    const columns = names.map((name, c) => name.padEnd(widths[c]!)).join('  ');
    return this.#paint.faint(
      `${'count'.padStart(COUNT)}  ${'rate'.padStart(RATE)}  ${'kind'.padEnd(KIND)} ${columns}`.trimEnd(),
    );
  }

  #row(count: number, seconds: number, kind: string, text: string): string[] {
    const [first = '', ...others] = this.#wrapped(text);
    return [
      `${number(count)}  ${rate(count, seconds)}  ${kind} ${first}`.trimEnd(),
      ...others.map((line) => INDENT + line),
    ];
  }

  #wrapped(text: string): string[] {
    const columns = this.#columns();
    return wrap(text, columns === null ? null : columns - INDENT.length);
  }

  #what(key: DropKey): string | null {
    if (key.location === undefined && key.reason === undefined) return null;
    return this.#explain(key.reason ?? null, key.location?.symbol ?? null)?.what ?? null;
  }

  #sum(rows: readonly DropCountEvent[], kind: string, text: string): string[] {
    const { from, to } = rows[0]!;
    return this.#row(sum(rows), to - from, kind, text);
  }

  #noiseText(noise: readonly DropCountEvent[]): string {
    const kinds = [...new Set(noise.map(({ key }) => keyWords(key, this.#host)[0] ?? ''))];
    const more = kinds.length > MOST_NAMED ? ', …' : '';
    return `a healthy host has these too: ${kinds.slice(0, MOST_NAMED).join(', ')}${more}`;
  }
}

export type Explain = (reason: string | null, symbol: string | null) => Explanation | null;

const COUNT = 11;
const RATE = 9;
const KIND = 10;
/** Where the columns begin. */
const INDENT = ' '.repeat(COUNT + 2 + RATE + 2 + KIND + 1);
const MOST_NAMED = 4;
/** Of a scan every flow is a row: what nobody reads is summed up. */
const MOST_SHOWN = 40;
/** A kernel path or a flow may be as long as it likes, the columns behind it stand where they stand. */
const WIDEST = 44;

function columnWidths(words: readonly string[][]): number[] {
  const columns = Math.max(...words.map((row) => row.length));
  return Array.from({ length: columns }, (_, c) =>
    Math.min(WIDEST, Math.max(...words.map((row) => row[c]?.length ?? 0))),
  );
}

function moreText(rows: readonly DropCountEvent[]): string {
  return rows.length === 1 ? 'in one row' : `in ${grouped(rows.length)} rows`;
}

function sum(rows: readonly DropCountEvent[]): number {
  return rows.reduce((total, { count }) => total + count, 0);
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
  return grouped(count).padStart(COUNT);
}

function rate(count: number, seconds: number): string {
  const perSecond = seconds > 0 ? count / seconds : 0;
  const text = perSecond >= 10 ? grouped(Math.round(perSecond)) : perSecond.toFixed(1);
  return `${text}/s`.padStart(RATE);
}
