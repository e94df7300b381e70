import type { KernelLocation } from '../../decode/kernel-location.js';
import type { EventRecord, MalformedRecord, TraceRecord } from '../../decode/trace-record.js';

/**
 * A script tells the kernel path of a drop or call within its record, as addresses; the model takes it as a record of
 * its own behind it, as the kernel's ring buffer has it.
 */
export class StapPaths {
  /** Records of which SystemTap found no path at all. */
  missing = 0;
  readonly #name: (address: bigint) => KernelLocation | null;

  constructor(name: (address: bigint) => KernelLocation | null) {
    this.#name = name;
  }

  /** @returns the record, with its path behind it where it has one */
  unfold(record: EventRecord | MalformedRecord): TraceRecord[] {
    if (record.kind !== 'event' || !Array.isArray(record.fields.stack)) return [record];
    const addresses = record.fields.stack as readonly bigint[];
    if (addresses.length === 0) {
      this.missing++;
      return [record];
    }
    // Where a probe stands on the first instruction, stack() gives that place twice.
    const frames = addresses
      .filter((address, level) => address !== addresses[level - 1])
      .map((address) => this.#frame(address));
    const { time, cpu, tid } = record;
    return [record, { kind: 'stack', time, cpu, tid, frames }];
  }

  #frame(address: bigint): string {
    const found = this.#name(address);
    return found === null
      ? `0x${address.toString(16)}`
      : `${found.symbol}+0x${(found.offset ?? 0).toString(16)}`;
  }
}
