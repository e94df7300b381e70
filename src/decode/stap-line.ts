import { parseStapLine, STAP_PROTOCOL, type StapHeader, type StapLine } from './stap-record.js';
import type { EventRecord, MalformedRecord } from './trace-record.js';

export type StapEnd = Extract<StapLine, { kind: 'end' }>;

/** Where what a script prints goes to. */
export interface StapListener {
  begin(header: StapHeader): void;
  record(record: EventRecord | MalformedRecord): void;
  end(end: StapEnd): void;
}

/**
 * Reads the standard output of one of kwho's SystemTap scripts, in whatever pieces it comes. Every line is either a
 * record or malformed, none is passed over; a line longer than any record is malformed once and holds no memory.
 */
export class StapLines {
  readonly #listener: StapListener;
  #rest = '';
  /** The line under way is too long and already told. */
  #skipping = false;
  #version: number | null = null;
  /** Whether the script's last line has come: without it, what was lost is not known. */
  ended = false;
  malformed = 0;

  constructor(listener: StapListener) {
    this.#listener = listener;
  }

  push(bytes: Uint8Array): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      this.#take(text.slice(from, at));
      this.#endLine();
      from = at + 1;
    }
    this.#take(text.slice(from));
  }

  /** The stream is over: what has no newline behind it is a line too. */
  finish(): void {
    if (this.#rest !== '' || this.#skipping) this.#endLine();
  }

  #take(text: string): void {
    if (this.#skipping) return;
    this.#rest += text;
    if (this.#rest.length <= LONGEST_LINE) return;
    this.#complain('is longer than any record', this.#rest);
    this.#rest = '';
    this.#skipping = true;
  }

  #endLine(): void {
    const line = this.#rest;
    const skipped = this.#skipping;
    this.#rest = '';
    this.#skipping = false;
    if (!skipped) this.#apply(line, parseStapLine(line));
  }

  #apply(line: string, parsed: StapLine): void {
    const why = this.#objection(parsed);
    if (why !== null || parsed.kind === 'wrong') this.#complain(why ?? '', line);
    else if (parsed.kind === 'begin') {
      this.#version = parsed.version;
      this.#listener.begin(parsed);
    } else if (parsed.kind === 'end') {
      this.ended = true;
      this.#listener.end(parsed);
    } else this.#listener.record(parsed);
  }

  #objection(parsed: StapLine): string | null {
    if (parsed.kind === 'wrong') return parsed.why;
    if (parsed.kind === 'begin') return this.#version === null ? null : 'is a second header';
    if (this.#version === null) return 'comes before the header';
    if (this.ended) return 'comes behind the end';
    return this.#version === STAP_PROTOCOL ? null : `is of version ${this.#version}, not ${STAP_PROTOCOL}`;
  }

  #complain(why: string, line: string): void {
    this.malformed += 1;
    const sample = line.slice(0, SAMPLE_BYTES);
    this.#listener.record({ kind: 'malformed', why: `a line of a SystemTap script ${why}`, sample });
  }
}

/** A drop is below 3 KiB, a call with 64 pieces of 100 bytes, every one escaped, below 40. */
const LONGEST_LINE = 64 * 1024;
const SAMPLE_BYTES = 80;
