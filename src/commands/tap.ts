import type { DecodingFacts } from './trace-decoding.js';

/** A value as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * Stands between one side of a run and its sources, and writes down what passes while a recording is under way: bytes
 * of ring buffers as they came, what was looked up on this host, and what was told from elsewhere. Within a *round*
 * look-ups come first, so that a replay has the answers before the bytes that ask for them.
 */
export class Tap {
  readonly #stream: string;
  readonly #buffers = new Map<string, BytesTap>();
  #log: BlockLog | null = null;
  /** What is needed to read on from now; null before the sources are live. */
  #opening: (() => Opening) | null = null;
  #pending: Block[] = [];
  /** Answers that nobody will ask for again. */
  readonly #once = new Map<string, { name: string; key: string; value: unknown }>();
  /** Look-ups that are written: by name and key. */
  readonly #written = new Map<string, unknown>();

  constructor(stream: string) {
    this.#stream = stream;
  }

  /** The sources are live. @param opening what a replay needs to go on from here, asked whenever a recording begins */
  begin(opening: () => Opening): void {
    this.#opening = opening;
    if (this.#log === null) return;
    for (const [method, ...args] of this.#open(this.#log)) this.call(method, ...args);
  }

  /** From now on everything goes into this as well; null for nowhere. To be called between rounds. */
  record(log: BlockLog | null): void {
    this.#log = log;
    this.#pending = [];
    this.#written.clear();
    if (log === null || this.#opening === null) return;
    // At once, not with the round: no answer of this round may come before what was before it.
    for (const [method, ...args] of this.#open(log))
      log.block({ kind: 'call', stream: this.#stream, time: 0, head: { method, args }, bytes: NO_BYTES });
  }

  get recording(): boolean {
    return this.#log !== null && this.#opening !== null;
  }

  /** The same question to this host, with its answers written down. Answers are compared by what they are. */
  look<K extends string | number | bigint, V>(name: string, look: (key: K) => V): (key: K) => V {
    return (key) => {
      const value = look(key);
      if (this.recording) this.#noteLook(name, String(key), value);
      return value;
    };
  }

  /** The same for a question that is asked once for each key: a recording that begins later has the answers, too. */
  lookOnce<K extends string | number | bigint, V>(name: string, look: (key: K) => V): (key: K) => V {
    const noted = this.look(name, look);
    return (key) => {
      const value = noted(key);
      if (value !== null && this.#once.size < MOST_WRITTEN)
        this.#once.set(`${name} ${key}`, { name, key: String(key), value });
      return value;
    };
  }

  /** One of the ring buffers of this side. */
  buffer(name: string): BytesTap {
    let buffer = this.#buffers.get(name);
    if (buffer === undefined) {
      buffer = new BytesTap(name, this, (block) => this.#note(block));
      this.#buffers.set(name, buffer);
    }
    return buffer;
  }

  /** Something was told, or came about, that is in no ring buffer. */
  call(method: string, ...args: Json[]): void {
    this.#note({ kind: 'call', head: { method, args }, bytes: NO_BYTES });
  }

  /** A record of the kernel log came. @param bytes nobody else changes them */
  message(bytes: Uint8Array): void {
    this.#note({ kind: 'message', head: null, bytes });
  }

  /** A round of reading is over. @param time seconds on the kernel's clock */
  endRound(time: number): void {
    const blocks = this.#pending;
    if (blocks.length === 0 || this.#log === null) return;
    this.#pending = [];
    for (const block of blocks) this.#log.block({ ...block, stream: this.#stream, time });
    this.#log.block({ kind: 'round', stream: this.#stream, time, head: null, bytes: NO_BYTES });
  }

  #open(log: BlockLog): Opening['calls'] {
    for (const { name, key, value } of this.#once.values()) this.#noteLook(name, key, value);
    const { head, calls } = this.#opening!();
    const buffers = Object.fromEntries(
      [...this.#buffers].map(([name, { facts }]) => [name, facts as unknown as Json]),
    );
    log.block({ kind: 'begin', stream: this.#stream, time: 0, head: { ...head, buffers }, bytes: NO_BYTES });
    return calls;
  }

  #note(block: Block): void {
    if (this.recording) this.#pending.push(block);
  }

  #noteLook(name: string, key: string, value: unknown): void {
    const id = `${name} ${key}`;
    const known = this.#written.get(id);
    if (known === value && known !== undefined) return;
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(value)) return;
    if (this.#written.size >= MOST_WRITTEN) this.#written.clear();
    this.#written.set(id, value);
    const head = { name, key, value: value as Json };
    this.#log?.block({ kind: 'look', stream: this.#stream, time: 0, head, bytes: NO_BYTES });
  }
}

/** What a replay starts from: how to read what follows, and what had come about before. */
export interface Opening {
  head: { readonly [name: string]: Json };
  calls: readonly [method: string, ...args: Json[]][];
}

/** One ring buffer of a side. */
export class BytesTap {
  readonly #name: string;
  readonly #tap: Tap;
  readonly #note: (block: Block) => void;
  facts: DecodingFacts | null = null;
  /** Bytes came in this round or in the one before: its end means something. */
  #rounds = 0;

  constructor(name: string, tap: Tap, note: (block: Block) => void) {
    this.#name = name;
    this.#tap = tap;
    this.#note = note;
  }

  begin(facts: DecodingFacts): void {
    this.facts = facts;
  }

  /** Names an address; whoever asks remembers what it was told. */
  symbols(look: (address: number) => string | null): (address: number) => string | null {
    return this.#tap.lookOnce('symbol', look);
  }

  /** @param bytes are copied, which the slice of a Buffer would not do: their place is used again */
  bytes(cpu: number, bytes: Uint8Array): void {
    if (!this.#tap.recording) return;
    this.#rounds = 2;
    this.#note({ kind: 'bytes', head: { buffer: this.#name, cpu }, bytes: new Uint8Array(bytes) });
  }

  endRound(): void {
    if (this.#rounds === 0) return;
    this.#rounds--;
    this.#note({ kind: 'read', head: { buffer: this.#name }, bytes: NO_BYTES });
  }

  finish(): void {
    this.#note({ kind: 'drained', head: { buffer: this.#name }, bytes: NO_BYTES });
  }
}

/** Where blocks go: a recording. */
export interface BlockLog {
  block(block: Block & { stream: string; time: number }): void;
}

interface Block {
  kind: string;
  head: Json;
  bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);
const MOST_WRITTEN = 100_000;
