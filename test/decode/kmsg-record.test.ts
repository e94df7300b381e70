import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseKmsgRecord } from '../../src/decode/kmsg-record.js';

describe('verbatim records', () => {
  it('reads text, fields and the stamp', () => {
    const record = parse(
      '6,216,1134456,-;acpi PNP0A03:00: _OSC: OS supports [ASPM ClockPM Segments MSI HPX-Type3]\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n',
    );
    expect(record).toEqual({
      kind: 'kmsg',
      seq: 216,
      level: 6,
      facility: 0,
      time: 1.134456,
      flags: '-',
      caller: null,
      text: 'acpi PNP0A03:00: _OSC: OS supports [ASPM ClockPM Segments MSI HPX-Type3]',
      fields: [
        ['SUBSYSTEM', 'acpi'],
        ['DEVICE', '+acpi:PNP0A03:00'],
      ],
      unknown: [],
    });
  });

  it('undoes the escapes of what a program wrote', () => {
    const record = parse('12,398,2950919,-;multi\\x0aline\\x09tab\\x01ctl\\x5cback \\xc3\\xa9\n');
    expect(record).toMatchObject({ level: 4, facility: 1, text: 'multi\nline\ttab\x01ctl\\back \xc3\xa9' });
  });

  it.each(['5.10', '6.1', '6.12', '7.2'])('reads every sample of kernel %s', (kernel) => {
    const file = readFileSync(
      new URL(`../fixtures/${kernel}/A-devkmsg-records.sample.txt`, import.meta.url),
      'latin1',
    );
    // The capture leaves out the middle and ends within a record.
    const records = file
      .split('...\n')
      .flatMap((part) => part.split(/(?<=\n)(?! )/))
      .filter((text) => text.endsWith('\n'));
    expect(records.length).toBeGreaterThan(15);
    for (const text of records) {
      const record = parse(text);
      expect(record.kind).toBe('kmsg');
      if (record.kind === 'kmsg') expect(written(record)).toBe(text);
    }
  });
});

describe('prefix', () => {
  it.each([
    ['caller=T123', { kind: 'thread', id: 123 }],
    ['caller=C0', { kind: 'cpu', id: 0 }],
  ] as const)('reads %s', (field, caller) => {
    expect(parse(`6,1,2,-,${field};x\n`)).toMatchObject({ caller, unknown: [] });
  });

  it('tolerates fields, callers and flags that it does not know', () => {
    expect(parse('6,1,2,?,caller=X1,zone=7,caller=T5;x\n')).toMatchObject({
      flags: '-',
      caller: { kind: 'thread', id: 5 },
      unknown: ['caller=X1', 'zone=7'],
    });
    expect(parse('6,1,2,c;x\n')).toMatchObject({ flags: 'c' });
    expect(parse('6,1,2,+;x\n')).toMatchObject({ flags: '+' });
  });

  it('reads facilities of more than eight bits and an empty text', () => {
    expect(parse('30,340,5690716,-;udevd[80]: starting version 181\n')).toMatchObject({
      facility: 3,
      level: 6,
    });
    expect(parse('2047,0,0,-;\n')).toMatchObject({ facility: 255, level: 7, text: '' });
  });
});

describe('text and fields', () => {
  it('leaves a backslash that escapes nothing', () => {
    expect(parse('6,1,2,-;a\\ \\x \\xg0 \\x4\n')).toMatchObject({ text: 'a\\ \\x \\xg0 \\x4' });
    expect(parse('6,1,2,-;\\x5cx41\n')).toMatchObject({ text: '\\x41' });
  });

  it('keeps semicolons, equals signs and spaces where they are', () => {
    const record = parse('6,1,2,-;a;b=c, d\n  K E=y=\\x0az\n bare\n =\n');
    expect(record).toMatchObject({
      text: 'a;b=c, d',
      fields: [
        [' K E', 'y=\nz'],
        ['bare', ''],
        ['', ''],
      ],
    });
  });
});

describe('malformed records', () => {
  it.each([
    ['', 'no newline at the end'],
    ['6,1,2,-;cut off', 'no newline at the end'],
    ['6,1,2,-\n a;b\n', 'no ; before the text'],
    ['6,1,2;x\n', 'no priority,sequence,microseconds,flags before the ;'],
    ['6,,2,-;x\n', 'no priority,sequence,microseconds,flags before the ;'],
    ['6,-1,2,-;x\n', 'no priority,sequence,microseconds,flags before the ;'],
    ['6,99999999999999999,2,-;x\n', 'no priority,sequence,microseconds,flags before the ;'],
    ['6,1,2,-;x\nSUBSYSTEM=pci\n', 'a line behind the text that begins with no space'],
  ])('%j: %s', (text, why) => {
    expect(parse(text)).toEqual({ kind: 'malformed', why, sample: text });
  });
});

describe('properties', () => {
  it('is total over arbitrary bytes', () => {
    const likely = fc.constantFrom(...Buffer.from('0123,;-c\\x5 =\n'));
    fc.assert(
      fc.property(fc.array(fc.oneof(likely, fc.nat(255)), { maxLength: 80 }), (bytes) => {
        expect(['kmsg', 'malformed']).toContain(parseKmsgRecord(Uint8Array.from(bytes)).kind);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives back any text and value that the kernel escaped', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array).toString('latin1'));
    const name = fc.stringMatching(/^[A-Z_]{1,8}$/);
    fc.assert(
      fc.property(
        bytes,
        fc.array(fc.tuple(name, bytes), { maxLength: 3 }),
        fc.nat(),
        fc.nat(2047),
        (text, fields, seq, priority) => {
          const lines = fields.map(([key, value]) => ` ${key}=${escapedByKernel(value)}\n`);
          const record = parse(
            `${priority},${seq},12345678,-,caller=T7;${escapedByKernel(text)}\n${lines.join('')}`,
          );
          expect(record).toMatchObject({
            seq,
            text,
            fields,
            level: priority % 8,
            facility: Math.floor(priority / 8),
          });
        },
      ),
    );
  });
});

function parse(text: string): ReturnType<typeof parseKmsgRecord> {
  return parseKmsgRecord(Buffer.from(text, 'latin1'));
}

/** printk.c append_char() under msg_add_ext_text(). */
function escapedByKernel(text: string): string {
  return text.replace(/[^ -~]|\\/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function written(record: Extract<ReturnType<typeof parse>, { kind: 'kmsg' }>): string {
  const { seq, level, facility, time, flags, text, fields } = record;
  const lines = fields.map(([name, value]) => ` ${name}=${escapedByKernel(value)}\n`);
  return `${8 * facility + level},${seq},${Math.round(time * 1e6)},${flags};${escapedByKernel(text)}\n${lines.join('')}`;
}
