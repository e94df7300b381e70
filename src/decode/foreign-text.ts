import { type Dialect, type ForeignHead, readForeignHead } from './foreign-head.js';
import { readForeignPayload } from './foreign-payload.js';
import { pushText } from './push-text.js';
import { RECORD_LIMIT, TextWindow } from './text-window.js';
import type { ByteString, StackRecord, TraceRecord } from './trace-record.js';
import { TraceTextDecoder } from './trace-text.js';

/**
 * Decodes what `trace-cmd report` and `perf script` print, with the face of TraceTextDecoder: the heads of the lines
 * are read here, what they say behind them is handed to that decoder as trace text. Every line is a record, a frame of
 * the stack above it, an empty line, a comment (`#`) or one of trace-cmd's first lines; any other is a
 * MalformedRecord. Nothing throws but `emit`; what it threw at is not delivered again. The same bytes give the same
 * records however they are cut into pieces.
 *
 * A record is a line here: a name or a string with a newline in it is torn, as the program that printed it left it.
 */
export class ForeignText {
  readonly #dialect: Dialect;
  readonly #emit: (record: TraceRecord) => void;
  readonly #window = new TextWindow(CAPACITY);
  readonly #payloads: TraceTextDecoder;
  #read: TraceRecord | null = null;
  /** The stack whose frames may follow. */
  #stack: (StackRecord & { frames: string[] }) | null = null;
  /** In a line that is longer than any record. */
  #skipping = false;
  /** Position behind the line that is being read. */
  #behind = 0;

