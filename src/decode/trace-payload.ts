import { type ByteStrings, internalized } from './byte-strings.js';
import type { EventFormat } from './event-format.js';
import { type EventText, EventTexts } from './event-text.js';
import type { FamiliarRecords } from './familiar-record.js';
import { placeLength } from './printed-step.js';
import { MISMATCH, NEWLINE, RECORD_LIMIT, STARVED, type TextWindow, textStands } from './text-window.js';
import type { TraceHeader } from './trace-header.js';
import type { EventRecord, FunctionRecord, StackRecord } from './trace-record.js';

/**
 * Reads what a record says behind its header: `devkmsg_read <-vfs_read`, `name: …`, `sys_syslog(…)`,
 * `sys_syslog -> 0x0`, `<stack trace>`.
 */
export class TracePayload {
  /** What is wrong, after a MISMATCH. */
  why = '';

  readonly #strings: ByteStrings;
  readonly #events: EventTexts;
  readonly #familiar: FamiliarRecords;

  constructor(
    window: TextWindow,
    strings: ByteStrings,
    formats: Iterable<EventFormat>,
    familiar: FamiliarRecords,
  ) {
    this.#strings = strings;
    this.#events = new EventTexts(window, strings, formats);
    this.#familiar = familiar;
  }

  /**
   * Reads the payload at `at` and makes the record of it and its header; of a stack without its frames.
   * @param complete no more text will come
   * @returns null where the window's position says MISMATCH or STARVED
   */
  read(window: TextWindow, at: number, header: TraceHeader, complete: boolean): PayloadRecord | null {
    const opening = this.#familiar.opening(at);
    if (opening === null) return this.#unknown(window, at, header, complete);
    const { event, length, name, parent } = opening;
    const { time, cpu, tid, comm } = header;
    if (event === null) {
      window.position = at + length;
      return { kind: 'function', time, cpu, tid, comm, symbol: name, parent };
    }
    const fields = event.match(at + length);
    if (fields === null || window.position - at > RECORD_LIMIT) {
      return this.#event(window, at + opening.head, header, event, complete);
    }
    return { kind: 'event', time, cpu, tid, comm, name, fields };
  }

  #unknown(window: TextWindow, at: number, header: TraceHeader, complete: boolean): PayloadRecord | null {
    const { bytes } = window;
    const newline = window.newline(at, at + RECORD_LIMIT);
    if (newline < 0) {
      this.why = CUT_OFF;
      window.position = !complete && window.end - at < RECORD_LIMIT ? STARVED : MISMATCH;
      return null;
    }
    let token = at;
    while (!endsToken(bytes[token] as number)) token += 1;

    if (bytes[token] === COLON && bytes[token + 1] === BLANK) {
      const event = this.#events.named(this.#strings.get(window, at, token));
      return this.#newEvent(window, at, token + 2, header, event, complete);
    }
    if (textStands(window, at, 'sys_')) {
      const call = this.#strings.get(window, at + 'sys_'.length, token);
      if (bytes[token] === OPENING && isSyscallEntry(window, token + 1)) {
        const event = this.#events.named(`sys_enter_${call}`);
        return this.#newEvent(window, at, token + 1, header, event, complete);
      }
      if (textStands(window, token, ' -> ')) {
        const event = this.#events.named(`sys_exit_${call}`);
        return this.#newEvent(window, at, token + ' -> '.length, header, event, complete);
      }
    }
    if (textStands(window, at, '<stack trace>\n')) {
      window.position = newline + 1;
      return { kind: 'stack', time: header.time, cpu: header.cpu, tid: header.tid, frames: [] };
    }
    return this.#function(window, at, token, newline, header);
  }

  /** What comes before the first value will be known next time. */
  #newEvent(
    window: TextWindow,
    at: number,
    head: number,
    header: TraceHeader,
    event: EventText,
    complete: boolean,
  ): EventRecord | null {
    const length = head - at + (event.place ? Math.max(placeLength(window, head), 0) : 0);
    this.#familiar.learnOpening(at, {
      length,
      head: head - at,
      name: event.name,
      parent: null,
      event,
    });
    return this.#event(window, head, header, event, complete);
  }

  #event(
    window: TextWindow,
    at: number,
    header: TraceHeader,
    event: EventText,
    complete: boolean,
  ): EventRecord | null {
    const fields = event.read(window, at, complete);
    if (fields === null) {
      this.why = CUT_OFF;
      return null;
    }
    const { time, cpu, tid, comm } = header;
    return { kind: 'event', time, cpu, tid, comm, name: event.name, fields };
  }

  /** `symbol <-parent`; both may have an offset, a module or an address, `symbol` also arguments, behind them. */
  #function(
    window: TextWindow,
    at: number,
    token: number,
    newline: number,
    header: TraceHeader,
  ): FunctionRecord | null {
    const { bytes } = window;
    let arrow = newline;
    while (arrow > token && !textStands(window, arrow - ARROW.length, ARROW)) arrow -= 1;
    if (token === at || (token !== newline && (arrow === token || !followsSymbol(bytes, token)))) {
      this.why = 'expected "symbol <-parent" or "event: fields"';
      window.position = MISMATCH;
      return null;
    }
    const symbol = internalized(this.#strings.get(window, at, token));
    let parent: string | null = null;
    if (arrow > token && bytes[arrow] !== BRACKET) {
      let end = arrow;
      while (!endsToken(bytes[end] as number)) end += 1;
      parent = internalized(this.#strings.get(window, arrow, end));
    }
    // Arguments differ from line to line.
    if (bytes[token] !== OPENING) {
      this.#familiar.learnOpening(at, {
        length: newline + 1 - at,
        head: 0,
        name: symbol,
        parent,
        event: null,
      });
    }
    const { time, cpu, tid, comm } = header;
    window.position = newline + 1;
    return { kind: 'function', time, cpu, tid, comm, symbol, parent };
  }
}

export type PayloadRecord = FunctionRecord | EventRecord | (StackRecord & { frames: string[] });

function endsToken(byte: number): boolean {
  return byte <= BLANK || byte === OPENING || byte === PLUS || byte === COLON;
}

/** ` <-`, ` <ffffffff81000000>`, ` [module]`, `+0x4/0x400` or `(arguments)`. */
function followsSymbol(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === BLANK) return bytes[at + 1] === LESS || bytes[at + 1] === BRACKET;
  return bytes[at] === PLUS || bytes[at] === OPENING;
}

/** `type: `, or `)` of a call without arguments; a traced function's arguments read `type=`. */
function isSyscallEntry({ bytes }: TextWindow, at: number): boolean {
  if (bytes[at] === CLOSING) return bytes[at + 1] === NEWLINE;
  let next = at;
  while (!endsToken(bytes[next] as number) && bytes[next] !== EQUALS) next += 1;
  return bytes[next] === COLON && bytes[next + 1] === BLANK;
}

const ARROW = ' <-';
const CUT_OFF = 'the line is cut off';
const BLANK = 32;
const OPENING = 40;
const CLOSING = 41;
const PLUS = 43;
const COLON = 58;
const LESS = 60;
const EQUALS = 61;
const BRACKET = 91;
