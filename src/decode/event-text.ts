import { type ByteStrings, internalized } from './byte-strings.js';
import type { EventFormat } from './event-format.js';
import { knownFormats } from './known-events.js';
import { type LooseReading, looseProbe, looseSyscall, OPEN } from './loose-fields.js';
import { numberReader } from './number-reader.js';
import { type PrintedLayout, printedLayout } from './print-format.js';
import type { Match, Reading } from './printed-compiler.js';
import { PrintedEvent } from './printed-event.js';
import { placeLength } from './printed-step.js';
import { MISMATCH, RECORD_LIMIT, STARVED, type TextWindow } from './text-window.js';
import type { Fields } from './trace-record.js';

/** The events whose text can be read, by name: the formats given, and known ones for names that are not given. */
export class EventTexts {
  readonly #reading: Reading;
  readonly #formats = new Map<string, EventFormat>();
  /** Made when the first of its kind comes: making one costs more than reading a hundred. */
  readonly #events = new Map<string, EventText>();

  constructor(window: TextWindow, strings: ByteStrings, formats: Iterable<EventFormat>) {
    this.#reading = { window, numbers: numberReader(window), strings };
    for (const format of formats) this.#formats.set(format.name, format);
  }

  /** An event without a known format is not kept: its name is only what some text says. */
  named(name: string): EventText {
    const known = this.#events.get(name);
    if (known !== undefined) return known;
    const given = this.#formats.get(name);
    const formats = given === undefined ? knownFormats(name) : [given];
    const layouts = formats.map(printedLayout).filter((layout) => layout !== null);
    if (layouts.length === 0 && name.startsWith('sys_exit_')) layouts.push(SYSCALL_EXIT);
    const event = new EventText(name, layouts, this.#reading);
    if (formats.length > 0) this.#events.set(name, event);
    return event;
  }
}

/** One event: the ways its text may be laid out, and what to do where none of them fits. */
export class EventText {
  readonly name: string;
  /** The text starts with a place in parentheses: `match` wants the position behind it, `read` the one before. */
  readonly place: boolean;
  /** The fast way, for the layout that fitted last time. */
  match: Match;

  readonly #events: readonly PrintedEvent[];

  constructor(name: string, layouts: readonly PrintedLayout[], reading: Reading) {
    this.name = internalized(name);
    this.#events = layouts.map((layout) => new PrintedEvent(layout, reading));
    this.place = layouts[0]?.place ?? false;
    this.match = this.#events[0]?.match ?? (() => null);
  }

  /**
   * Every other way, the line as it is (`{text}`) being the last. A string may hold newlines, so an event that does
   * not fit on its line is looked for beyond it.
   * @returns null where the window's position says MISMATCH or STARVED
   */
  read(window: TextWindow, at: number, complete: boolean): Fields | null {
    const newline = window.newline(at, at + RECORD_LIMIT);
    if (newline < 0) {
      window.position = !complete && window.end - at < RECORD_LIMIT ? STARVED : MISMATCH;
      return null;
    }
    const limit = at + EVENT_LIMIT;
    const mayGrow = !complete && window.end < limit;
    const place = this.place ? placeLength(window, at) : 0;
    window.position = MISMATCH;
    const fields = place < 0 ? null : this.#declared(window, at + place, newline, limit, mayGrow);
    if (fields !== null || window.position === STARVED) return fields;

    const loose = this.#loosely(window, at, newline, limit);
    if (loose === OPEN && mayGrow) {
      window.position = STARVED;
      return null;
    }
    if (loose !== null && loose !== OPEN) {
      window.position = at + loose.length;
      return loose.fields;
    }
    window.position = newline + 1;
    return { text: window.text(at, newline) };
  }

  /** The layouts in turn: on this line, then beyond it where one of them was inside a string at its end. */
  #declared(window: TextWindow, at: number, newline: number, limit: number, mayGrow: boolean): Fields | null {
    let open = false;
    for (const event of this.#events) {
      const fields = event.match(at) ?? event.search(window, at, newline + 1);
      open ||= event.open;
      if (fields === null) continue;
      this.match = event.match;
      return fields;
    }
    window.position = MISMATCH;
    if (!open) return null;
    for (const event of this.#events) {
      const fields = event.search(window, at, limit);
      if (event.open && mayGrow) {
        window.position = STARVED;
        return null;
      }
      if (fields !== null) return fields;
    }
    return null;
  }

  #loosely(window: TextWindow, at: number, newline: number, limit: number): LooseReading {
    const syscall = this.name.startsWith('sys_enter_');
    if (!syscall && this.#events.length > 0) return null;
    const read = syscall ? looseSyscall : looseProbe;
    const line = read(window.text(at, newline + 1));
    return line === OPEN ? read(window.text(at, Math.min(limit, window.end))) : line;
  }
}

/** Most bytes of an event whose strings hold newlines: what the kernel can build at most (TRACE_SEQ_BUFFER_SIZE). */
const EVENT_LIMIT = 8 * 1024;

const SYSCALL_EXIT: PrintedLayout = {
  fields: [{ name: 'ret', length: null }],
  place: false,
  steps: [
    { before: '', value: { kind: 'hex', wrap: 64, prefix: true, padded: false }, field: 0, element: -1 },
  ],
  tail: '',
};
