import { ByteStrings } from './byte-strings.js';
import type { EventFormat } from './event-format.js';
import { type FamiliarRecords, familiarRecords } from './familiar-record.js';
import { pushText } from './push-text.js';
import { MISMATCH, RECORD_LIMIT, STARVED, TextWindow } from './text-window.js';
import { TraceHeader } from './trace-header.js';
import { type PayloadRecord, TracePayload } from './trace-payload.js';
import type { StackRecord, TraceRecord } from './trace-record.js';

/**
 * Decodes the text of `trace_pipe` and of the `trace` file (Documentation/trace/ftrace.rst, "Output format"), for
 * every combination of the options irq-info, record-tgid, func-args, sym-offset, sym-addr, stacktrace and of clocks.
 * Each byte ends up in one record, in a comment (`#`) or in an empty line; what is none of these is a
 * MalformedRecord per line. Nothing throws but `emit`; what it threw at is not delivered again.
 *
 *     const n = readSync(fd, decoder.space());
 *     decoder.filled(n);
 *
 * The columns of the header decide where a record starts, not the newline before it: a process name may hold
 * newlines. A string among an event's fields may, too; it is followed over them only where the declared fields do not
 * fit on the line. **Text cannot be made proof against forgery**: the kernel prints names and strings raw, so whoever
 * chooses one can end it early and write whole records behind it, byte for byte like true ones, or leave one
 * unfinished that swallows what follows, up to 8 KiB of it. Pages (`trace_pipe_raw`) carry lengths; only they tell.
 *
 * The same bytes give the same records however they are cut into pieces. A record is delivered once it is known to be
 * whole: a stack with the first line behind it, an event whose strings seem not to end with up to 8 KiB more.
 */
export class TraceTextDecoder {
  readonly #emit: (record: TraceRecord) => void;
  readonly #window = new TextWindow(CAPACITY);
  readonly #familiar: FamiliarRecords;
  readonly #header: TraceHeader;
  readonly #payload: TracePayload;
  /** The stack whose frames are being read. */
  #stack: (StackRecord & { frames: string[] }) | null = null;
  /** In a line that is longer than any record. */
  #skipping = false;

  /** @param options.formats of the events that may come; for some common ones there are built-in formats */
  constructor(options: { emit: (record: TraceRecord) => void; formats?: Iterable<EventFormat> }) {
    const strings = new ByteStrings();
    this.#familiar = familiarRecords(this.#window, options.emit);
    this.#emit = options.emit;
    this.#header = new TraceHeader(strings, this.#familiar);
    this.#payload = new TracePayload(this.#window, strings, options.formats ?? [], this.#familiar);
  }

  /** The free part of the decoder's own buffer, to be read into: at least 64 KiB. */
  space(): Uint8Array {
    const { bytes, end, capacity } = this.#window;
    return bytes.subarray(end, capacity);
  }

  /** `n` bytes were put into `space()`: decodes every record that is whole. */
  filled(n: number): void {
    this.#window.extend(n);
    this.#decode(false);
  }

  /** Decodes bytes that stand elsewhere. */
  push(bytes: Uint8Array): void {
    pushText(this, bytes);
  }

  /** No more text will come. What is left is decoded or reported; a line without its newline is malformed. */
  end(): void {
    this.#decode(true);
    this.#finishStack();
    this.#skipping = false;
  }

