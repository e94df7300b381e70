import { HistCursor } from './hist-cursor.js';
import type { HistKey, HistKeyFormat } from './hist-key.js';
import type { ByteString } from './trace-record.js';

/** One key of a table and how often it came. */
export interface HistEntry {
  /** In the order of the table's keys. */
  keys: HistKey[];
  hitcount: number;
}

/**
 * Reads the entries of one table: `{ loc: ffffffff8b3420b5, dev: lo    … } hitcount:          5`. Every value has a
 * width of its own or ends at what cannot be in it, so nothing is searched for in what a traced process wrote.
 */
export class HistEntries {
  readonly #cursor: HistCursor;
  readonly #keys: readonly HistKeyFormat[];
  /** What stands before each key, and behind the last. */
  readonly #marks: readonly string[];
  /** By key, whether a plain one is a string; null until an entry told. */
  #strings: readonly boolean[] | null = null;

  constructor(text: ByteString, keys: readonly HistKeyFormat[]) {
    this.#cursor = new HistCursor(text);
    this.#keys = keys;
    this.#marks = marksOf(keys);
  }

  /** Where the entry that was read last ends, its newline included. */
  get end(): number {
    return this.#cursor.position;
  }

  /** The entry that begins at `at`; null where none does. */
  read(at: number): HistEntry | null {
    if (this.#keys.length === 0) return null;
    if (this.#strings !== null) return this.#readAs(at, this.#strings);
    for (const strings of choices(this.#keys)) {
      const entry = this.#readAs(at, strings);
      if (entry === null) continue;
      this.#strings = strings;
      return entry;
    }
    return null;
  }

  #readAs(at: number, strings: readonly boolean[]): HistEntry | null {
    const cursor = this.#cursor;
    const keys: HistKey[] = [];
    cursor.position = at;
    if (!cursor.skip(this.#marks[0]!)) return null;
    for (let index = 0; index < this.#keys.length; index += 1) {
      const mark = this.#marks[index + 1]!;
      const value = this.#readKey(this.#keys[index]!, strings[index]!, mark);
      if (value === null || !cursor.skip(mark)) return null;
      keys.push(value);
    }
    const hitcount = cursor.number();
    if (hitcount === null || !this.#skipOtherSums()) return null;
    return { keys, hitcount: Number(hitcount) };
  }

  #readKey({ kind }: HistKeyFormat, isString: boolean, mark: string): HistKey | null {
    const cursor = this.#cursor;
    switch (kind) {
      case 'plain':
        return isString ? cursor.padded(50, mark) : cursor.number();
      case 'hex':
        return cursor.hex();
      case 'sym':
        return cursor.symbol(45, mark);
      case 'sym-offset':
        return cursor.symbol(55, mark);
      case 'execname':
        return cursor.thread();
      case 'stack':
        return cursor.stack();
      default:
        return null;
    }
  }

  /** What a trigger adds up beside hits is on the same line: `  len:         26`. */
  #skipOtherSums(): boolean {
    const cursor = this.#cursor;
    if (cursor.skip('\n')) return true;
    if (!cursor.skip('  ')) return false;
    const end = cursor.text.indexOf('\n', cursor.position);
    cursor.position = end + 1;
    return end !== -1;
  }
}

function marksOf(keys: readonly HistKeyFormat[]): string[] {
  const labels = keys.map(({ name, kind }) => (kind === 'stack' ? `${name}:\n` : `${name}: `));
  // Behind a stack trace, which ends with a newline, the kernel leaves out the blank, also some keys later.
  const last = keys.some(({ kind }) => kind === 'stack') ? '} hitcount: ' : ' } hitcount: ';
  return [...labels.map((label, index) => (index === 0 ? `{ ${label}` : `, ${label}`)), last];
}

/** Every way in which plain keys can be strings, numbers first. */
function choices(keys: readonly HistKeyFormat[]): boolean[][] {
  let made: boolean[][] = [[]];
  for (const { kind } of keys) {
    made = made.flatMap((some) =>
      kind === 'plain'
        ? [
            [...some, false],
            [...some, true],
          ]
        : [[...some, false]],
    );
  }
  return made;
}
