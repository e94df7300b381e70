import { readFileSync } from 'node:fs';
import { DropReasons } from '../../src/decode/drop-reasons.js';
import { parseEventFormat } from '../../src/decode/event-format.js';
import type { EventRecord, FieldValue, TraceRecord } from '../../src/decode/trace-record.js';
import { TraceTextDecoder } from '../../src/decode/trace-text.js';
import type { DropReading } from '../../src/model/drop-record.js';

export const DROP_KERNELS = ['5.10', '6.1', '6.12', '7.2'] as const;
export type DropKernel = (typeof DROP_KERNELS)[number];

/** Scenarios that were recorded in each of them: the plain event, and beside it a probe `drop`. */
export type Scenario =
  | 'udp-closed-port'
  | 'udp-rcvbuf-overflow'
  | 'nft-forward-drop'
  | 'qdisc-netem-loss'
  | 'ipv6-disabled-host'
  | 'unknown-ethertype-88b5'
  | 'NOISE-unix-socket-closed-with-unread';

export function readFixture(kernel: string, name: string): string {
  return readFileSync(new URL(`../fixtures/${kernel}/${name}`, import.meta.url), 'latin1');
}

export function dropFormat(kernel: string) {
  return parseEventFormat(readFixture(kernel, 'format-skb-kfree_skb.txt'));
}

export function decodeText(kernel: string, text: string): TraceRecord[] {
  const records: TraceRecord[] = [];
  const decoder = new TraceTextDecoder({
    formats: [dropFormat(kernel)],
    emit: (record) => records.push(record),
  });
  decoder.push(Buffer.from(text, 'latin1'));
  decoder.end();
  return records;
}

/** The records of the plain event, as text has them. */
export function plainDrops(kernel: DropKernel, scenario: Scenario): EventRecord[] {
  return eventsOf(kernel, scenario).filter(({ name }) => name === 'kfree_skb');
}

/** The records of the probe, with the names that kwho's own probe gives. */
export function probeDrops(kernel: DropKernel, scenario: Scenario): EventRecord[] {
  return eventsOf(kernel, scenario)
    .filter(({ name }) => name === 'drop')
    .map((record) => ({ ...record, fields: ownFields(kernel, record.fields) }));
}

/** Reads with the kernel's own reasons, and names no address. */
export function readingOf(kernel: DropKernel, more: Partial<DropReading> = {}): DropReading {
  return {
    reasons: new DropReasons(kernel === '5.10' ? null : dropFormat(kernel)),
    name: () => null,
    netnsName: (inum) => `ns${inum}`,
    ...more,
  };
}

function eventsOf(kernel: DropKernel, scenario: Scenario): EventRecord[] {
  const records = decodeText(kernel, readFixture(kernel, `B-drop-${scenario}.trace.txt`));
  return records.map((record) => {
    if (record.kind !== 'event') throw new Error(JSON.stringify(record));
    return record;
  });
}

/** That probe had the first bytes in words of 64 bits, and on 6.1 the event's own protocol. */
function ownFields(
  kernel: DropKernel,
  { hd, proto, ...fields }: EventRecord['fields'],
): EventRecord['fields'] {
  const words = (hd as readonly FieldValue[]).flatMap((word) => {
    const value = BigInt(word as number | bigint);
    return [Number(value & 0xffff_ffffn), Number(value >> 32n)];
  });
  const type = proto as number;
  return {
    ...fields,
    proto: kernel === '6.1' ? ((type & 0xff) << 8) | (type >> 8) : type,
    h0: words.slice(0, 64),
    h1: words.slice(64),
  };
}
