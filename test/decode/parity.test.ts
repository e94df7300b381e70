import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type EventFormat, parseEventFormat } from '../../src/decode/event-format.js';
import { parsePageHeader } from '../../src/decode/page-header.js';
import { PageDecoder } from '../../src/decode/page-records.js';
import { TimeOrder } from '../../src/decode/time-order.js';
import type { TraceRecord } from '../../src/decode/trace-record.js';
import { TraceTextDecoder } from '../../src/decode/trace-text.js';

// The same events of the same run in both of the kernel's languages, recorded by scripts/capture-log-fixture.
const KERNELS = ['5.10', '6.1', '6.12', '7.2'];
const CPUS = [0, 1];

describe.each(KERNELS)('text and pages of %s', (kernel) => {
  it.each(['doors', 'stack'])('say the same: %s', (name) => {
    const text = fromText(kernel, name);
    const pages = fromPages(kernel, name);
    expect(pages.map(comparable)).toEqual(text.map(comparable));
    expect(new Set(text.map(({ kind }) => kind))).toEqual(
      new Set(name === 'doors' ? ['function', 'event'] : ['function', 'stack']),
    );
  });

  it('pages count what was overwritten', () => {
    const records = fromPages(kernel, 'lost');
    const losses = records.filter((record) => record.kind === 'lost');
    // Losses are told once, before what follows them.
    expect(losses).toEqual([{ kind: 'lost', cpu: expect.any(Number), count: expect.any(Number) }]);
    expect(records[0]).toBe(losses[0]);
    const stats = CPUS.map((cpu) => read(kernel, `lost/cpu${cpu}.stats`));
    expect(losses[0]).toMatchObject({ count: sum(stats, 'overrun') });
    expect(records.length - losses.length).toBe(sum(stats, 'entries'));
    expect(records.some((record) => record.kind === 'malformed')).toBe(false);
  });
});

function read(kernel: string, name: string): string {
  return readFileSync(fixture(kernel, name), 'latin1');
}

function fixture(kernel: string, name: string): string {
  return new URL(`../fixtures/${kernel}/capture-log/${name}`, import.meta.url).pathname;
}

function readFormats(kernel: string): EventFormat[] {
  return readdirSync(fixture(kernel, 'formats')).map((name) =>
    parseEventFormat(read(kernel, `formats/${name}`)),
  );
}

function fromText(kernel: string, name: string): TraceRecord[] {
  const records: TraceRecord[] = [];
  const decoder = new TraceTextDecoder({
    emit: (record) => records.push(record),
    formats: readFormats(kernel),
  });
  decoder.push(readFileSync(fixture(kernel, `${name}/trace.txt`)));
  decoder.end();
  return records;
}

function fromPages(kernel: string, name: string): TraceRecord[] {
  const layout = parsePageHeader(read(kernel, 'header_page'));
  const order = new TimeOrder();
  const records: TraceRecord[] = [];
  for (const cpu of CPUS) {
    const path = fixture(kernel, `${name}/cpu${cpu}.pages`);
    const decoder = new PageDecoder({
      layout,
      formats: new Map(readFormats(kernel).map((format) => [format.id, format])),
      symbol: symbolsOf(kernel),
      emit: (record) => order.push(cpu, record),
    });
    // A CPU on which nothing happened has no file.
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    for (let at = 0; at < bytes.length; at += layout.size)
      decoder.page(cpu, bytes.subarray(at, at + layout.size));
  }
  order.flush((record) => records.push(record));
  expect(order.late).toBe(0);
  return records;
}

function symbolsOf(kernel: string): (address: number) => string | null {
  const symbols = read(kernel, 'kallsyms')
    .trim()
    .split('\n')
    .map((line) => ({
      at: Number(BigInt.asIntN(64, BigInt(`0x${line.split(' ')[0]}`))),
      name: line.split(/\s/)[2],
    }));
  return (address) => {
    const found = symbols.findLast(({ at }) => at <= address);
    // Only the symbols that this run needs are in the fixture: an address far behind one belongs to another.
    if (found === undefined || address - found.at > 0x2000) return null;
    return address === found.at ? found.name : `${found.name}+0x${(address - found.at).toString(16)}`;
  };
}

/** A record without what only one of the two knows: names of processes, nanoseconds, offsets in stacks. */
function comparable(record: TraceRecord): unknown {
  if (record.kind === 'lost' || record.kind === 'malformed') return record;
  const time = Math.round(record.time / 1000);
  if (record.kind === 'stack')
    return { ...record, time, frames: record.frames.map((frame) => frame.split('+')[0]) };
  return { ...record, time, comm: null };
}

function sum(stats: readonly string[], label: string): number {
  return stats.reduce(
    (total, text) => total + Number(new RegExp(`^${label}: (\\d+)$`, 'm').exec(text)?.[1]),
    0,
  );
}
