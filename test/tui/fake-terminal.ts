import { PassThrough, Writable } from 'node:stream';
import stringWidth from 'string-width';
import type { TerminalStreams } from '../../src/tui/blessed-program.js';

/** How many columns a terminal gives a character: they do not agree. */
export type Widths = 'usual' | 'all narrow' | 'all wide';

/** A terminal in memory: it does what the bytes say, and refuses those that it does not know. */
export class FakeTerminal {
  readonly input = new FakeInput();
  readonly output: FakeOutput;
  columns: number;
  rows: number;

  constructor(columns: number, rows: number, widths: Widths = 'usual') {
    this.columns = columns;
    this.rows = rows;
    this.output = new FakeOutput(this, widths);
  }

  get streams(): TerminalStreams {
    return {
      input: this.input as unknown as NodeJS.ReadStream,
      output: this.output as unknown as NodeJS.WriteStream,
      env: { TERM: 'xterm-256color' },
      size: () => ({ columns: this.columns, rows: this.rows }),
    };
  }

  /** What a user sees, without blanks at the ends of lines. */
  get text(): string {
    return this.lines.join('\n');
  }

  get lines(): string[] {
    return this.output.cells.map((row) => row.join('').trimEnd());
  }

  /** What stands from a column on, whatever stands before it. */
  column(row: number, from: number, to: number): string {
    return this.output.cells[row].slice(from, to).join('');
  }

  type(bytes: string): void {
    this.input.emit('data', Buffer.from(bytes, 'utf8'));
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.output.clear();
    this.output.emit('resize');
  }
}

class FakeInput extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(on: boolean): this {
    this.isRaw = on;
    return this;
  }
}

class FakeOutput extends Writable {
  readonly isTTY = true;
  /** Everything that was written. */
  bytes = '';
  /** Characters by column; '' is the second half of a wide one. */
  cells: string[][] = [];
  /** Attributes of what is written next, as the last SGR left them. */
  attributes = '';
  /** Every SGR that was used. */
  readonly used = new Set<string>();
  readonly modes = new Map<string, boolean>();
  readonly #size: { columns: number; rows: number };
  readonly #widths: Widths;
  #x = 0;
  #y = 0;

  constructor(size: { columns: number; rows: number }, widths: Widths) {
    super();
    this.#size = size;
    this.#widths = widths;
    this.clear();
  }

  get columns(): number {
    return this.#size.columns;
  }

  get rows(): number {
    return this.#size.rows;
  }

  clear(): void {
    this.cells = Array.from({ length: this.rows }, () => Array.from({ length: this.columns }, () => ' '));
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const text = chunk.toString('utf8');
    this.bytes += text;
    for (let at = 0; at < text.length; ) at += this.#take(text, at);
    done();
  }

  /** @returns how much of the text was understood */
  #take(text: string, at: number): number {
    if (text[at] !== '\x1b') {
      const character = String.fromCodePoint(text.codePointAt(at)!);
      this.#put(character);
      return character.length;
    }
    CSI.lastIndex = at;
    const csi = CSI.exec(text);
    if (csi !== null) {
      this.#control(csi[1], csi[2], csi[3]);
      return csi[0].length;
    }
    OTHER.lastIndex = at;
    const other = OTHER.exec(text);
    if (other === null) throw new Error(`unknown sequence ${JSON.stringify(text.slice(at, at + 20))}`);
    return other[0].length;
  }

  #control(mark: string, parameters: string, final: string): void {
    const [first = 0, second = 0] = parameters.split(';').map(Number);
    if (mark === '?') {
      for (const mode of parameters.split(';')) this.modes.set(`?${mode}`, final === 'h');
    } else if (final === 'H') {
      this.#y = Math.max(1, first) - 1;
      this.#x = Math.max(1, second) - 1;
    } else if (final === 'G') this.#x = Math.min(Math.max(1, first), this.columns) - 1;
    else if (final === 'C') this.#x = Math.min(this.columns - 1, this.#x + Math.max(1, first));
    else if (final === 'J') this.clear();
    else if (final === 'm') {
      this.attributes = parameters;
      this.used.add(parameters);
    } else if (final !== 'r' && final !== 'K' && final !== 'l' && final !== 'h')
      throw new Error(`unknown sequence CSI ${mark}${parameters}${final}`);
  }

  #put(character: string): void {
    if (character < ' ') {
      if (character === '\r') this.#x = 0;
      else if (character !== '\n') throw new Error(`control character ${character.charCodeAt(0)}`);
      return;
    }
    const row = this.cells[this.#y];
    if (row === undefined) throw new Error(`row ${this.#y} of ${this.rows}`);
    const width = this.#widthOf(character);
    if (width === 0) {
      row[Math.max(0, this.#x - 1)] += character;
      return;
    }
    if (this.#x + width > this.columns) throw new Error(`column ${this.#x} of ${this.columns}`);
    // Half of a wide character is none.
    if (row[this.#x] === '' && this.#x > 0) row[this.#x - 1] = ' ';
    if (row[this.#x + width] === '') row[this.#x + width] = ' ';
    row[this.#x] = character;
    for (let i = 1; i < width; i++) row[this.#x + i] = '';
    this.#x += width;
  }

  #widthOf(character: string): number {
    if (isOurs(character)) return 1;
    const usual = stringWidth(character);
    return usual === 0 || this.#widths === 'usual' ? usual : this.#widths === 'all narrow' ? 1 : 2;
  }
}

const CSI = /\x1b\[([?>]?)([\d;]*)([a-zA-Z])/y;
/** Cursor and keypad, character sets, the clipboard. */
const OTHER = /\x1b(?:[78=>]|[()][0B])|\x1b\]52;c;[A-Za-z0-9+/=]*\x07/y;

/** ASCII and what the screen draws itself: no terminal has doubts about these. */
function isOurs(character: string): boolean {
  return character < '\x7f' || /[\u2190-\u2193\u2500-\u25bf\u2800-\u28ff…×·]/u.test(character);
}
