import type { PrintedLayout } from './print-format.js';
import { compileMatch, type Match, type Reading } from './printed-compiler.js';
import { wordsToNumber, wrapPrinted } from './printed-number.js';
import { PrintedSearch } from './printed-search.js';
import { type Step, stepsOf } from './printed-step.js';
import type { TextWindow } from './text-window.js';
import type { Fields, FieldValue } from './trace-record.js';

/**
 * Reads the printed text of one event back into its fields: with `match` where it is as usual, with `search` where a
 * string in it looks like the rest of the event or holds a newline, or a number is beyond the usual. What `match`
 * reads, `search` reads the same.
 */
export class PrintedEvent {
  /** The text starts with a place in parentheses, which is not read here. */
  readonly place: boolean;
  /** Reads the text behind the place, if there is one; null where code cannot be made. */
  readonly match: Match;

  readonly #layout: PrintedLayout;
  readonly #steps: readonly Step[];
  readonly #search: PrintedSearch;

  constructor(layout: PrintedLayout, reading: Reading) {
    this.place = layout.place;
    this.#layout = layout;
    this.#steps = stepsOf(layout);
    this.match = compileMatch(layout, reading) ?? (() => null);
    this.#search = new PrintedSearch(this.#steps);
  }

  /**
   * The first reading of `[at, limit)` that has all fields, with every string as short as possible.
   * @returns null where there is none; `open` says whether more text may tell more
   */
  search(window: TextWindow, at: number, limit: number): Fields | null {
    const search = this.#search;
    const end = search.run(window, at, limit);
    if (end < 0) return null;
    const values: FieldValue[] = this.#layout.fields.map(({ length }) =>
      length === null ? 0 : new Array(length).fill(0),
    );
    for (const [index, step] of this.#steps.entries()) {
      if (step.value === null) continue;
      const printed = window.text(search.starts[index] as number, search.ends[index] as number);
      const value = valueOfText(step, printed);
      if (value === undefined) return null;
      if (step.field < 0) continue;
      if (step.element < 0) values[step.field] = value;
      else (values[step.field] as FieldValue[])[step.element] = value;
    }
    window.position = end;
    return Object.fromEntries(this.#layout.fields.map(({ name }, field) => [name, values[field]]));
  }

  /** The last search followed a string up to its limit. */
  get open(): boolean {
    return this.#search.open;
  }
}

/** Undefined where words do not stand for a number. */
function valueOfText({ value }: Step, printed: string): FieldValue | undefined {
  switch (value?.kind) {
    case 'decimal':
      return wrapPrinted(printed.trimStart(), value.wrap);
    case 'hex':
      return wrapPrinted(hexText(printed.trimStart()), value.wrap);
    case 'syscall-argument': {
      const blank = printed.indexOf(' ');
      return wrapPrinted(hexText(blank < 0 ? printed : printed.slice(0, blank)), 0);
    }
    case 'char':
      return printed.charCodeAt(0);
    case 'quoted':
      return printed.startsWith('"') ? printed.slice(1, -1) : null;
    case 'choice':
    case 'flags':
      return wordsToNumber(value, printed);
    default:
      return printed;
  }
}

function hexText(printed: string): string {
  return printed.startsWith('0x') ? printed : `0x${printed}`;
}
