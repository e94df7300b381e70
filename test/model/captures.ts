import { readFileSync } from 'node:fs';
import { type LogDoor, type LogHooks, logDoorOf } from '../../src/decode/log-doors.js';
import type { TraceRecord } from '../../src/decode/trace-record.js';
import { TraceTextDecoder } from '../../src/decode/trace-text.js';
import type { LogAccess } from '../../src/model/log-access.js';
import { LogLedger } from '../../src/model/log-ledger.js';

export const KERNELS = ['5.10', '6.1', '6.12', '7.2'];

/** The records of a capture of the `trace` file; its first line is the command that was run. */
export function recordsOf(kernel: string, name: string): TraceRecord[] {
  const records: TraceRecord[] = [];
  const decoder = new TraceTextDecoder({
    emit: (record) => records.push(record),
  });
  decoder.push(readFileSync(fixture(kernel, `${name}.trace.txt`)));
  decoder.end();
  return records;
}

/** What the script of a `klogctl` capture printed of its own call: the result as the kernel gave it. */
export function resultSeenByCaller(kernel: string, name: string): number {
  const text = readFileSync(fixture(kernel, `${name}.trace.txt`), 'latin1');
  const [, returned, errno] = /stdout '(-?\d+) (\d+)/.exec(text) as RegExpExecArray;
  return returned === '-1' ? -Number(errno) : Number(returned);
}

export function fixture(kernel: string, name: string): string {
  return new URL(`../fixtures/${kernel}/${name}`, import.meta.url).pathname;
}

/** Hooks from what was traced: functions by name, events with the function they stand on. */
export function hooksOf(
  functions: readonly string[],
  entries: Record<string, string> = {},
  returns: Record<string, string> = {},
): LogHooks {
  const events = (table: Record<string, string>) =>
    new Map(Object.entries(table).map(([event, symbol]) => [event, doorOf(symbol)]));
  return {
    functions: new Map(functions.map((symbol) => [symbol, doorOf(symbol)])),
    entries: events(entries),
    returns: events(returns),
  };
}

export function doorOf(symbol: string): LogDoor {
  const door = logDoorOf(symbol);
  if (door === null) throw new Error(`${symbol} is no door of the log`);
  return door;
}

/** Everything the ledger tells of these records. */
export function accessesOf(hooks: LogHooks, records: Iterable<TraceRecord>): LogAccess[] {
  const accesses: LogAccess[] = [];
  const ledger = new LogLedger(hooks, (access) => accesses.push(access));
  for (const record of records) ledger.apply(record);
  ledger.finish();
  return accesses;
}
