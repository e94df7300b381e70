import type { KernelLocation } from '../../decode/kernel-location.js';
import type { EventRecord, MalformedRecord, TraceRecord } from '../../decode/trace-record.js';

/**
 * A script tells the kernel path of a drop or call within its record, as addresses; the model takes it as a record of
 * its own behind it, as the kernel's ring buffer has it.
 */
export function withPath(
  record: EventRecord | MalformedRecord,
  name: (address: bigint) => KernelLocation | null,
): TraceRecord[] {
  if (record.kind !== 'event' || !Array.isArray(record.fields.stack)) return [record];
  const addresses = record.fields.stack as readonly bigint[];
  // Where a probe stands on the first instruction, stack() gives that place twice.
  const frames = addresses
    .filter((address, level) => address !== addresses[level - 1])
    .map((address) => {
      const found = name(address);
      return found === null
        ? `0x${address.toString(16)}`
        : `${found.symbol}+0x${(found.offset ?? 0).toString(16)}`;
    });
  const { time, cpu, tid } = record;
  return [record, { kind: 'stack', time, cpu, tid, frames }];
}
