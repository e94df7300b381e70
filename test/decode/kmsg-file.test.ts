import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KmsgFileReader } from '../../src/decode/kmsg-file.js';
import type { KmsgRecord, MalformedKmsg } from '../../src/decode/kmsg-record.js';

function read(text: string, cut = text.length): (KmsgRecord | MalformedKmsg)[] {
  const records: (KmsgRecord | MalformedKmsg)[] = [];
  const reader = new KmsgFileReader((record) => records.push(record));
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += cut) reader.push(bytes.subarray(at, at + cut));
  reader.flush();
  return records;
}

describe.each(['5.10', '6.1', '6.12', '7.2'])('records of %s', (kernel) => {
  const file = new URL(`../fixtures/${kernel}/A-devkmsg-records.sample.txt`, import.meta.url);
  const sample = readFileSync(file, 'latin1').split('...\n')[0] ?? '';

  it('one after the other, or with zeros between them', () => {
    const records = read(sample);
    expect(records.map((record) => (record.kind === 'kmsg' ? record.seq : -1))).toEqual(
      records.map((_, i) => i),
    );
    expect(records.length).toBeGreaterThan(5);
    expect(read(sample.replace(/\n(?=\d)/g, '\n\0'))).toEqual(records);
  });

  it('however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (cut) => {
        expect(read(sample, cut)).toEqual(read(sample));
      }),
      { numRuns: 30 },
    );
  });
});

it('fields stay with their record', () => {
  expect(read('6,1,2,-;a\n SUBSYSTEM=pci\n DEVICE=+pci:0\n6,2,3,c;b\n6,3,4,+;c\n')).toMatchObject([
    {
      text: 'a',
      fields: [
        ['SUBSYSTEM', 'pci'],
        ['DEVICE', '+pci:0'],
      ],
    },
    { text: 'b', flags: 'c' },
    { text: 'c', flags: '+' },
  ]);
});

it('is total over arbitrary bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      read(Buffer.from(bytes).toString('latin1'));
    }),
  );
});