  #decode(complete: boolean): void {
    const window = this.#window;
    const familiar = this.#familiar;
    const { end } = window;
    let at = this.#skipping ? this.#skip(0) : 0;
    window.delivered = 0;
    try {
      while (at < end) {
        // A stack is emitted before the record behind it.
        let next = this.#stack === null ? familiar.read(at) : MISMATCH;
        if (next < 0) {
          next = this.#unfamiliar(at, complete);
          if (next === STARVED) break;
        }
        at = next;
      }
    } finally {
      // Where `emit` throws, what it was given does not come again.
      window.discard(Math.max(at, window.delivered));
    }
  }

  #unfamiliar(at: number, complete: boolean): number {
    const window = this.#window;
    const behind = this.#header.read(window, at, complete);
    if (behind === STARVED) return STARVED;
    if (behind === MISMATCH) return this.#line(at, complete);
    const record = this.#payload.read(window, behind, this.#header, complete);
    if (record !== null) this.#take(record);
    else if (window.position === MISMATCH) return this.#malformed(at, behind, this.#payload.why);
    return window.position;
  }

  #take(record: PayloadRecord): void {
    if (this.#stack !== null) this.#finishStack();
    this.#window.delivered = this.#window.position;
    if (record.kind === 'stack') this.#stack = record;
    else this.#emit(record);
  }

  /** A line that has no header. */
  #line(at: number, complete: boolean): number {
    const window = this.#window;
    const newline = window.newline(at, at + RECORD_LIMIT);
    if (newline < 0) {
      if (!complete && window.end - at < RECORD_LIMIT) return STARVED;
      this.#finishStack();
      return this.#malformed(at, at, 'a line that does not end');
    }
    if (this.#stack !== null && newline > at + FRAME.length && window.text(at, at + FRAME.length) === FRAME) {
      this.#stack.frames.push(frameOf(window.text(at + FRAME.length, newline)));
      return newline + 1;
    }
    if (newline === at) return newline + 1;
    this.#finishStack();
    window.delivered = newline + 1;
    const text = window.text(at, newline);
    if (text.startsWith('#')) {
      this.#comment(text);
    } else if (!this.#lost(text)) {
      const why = text === TOO_BIG ? 'a record that the kernel found too long to print' : NO_HEADER;
      this.#malformed(at, at, why);
    }
    return newline + 1;
  }

  /** `# entries-in-buffer/entries-written: 181/841   #P:2`: the `trace` file's way to tell what was overwritten. */
  #comment(text: string): void {
    const match = /^# entries-in-buffer\/entries-written: (\d{1,15})\/(\d{1,15}) /.exec(text);
    const count = match === null ? 0 : Number(match[2]) - Number(match[1]);
    if (count > 0) this.#emit({ kind: 'lost', cpu: -1, count });
  }

  /** `CPU:1 [LOST 300 EVENTS]`, `CPU:1 [LOST EVENTS]` (kernel/trace/trace.c print_trace_line()). */
  #lost(text: string): boolean {
    const match = /^CPU:(\d{1,9}) \[LOST (?:(\d{1,15}) )?EVENTS\]$/.exec(text);
    if (match === null) return false;
    this.#emit({
      kind: 'lost',
      cpu: Number(match[1]),
      count: match[2] === undefined ? null : Number(match[2]),
    });
    return true;
  }

  /**
   * Reports the line that starts at `at`; the search for its newline starts at `from`, behind a name that may hold
   * one. @returns the position behind the line
   */
  #malformed(at: number, from: number, why: string): number {
    const window = this.#window;
    const newline = window.newline(from, from + RECORD_LIMIT);
    const to = newline < 0 ? window.end : newline;
    this.#finishStack();
    this.#skipping = newline < 0;
    const behind = this.#skipping ? this.#skip(from) : newline + 1;
    window.delivered = behind;
    this.#emit({ kind: 'malformed', why, sample: window.text(at, Math.min(to, at + SAMPLE)) });
    return behind;
  }

  /** @returns the position behind the next newline, or the end of the text */
  #skip(from: number): number {
    const { end } = this.#window;
    const newline = this.#window.newline(from, end);
    if (newline < 0) return end;
    this.#skipping = false;
    return newline + 1;
  }

  #finishStack(): void {
    const stack = this.#stack;
    this.#stack = null;
    if (stack !== null) this.#emit(stack);
  }
}

/** `udp_rcv+0x452/0xc50 [module]`, `udp_rcv <ffffffffb58fa632>` → `udp_rcv+0x452`, `udp_rcv`. */
function frameOf(text: string): string {
  if (text.startsWith('[')) return text;
  const symbol = text.split(' ', 1)[0] ?? '';
  return symbol.split('/', 1)[0] ?? '';
}

/** Room for one record and for reads of three times that and more; small enough to stay in a processor's cache. */
const CAPACITY = 256 * 1024;
/** Most bytes of a malformed line that are shown. */
const SAMPLE = 120;
const FRAME = ' => ';
const TOO_BIG = '[LINE TOO BIG]';
const NO_HEADER = 'expected name, pid and CPU in their columns';
