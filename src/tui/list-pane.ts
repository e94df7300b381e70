import { grouped } from '../grouped.js';
import { ListCursor } from './list-cursor.js';
import type { RowFilter } from './row-filter.js';
import { type Span, span } from './styled-line.js';

/** What the user has chosen in a pane that is a list, and the rows that it shows. */
export class ListPane<Row extends { id: number | string }, Sort extends string> {
  readonly sorts: readonly Sort[];
  readonly cursor: ListCursor<Row['id']>;
  sort: Sort;
  invert = false;
  filter: RowFilter | null = null;
  /** As they were drawn last. */
  rows: readonly Row[] = [];

  /** @param grows the order in which what is new comes at the end */
  constructor(sorts: readonly Sort[], first: Sort, grows: Sort | null) {
    this.sorts = sorts;
    this.sort = first;
    this.cursor = new ListCursor(() => (this.sort === grows && !this.invert ? 'last' : 'first'));
  }

  get selected(): Row | null {
    return this.rows[this.cursor.index] ?? null;
  }

  move(by: number): void {
    this.cursor.move(this.rows, by);
  }

  movePages(pages: number): void {
    this.cursor.page(this.rows, pages);
  }

  moveTo(end: 'first' | 'last'): void {
    this.cursor[end](this.rows);
  }

  /** Holds on to the row that is selected now. */
  pin(): void {
    this.cursor.pin(this.rows);
  }

  /** The next order to the right or left, round and round. */
  turnSort(by: 1 | -1): void {
    const at = this.sorts.indexOf(this.sort) + by;
    this.sort = this.sorts[(at + this.sorts.length) % this.sorts.length]!;
  }

  /** For the title line. */
  notes(show: (text: string) => string): Span[] {
    const count = grouped(this.rows.length);
    const shown = this.filter === null ? '' : `filter ${JSON.stringify(this.filter.text)}: `;
    return [
      ...(shown === '' ? [] : [span(show(shown), 'warn')]),
      span(`${count} ${this.rows.length === 1 ? 'row' : 'rows'}`),
      span(show(` · by ${this.sort}${this.invert ? ', inverted' : ''}`), 'faint'),
    ];
  }
}
