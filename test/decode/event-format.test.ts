import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventFormat, FormatError, parseEventFormat } from '../../src/decode/event-format.js';

const FIXTURES = new URL('../fixtures/', import.meta.url).pathname;
const KERNELS = ['5.10', '6.1', '6.12', '7.2'];
const SAMPLES = KERNELS.flatMap((kernel) => {
  const formats = readdirSync(`${FIXTURES}${kernel}`).filter((name) => name.startsWith('format-'));
  return formats.map((name) => ({
    kernel,
    name,
    text: readFileSync(`${FIXTURES}${kernel}/${name}`, 'latin1'),
  }));
});

function sample(kernel: string, name: string): EventFormat {
  return parseEventFormat(readFileSync(`${FIXTURES}${kernel}/format-${name}.txt`, 'latin1'));
}

function parseFields(...fields: string[]): EventFormat['fields'] {
  const lines = fields.map((field) => `\tfield:${field}\n`).join('');
  return parseEventFormat(`name: x\nID: 7\nformat:\n\n${lines}\nprint fmt: ""\n`).fields;
}

describe.each(SAMPLES)('the format file $kernel/$name', ({ name, text }) => {
  const format = parseEventFormat(text);

  it('gives name, id and every field', () => {
    expect(name).toMatch(new RegExp(`-${format.name}\\.txt$`));
    expect(text).toContain(`\nID: ${format.id}\n`);
    expect(text.split('\tfield:')).toHaveLength(1 + format.common.length + format.fields.length);
    expect(text.endsWith(`print fmt: ${format.printFormat}\n`)).toBe(true);
  });

  it('has the four common fields that pages rely on', () => {
    expect(format.common.map((field) => [field.name, field.offset, field.size])).toEqual([
      ['common_type', 0, 2],
      ['common_flags', 2, 1],
      ['common_preempt_count', 3, 1],
      ['common_pid', 4, 4],
    ]);
  });

  it('says for every field what its line says', () => {
    const lines = text.split('\n').filter((line) => line.startsWith('\tfield:'));
    for (const [index, field] of [...format.common, ...format.fields].entries()) {
      expect(lines[index]?.startsWith(`\tfield:${field.type} ${field.name}`)).toBe(true);
      const numbers = `\toffset:${field.offset};\tsize:${field.size};\tsigned:${field.signed ? 1 : 0};`;
      expect(lines[index]?.endsWith(numbers)).toBe(true);
    }
  });
});

describe('shapes of fields', () => {
  it('knows text, arrays and integers from real events', () => {
    expect(sample('6.12', 'sched-sched_process_fork').fields).toMatchObject([
      { name: 'parent_comm', type: 'char', shape: 'chars', length: 16, offset: 8, size: 16 },
      { name: 'parent_pid', type: 'pid_t', shape: 'integer', length: null, signed: true },
      { name: 'child_comm', shape: 'chars' },
      { name: 'child_pid', shape: 'integer' },
    ]);
    expect(sample('7.2', 'sched-sched_process_fork').fields[0]).toMatchObject({
      name: 'parent_comm',
      type: '__data_loc char[]',
      shape: 'data-loc',
      length: null,
    });
    expect(sample('5.10', 'raw_syscalls-sys_enter').fields[1]).toEqual({
      name: 'args',
      type: 'unsigned long',
      offset: 16,
      size: 48,
      signed: false,
      shape: 'array',
      length: 6,
    });
    expect(sample('7.2', 'syscalls-sys_enter_syslog').fields).toMatchObject([
      { name: '__syscall_nr' },
      { name: 'type', type: 'int', size: 8, shape: 'integer' },
      { name: 'buf', type: 'char *', size: 8, shape: 'integer', signed: false },
      { name: 'len' },
      { name: '__buf_val', shape: 'data-loc' },
    ]);
    expect(sample('7.2', 'skb-kfree_skb').fields.map(({ name, type }) => [name, type])).toEqual([
      ['skbaddr', 'void *'],
      ['location', 'void *'],
      ['rx_sk', 'const void *'],
      ['protocol', 'unsigned short'],
      ['reason', 'enum skb_drop_reason'],
    ]);
  });

  it.each([
    ['unsigned long caller[];\toffset:16;\tsize:0;\tsigned:0;', { shape: 'array', length: null }],
    ['unsigned long caller[8];\toffset:16;\tsize:64;\tsigned:0;', { shape: 'array', length: 8 }],
    ['char buf[];\toffset:16;\tsize:0;\tsigned:0;', { shape: 'chars', length: null }],
    // A probe's array: nothing in the brackets, the size counts.
    ['u64 hd[];\toffset:20;\tsize:448;\tsigned:0;', { shape: 'array', length: 56 }],
    ['u8 addr[6];\toffset:20;\tsize:6;\tsigned:0;', { shape: 'array', length: 6 }],
    ['char comm[TASK_COMM_LEN];\toffset:8;\tsize:16;\tsigned:1;', { shape: 'chars', length: 16 }],
    ['__rel_loc char[] msg;\toffset:8;\tsize:4;\tsigned:0;', { shape: 'rel-loc', type: '__rel_loc char[]' }],
    ['__data_loc char[] a[3];\toffset:8;\tsize:12;\tsigned:1;', { shape: 'data-loc', length: 3 }],
    ['__data_loc cpumask_t mask;\toffset:8;\tsize:4;\tsigned:0;', { shape: 'data-loc', name: 'mask' }],
    ['struct timespec t;\toffset:8;\tsize:16;\tsigned:0;', { shape: 'array', length: 16, name: 't' }],
    ['void *func;\toffset:8;\tsize:8;\tsigned:0;', { shape: 'integer', type: 'void *', name: 'func' }],
  ])('%s', (line, expected) => {
    expect(parseFields(line)[0]).toMatchObject(expected);
  });

  it('tells own fields from common ones by the empty line, not by their names', () => {
    const text =
      'name: x\nID: 7\nformat:\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\nprint fmt: "a"';
    expect(parseEventFormat(text)).toMatchObject({
      common: [{ name: 'common_pid' }],
      fields: [],
      printFormat: '"a"',
    });
    expect(parseFields('u64 common_x;\toffset:8;\tsize:8;\tsigned:0;')[0]?.name).toBe('common_x');
  });
});

describe('what is wrong is named', () => {
  const good = SAMPLES[0]!.text;
  it.each([
    ['ID: 3a5', good.replace(/ID: \d+/, 'ID: 3a5')],
    ['offset:x', good.replace('offset:2;', 'offset:x;')],
    ['"size:" is missing', good.replace('\tsize:4;', '')],
    ['field:;', good.replace('int common_pid', '')],
    ['"name:" line', good.replace(/^name.*\n/, '')],
    ['"ID:" line', good.replace(/^ID.*\n/m, '')],
    ['a field comes before "format:"', good.replace(/^format.*\n/m, '')],
    ['line 4', good.replace('\tfield:unsigned short', '\tfeld:unsigned short')],
    ['"name:" line', ''],
  ])('%s', (expected, text) => {
    const error = catchError(() => parseEventFormat(text));
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ code: 'event-format-invalid', message: expect.stringContaining(expected) });
  });

  it('never throws anything but FormatError', () => {
    const lines = SAMPLES.flatMap(({ text }) => text.split('\n'));
    const mixed = fc.array(fc.oneof(fc.constantFrom(...lines), fc.string(), fc.string({ unit: 'binary' })));
    fc.assert(
      fc.property(mixed, (parts) => {
        const error = catchError(() => parseEventFormat(parts.join('\n')));
        expect(error === undefined || error instanceof FormatError).toBe(true);
      }),
    );
  });
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