  constructor(options: { dialect: Dialect; emit: (record: TraceRecord) => void }) {
    this.#dialect = options.dialect;
    this.#emit = options.emit;
    this.#payloads = new TraceTextDecoder({
      emit: (record) => {
        this.#read = record;
      },
    });
  }

  /** The free part of the decoder's own buffer, to be read into: at least 64 KiB. */
  space(): Uint8Array {
    const { bytes, end, capacity } = this.#window;
    return bytes.subarray(end, capacity);
  }

  /** `n` bytes were put into `space()`: decodes every line that is whole. */
  filled(n: number): void {
    this.#window.extend(n);
    this.#decode(false);
  }

  /** Decodes bytes that stand elsewhere. */
  push(bytes: Uint8Array): void {
    pushText(this, bytes);
  }

  /** No more text will come. A line without its newline is malformed. */
  end(): void {
    this.#decode(true);
    this.#finishStack();
    this.#skipping = false;
  }

  #decode(complete: boolean): void {
    const window = this.#window;
    let at = 0;
    window.delivered = 0;
    try {
      while (at < window.end) {
        const limit = this.#skipping ? window.end : at + RECORD_LIMIT;
        const newline = window.newline(at, limit);
        if (newline < 0 && !this.#skipping && !complete && window.end < limit) break;
        this.#behind = newline < 0 ? Math.min(window.end, limit) : newline + 1;
        const torn = this.#skipping;
        this.#skipping = newline < 0;
        if (!torn && newline < 0) this.#malformed('a line that does not end', window.text(at, this.#behind));
        else if (!torn) this.#line(withoutReturn(window.text(at, newline)));
        at = this.#behind;
      }
    } finally {
      // Where `emit` throws, what it was given does not come again.
      window.discard(Math.max(at, window.delivered));
    }
  }

  #line(line: ByteString): void {
    if (line === '') {
      this.#finishStack();
      return;
    }
    const head = readForeignHead(line, this.#dialect);
    if (head !== null) this.#record(line, head);
    else if (!this.#frame(line)) this.#other(line);
  }

  #record(line: ByteString, head: ForeignHead): void {
    const { comm, tid, cpu, time, rest } = head;
    this.#finishStack();
    const payload = readForeignPayload(rest, this.#dialect);
    if (payload === null) {
      this.#malformed(NO_EVENT, line);
      return;
    }
    if (payload.kind === 'lost') {
      this.#deliver({ kind: 'lost', cpu, count: payload.count });
      return;
    }
    if (payload.kind === 'aside') return;
    if (payload.kind === 'stack') {
      this.#stack = { kind: 'stack', time, cpu, tid, frames: [] };
      return;
    }
    const record = this.#decodePayload(payload.text);
    if (record?.kind === 'function') {
      this.#deliver({ ...record, time, cpu, tid, comm });
    } else if (record?.kind === 'event') {
      // A call chain may follow.
      if (this.#dialect === 'perf-script') this.#stack = { kind: 'stack', time, cpu, tid, frames: [] };
      this.#deliver({ ...record, time, cpu, tid, comm, name: payload.name ?? record.name });
    } else {
      this.#malformed(record?.kind === 'malformed' ? record.why : NO_EVENT, line);
    }
  }

  /** As one line of trace text whose head means nothing. */
  #decodePayload(text: ByteString): TraceRecord | null {
    this.#read = null;
    this.#payloads.push(Buffer.from(`${HEAD}${text}\n`, 'latin1'));
    this.#payloads.end();
    return this.#read;
  }

  #frame(line: ByteString): boolean {
    if (this.#stack === null) return false;
    const match = (this.#dialect === 'trace-cmd' ? TRACE_CMD_FRAME : PERF_FRAME).exec(line);
    if (match === null) return false;
    const { address, symbol } = match.groups!;
    // perf's call chains go on into the program that made the call.
    if (address === undefined || KERNEL_ADDRESS.test(address))
      this.#stack.frames.push(symbol!.split('/', 1)[0]!);
    return true;
  }

  #other(line: ByteString): void {
    this.#finishStack();
    if (line.startsWith('#')) return;
    const lost = this.#dialect === 'trace-cmd' ? TRACE_CMD_LOST.exec(line) : null;
    if (lost !== null) {
      const count = lost[2] ?? lost[3];
      this.#deliver({
        kind: 'lost',
        cpu: Number(lost[1]),
        count: count === undefined ? null : Number(count),
      });
    } else if (this.#dialect !== 'trace-cmd' || !TRACE_CMD_FIRST.test(line)) {
      this.#malformed(
        `expected a line of ${this.#dialect === 'trace-cmd' ? 'trace-cmd report' : 'perf script'}`,
        line,
      );
    }
  }

  #malformed(why: string, line: ByteString): void {
    this.#finishStack();
    this.#deliver({ kind: 'malformed', why, sample: line.slice(0, SAMPLE) });
  }

  #finishStack(): void {
    const stack = this.#stack;
    this.#stack = null;
    if (stack !== null && (stack.frames.length > 0 || this.#dialect === 'trace-cmd')) this.#emit(stack);
  }

  /** What the line itself tells. */
  #deliver(record: TraceRecord): void {
    this.#window.delivered = this.#behind;
    this.#emit(record);
  }
}

/** Of a text that went through a program of another system. */
function withoutReturn(line: ByteString): ByteString {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

const CAPACITY = 256 * 1024;
/** Most bytes of a malformed line that are shown. */
const SAMPLE = 120;
const HEAD = '            kwho-1       [000] ..... 0.000000: ';
const NO_EVENT = 'expected "event: fields" behind the time';

/** `=> do_syslog (ffffffffb58fa632)` */
const TRACE_CMD_FRAME = /^ *=> (?<symbol>[^\s(]+)(?: \([0-9a-f]{1,16}\))?$/;
/** `	ffffffffb58fa632 do_syslog+0x2 ([kernel.kallsyms])` */
const PERF_FRAME = /^\s+(?<address>[0-9a-f]{1,16}) (?<symbol>[^\s(]+)/;
/** The upper half; all ones is where perf lost the track. */
const KERNEL_ADDRESS = /^ff(?!f{14}$)[0-9a-f]{14}$/;
const TRACE_CMD_LOST = /^CPU:(\d{1,9}) \[(?:LOST (?:(\d{1,15}) )?EVENTS|(?:(\d{1,15}) )?EVENTS DROPPED)\]$/;
const TRACE_CMD_FIRST = /^(?:version = .*|cpus=\d+|CPU \d+ is empty)$/;
