import { parseRowFilter, type RowFilter } from './row-filter.js';

/** The line in which a filter is typed: what can be used is used at once. */
export class FilterEditor {
  text: string;
  /** Why the text is no filter; null where it is one. */
  problem: string | null = null;
  readonly #use: (filter: RowFilter | null) => void;

  /** @param use takes every filter on the way; null shows everything */
  constructor(text: string, use: (filter: RowFilter | null) => void) {
    this.text = text;
    this.#use = use;
  }

  type(character: string): void {
    if (this.text.length < LONGEST && character >= ' ' && character !== '\x7f')
      this.#set(this.text + character);
  }

  erase(): void {
    // A character beyond the first plane is two units.
    this.#set([...this.text].slice(0, -1).join(''));
  }

  clear(): void {
    this.#set('');
  }

  #set(text: string): void {
    this.text = text;
    const filter = text === '' ? null : parseRowFilter(text);
    this.problem = filter !== null && 'problem' in filter ? filter.problem : null;
    if (filter === null || !('problem' in filter)) this.#use(filter);
  }
}

const LONGEST = 200;
