import { parseEventFormat } from '../decode/event-format.js';
import { parsePageHeader } from '../decode/page-header.js';
import { PageDecoder } from '../decode/page-records.js';
import { TimeOrder } from '../decode/time-order.js';
import type { TraceRecord } from '../decode/trace-record.js';
import { TraceTextDecoder } from '../decode/trace-text.js';
import type { TextSpace } from '../tracefs/pipe-source.js';

/** What the bytes of one ring buffer are read by; with it they can be read anywhere. */
export interface DecodingFacts {
  kind: 'pages' | 'text';
  /** `events/header_page`, as the kernel prints it. */
  header: string;
  endian: 'little' | 'big';
  /** The `format` files of the events that may come, as the kernel prints them. */
  formats: readonly string[];
}

export interface DecodingOptions {
  /** Names the address of a function. */
  symbol: (address: number) => string | null;
  emit: (record: TraceRecord) => void;
}

/** Bytes of one ring buffer in, records in time order out. It is the same for a live kernel and for a recording. */
export interface TraceDecoding {
  /** Bytes of one page as `trace_pipe_raw` gives it. */
  pageSize: number;
  page(cpu: number, page: Uint8Array): void;
  /** Where text goes. */
  text: TextSpace;
  /** Every CPU has been read until it was empty. */
  endRound(): void;
  /** The end: gives everything that is left. */
  finish(): void;
}

/** @throws FormatError for a layout that cannot be understood */
export function openDecoding(facts: DecodingFacts, { symbol, emit }: DecodingOptions): TraceDecoding {
  const formats = facts.formats.map(parseEventFormat);
  const decoder = new TraceTextDecoder({ emit, formats });
  if (facts.kind === 'text') {
    return { pageSize: 0, page: () => {}, text: decoder, endRound: () => {}, finish: () => decoder.end() };
  }
  const layout = parsePageHeader(facts.header, facts.endian);
  const order = new TimeOrder();
  let current = 0;
  const pages = new PageDecoder({
    layout,
    formats: new Map(formats.map((format) => [format.id, format])),
    symbol,
    emit: (record) => order.push('cpu' in record ? record.cpu : current, record),
  });
  return {
    pageSize: layout.size,
    page: (cpu, page) => {
      current = cpu;
      pages.page(cpu, page);
    },
    text: decoder,
    endRound: () => order.endRound(emit),
    finish: () => order.flush(emit),
  };
}
