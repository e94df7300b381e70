import { readFileSync } from 'node:fs';
import { parseEventFormat } from '../../src/decode/event-format.js';
import type { BufferOffsets } from '../../src/decode/packet.js';
import { wordsToBytes } from '../../src/decode/packet-words.js';
import type { Fields, FieldValue } from '../../src/decode/trace-record.js';
import { TraceTextDecoder } from '../../src/decode/trace-text.js';

/** A dropped packet as a probe of a real kernel fetched it. */
export interface PacketSample {
  head: Uint8Array;
  at: BufferOffsets;
  dev: FieldValue;
}

/**
 * Packets by scenario from `packet-headers.trace.txt`, recorded in booted kernels: frames written to one end of a veth
 * pair, and dropped at the other (`ingress`, `prerouting`), or by the queue of the first (`qdisc`).
 */
export function readSamples(kernel: string): Map<string, PacketSample[]> {
  const text = readFileSync(
    new URL(`../fixtures/${kernel}/packet-headers.trace.txt`, import.meta.url),
    'latin1',
  );
  const [trace, format] = text.split(/\n(?=# name: )/);
  const [, ...scenarios] = trace!.split('\n# scenario ');
  const samples = new Map<string, PacketSample[]>();
  for (const scenario of scenarios) {
    const [name, ...lines] = scenario.split('\n');
    samples.set(name!, readTrace(lines.join('\n'), format!).map(toSample));
  }
  return samples;
}

/** The fields of each event of a sample file with the event's format behind it, as `# name: …`. */
export function readTrace(trace: string, format: string): Fields[] {
  const fields: Fields[] = [];
  const decoder = new TraceTextDecoder({
    formats: [parseEventFormat(format.trimEnd().replaceAll(/^# ?/gm, ''))],
    emit: (record) => {
      if (record.kind !== 'event') throw new Error(JSON.stringify(record));
      fields.push(record.fields);
    },
  });
  decoder.push(Buffer.from(`${trace.trimEnd()}\n`, 'latin1'));
  decoder.end();
  return fields;
}

function toSample(fields: Fields): PacketSample {
  const number = (name: string) => Number(fields[name]);
  const protocol = number('proto');
  return {
    head: wordsToBytes(fields.hd as readonly FieldValue[], 8),
    at: {
      network: number('nh'),
      transport: number('th'),
      mac: number('mh'),
      data: Number(BigInt(fields.data as bigint) - BigInt(fields.head as bigint)),
      protocol: ((protocol & 0xff) << 8) | (protocol >> 8),
      length: number('len'),
      tail: number('tail'),
    },
    dev: fields.dev!,
  };
}
