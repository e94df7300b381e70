import type { DetailLine } from './detail-line.js';
import type { Look } from './look.js';
import { type Line, padLine, type Span, type Style, span } from './styled-line.js';
import { wrapCells } from './wrap-cells.js';

/** Text over the panes that can be scrolled: all about a row, or the help. */
export class Page {
  readonly place: 'detail' | 'help';
  readonly title: string;
  readonly #lines: () => readonly DetailLine[];
  #top = 0;
  #height = 1;
  #length = 0;
  #known: { from: readonly DetailLine[]; width: number; wrapped: readonly Span[] } | null = null;

  /** @param lines asked for whenever the page is drawn: what they tell may grow */
  constructor(place: 'detail' | 'help', title: string, lines: () => readonly DetailLine[]) {
    this.place = place;
    this.title = title;
    this.#lines = lines;
  }

  scroll(by: number): void {
    this.#top = Math.min(Math.max(0, this.#top + by), Math.max(0, this.#length - this.#height));
  }

  scrollPages(pages: number): void {
    this.scroll(pages * Math.max(1, this.#height - 1));
  }

  /** All of it, unwrapped. */
  get text(): string {
    return this.#lines()
      .map(({ text }) => text)
      .join('\n');
  }

  lines(width: number, height: number, look: Look): Line[] {
    const wrapped = this.#wrapped(width - 2, look);
    this.#height = Math.max(1, height - 1);
    this.#length = wrapped.length;
    this.scroll(0);
    const shown = wrapped.slice(this.#top, this.#top + this.#height);
    const rest = wrapped.length - this.#top - shown.length;
    const where = rest > 0 ? `${rest} more ${rest === 1 ? 'line' : 'lines'} below` : '';
    const rule = look.focusedRule;
    const title = [span(`${rule}${rule}`, 'title'), span(` ${look.show(this.title)} `, 'title')] as const;
    const tail = where === '' ? [] : [span(` ${where} `, 'warn')];
    const used = padLine([...title, ...tail, span(rule.repeat(width), 'title')], width, rule);
    return [used, ...shown.map((piece): Line => [piece])];
  }

  /** The same lines need not be wrapped again: those of a whole log take longer than a frame. */
  #wrapped(width: number, look: Look): readonly Span[] {
    const from = this.#lines();
    if (this.#known?.from === from && this.#known.width === width) return this.#known.wrapped;
    const wrapped = from.flatMap(({ text, style }) =>
      wrapCells(look.show(text), width).map((piece) => span(` ${piece}`, STYLES[style])),
    );
    this.#known = { from, width, wrapped };
    return wrapped;
  }
}

const STYLES: Record<DetailLine['style'], Style> = {
  title: 'title',
  plain: 'plain',
  faint: 'faint',
  loud: 'loud',
  good: 'good',
};
