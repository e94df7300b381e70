import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { parsePageHeader } from '../decode/page-header.js';
import type { TraceRecord } from '../decode/trace-record.js';
import { LocationNames } from '../host/location-names.js';
import { findSymbols } from '../host/symbols.js';
import { readFormatTexts } from '../tracefs/formats.js';
import type { TraceInstance } from '../tracefs/instance.js';
import type { KernelJournal } from '../tracefs/journal.js';
import { PageSource } from '../tracefs/page-source.js';
import { PipeSource } from '../tracefs/pipe-source.js';
import type { BytesTap } from './tap.js';
import { type DecodingFacts, openDecoding, type TraceDecoding } from './trace-decoding.js';

/** Records of an instance in time order, by whichever of the two ways. */
export interface TraceReader {
  kind: 'pages' | 'text';
  /** Gives the records that are complete and in order; true if there was anything to read. */
  poll(): boolean;
  /** The end: gives everything that is left. */
  finish(): void;
}

/** What the reader is chosen by, before anything is traced. */
export interface ReaderChoice {
  kind: 'pages' | 'text';
  /** Why it is not pages; null where it is, or where text was asked for. */
  reason: string | null;
  addresses: ReadonlyMap<string, bigint[]>;
}

/**
 * Pages wherever the page header and the symbols check out, text otherwise: pages cannot be forged and are faster.
 * @param functions the functions whose addresses the pages will carry
 */
export function chooseReader(
  wanted: 'auto' | 'pages' | 'text',
  tracefs: string,
  proc: string,
  functions: readonly string[],
): ReaderChoice {
  if (wanted === 'text') return { kind: 'text', reason: null, addresses: new Map() };
  const reason = whyNoPages(tracefs);
  if (reason !== null) return { kind: 'text', reason, addresses: new Map() };
  const addresses = readAddresses(proc, new Set(functions));
  const hidden = functions.filter((name) => (addresses.get(name) ?? [0n])[0] === 0n);
  if (hidden.length > 0) {
    return {
      kind: 'text',
      reason: `/proc/kallsyms hides addresses (kptr_restrict): ${hidden.join(' ')}`,
      addresses,
    };
  }
  return { kind: 'pages', reason: null, addresses };
}

function whyNoPages(tracefs: string): string | null {
  try {
    parsePageHeader(readFileSync(join(tracefs, 'events/header_page'), 'latin1'), endianness());
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function endianness(): 'little' | 'big' {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 'little' : 'big';
}

export function readAddresses(proc: string, names: ReadonlySet<string>): Map<string, bigint[]> {
  const fd = openSync(join(proc, 'kallsyms'), 'r');
  const buffer = Buffer.allocUnsafe(256 * 1024);
  try {
    return findSymbols(() => {
      const n = readSync(fd, buffer, 0, buffer.length, null);
      return n === 0 ? null : buffer.subarray(0, n);
    }, names);
  } finally {
    closeSync(fd);
  }
}

export interface ReaderOptions {
  choice: ReaderChoice;
  /** Events switched on, as `group/name`. */
  events: readonly string[];
  /** Whether kernel paths are recorded now: every symbol is needed then. */
  stack: () => boolean;
  proc: string;
  emit: (record: TraceRecord) => void;
  /** Which of a run's ring buffers it is, for a recording. */
  tap: BytesTap;
  /** The most pages of a CPU that a poll reads; enough for a default buffer where it is not given. */
  pagesARound?: number | undefined;
}

/** Opens the chosen reader. Its files are closed when the journal is undone. */
export function openReader(
  instance: TraceInstance,
  journal: KernelJournal,
  { choice, events, stack, proc, emit, tap, pagesARound }: ReaderOptions,
): TraceReader {
  const facts: DecodingFacts = {
    kind: choice.kind,
    header: choice.kind === 'pages' ? instanceHeader(instance) : '',
    endian: endianness(),
    formats: readFormatTexts(instance.tracefs, instance.path, events),
  };
  const known = knownSymbol(choice.addresses);
  const any = anySymbol(proc);
  const named = (address: number) => known(address) ?? (stack() ? any(address) : null);
  const decoding = openDecoding(facts, { symbol: tap.symbols(named), emit });
  tap.begin(facts);
  const source =
    choice.kind === 'text'
      ? openPipe(instance, decoding, tap)
      : openPages(instance, decoding, tap, pagesARound);
  journal.hold('trace_pipe', () => source.close());
  if (choice.kind === 'pages') holdPipe(instance, journal);
  return {
    kind: choice.kind,
    poll: () => {
      const any = source.poll();
      tap.endRound();
      decoding.endRound();
      return any;
    },
    finish: () => {
      tap.finish();
      decoding.finish();
    },
  };
}

function openPipe(instance: TraceInstance, { text }: TraceDecoding, tap: BytesTap): PipeSource {
  return new PipeSource(instance.path, {
    space: () => text.space(),
    filled: (n) => {
      tap.bytes(NO_CPU, text.space().subarray(0, n));
      text.filled(n);
    },
  });
}

/** The text of all CPUs comes merged. */
const NO_CPU = -1;

function openPages(
  instance: TraceInstance,
  decoding: TraceDecoding,
  tap: BytesTap,
  pagesARound: number | undefined,
): PageSource {
  const { pageSize } = decoding;
  return new PageSource(instance.path, { pageSize, pagesARound }, (cpu, page) => {
    tap.bytes(cpu, page);
    decoding.page(cpu, page);
  });
}

/** Sub-buffers may have another size than a page; the instance's own file says so where there is one. */
export function instanceHeader(instance: TraceInstance): string {
  try {
    return instance.read('events/header_page');
  } catch {
    return readFileSync(join(instance.tracefs, 'events/header_page'), 'latin1');
  }
}

/** Nobody else can open `trace_pipe` now: that is how another kwho sees that this instance is alive. */
export function holdPipe(instance: TraceInstance, journal: KernelJournal): void {
  const fd = openSync(join(instance.path, 'trace_pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
  journal.hold('trace_pipe', () => closeSync(fd));
}

/** The function tracer reports the place of the call to it, which may stand behind a few bytes of the function. */
const ENTRY_BYTES = 16;

function knownSymbol(addresses: ReadonlyMap<string, bigint[]>): (address: number) => string | null {
  const known = [...addresses].flatMap(([name, list]) =>
    list.map((address): [number, string] => [Number(BigInt.asIntN(64, address)), name]),
  );
  return (address) => known.find(([start]) => address >= start && address < start + ENTRY_BYTES)?.[1] ?? null;
}

/** Any return address of the kernel; its symbols are read when the first one asks: 200,000 lines take their time. */
function anySymbol(proc: string): (address: number) => string | null {
  const names = LocationNames.of(proc);
  return (address) => {
    const found = names.name(BigInt.asUintN(64, BigInt(address)));
    return found === null ? null : `${found.symbol}+0x${found.offset.toString(16)}`;
  };
}
