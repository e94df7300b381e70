import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DropReasons } from '../../src/decode/drop-reasons.js';
import type { Dialect } from '../../src/decode/foreign-head.js';
import { ForeignText } from '../../src/decode/foreign-text.js';
import type { EventRecord, TraceRecord } from '../../src/decode/trace-record.js';
import { readDrop } from '../../src/model/drop-record.js';

const DIALECTS: readonly Dialect[] = ['trace-cmd', 'perf-script'];
const HEADS: Record<Dialect, string> = {
  'trace-cmd': '           dmesg-176   [001]     6.110431: ',
  'perf-script': 'dmesg   176 [001]     6.110431: ',
};
const HEAD = { time: 6110431e3, cpu: 1, tid: 176, comm: 'dmesg' };

/** The same program was watched each time: datagrams to a closed port under hostile names, `dmesg -C`, `dmesg -S`. */
const NAMES = ['plain', 'two words', 'a-1 [000] x: y', '123 456', 'tab\tsep\xff', 'a thread'];
/** trace-cmd asks for a thread's name afterwards. */
const LAST_NAMES = [...new Array<string>(5).fill('tab\tsep\xff'), 'a thread'];
const CALLS = [
  { name: 'sys_enter_syslog', fields: { type: 5, buf: 0, len: 0 } },
  { name: 'sys_exit_syslog', fields: { ret: 0 } },
  { name: 'sys_enter_syslog', fields: { type: 10, buf: 0, len: 0 } },
  { name: 'sys_exit_syslog', fields: { ret: 131072 } },
  { name: 'sys_enter_syslog', fields: { type: 3, buf: expect.any(Number), len: 131080 } },
  { name: 'sys_exit_syslog', fields: { ret: 0 } },
];

const READING = { reasons: new DropReasons(null), name: () => null, netnsName: () => null };

describe('samples of 6.12', () => {
  it.each<[string, Dialect, string[]]>([
    ['trace-cmd', 'trace-cmd', LAST_NAMES],
    ['trace-cmd-t', 'trace-cmd', LAST_NAMES],
    ['trace-cmd-l', 'trace-cmd', LAST_NAMES],
    ['trace-cmd-raw', 'trace-cmd', LAST_NAMES],
    ['perf', 'perf-script', NAMES],
    ['perf-ns', 'perf-script', NAMES],
    ['perf-pidtid', 'perf-script', NAMES],
  ])('%s: drops and system calls', (name, dialect, names) => {
    const records = decode(dialect, sample('6.12', name));
    expect(records.slice(0, 6)).toEqual(
      names.map((comm) => ({
        kind: 'event',
        time: expect.any(Number),
        cpu: expect.any(Number),
        tid: expect.any(Number),
        comm,
        name: 'kfree_skb',
        fields: {
          skbaddr: expect.any(BigInt),
          rx_sk: 0,
          protocol: 2048,
          location: '__udp4_lib_rcv+0x235',
          reason: name === 'trace-cmd-raw' ? 3 : 'NO_SOCKET',
        },
      })),
    );
    expect(records.slice(6)).toMatchObject(CALLS.map((call) => ({ kind: 'event', comm: 'dmesg', ...call })));
  });

  it.each<[string, Dialect]>([
    ['trace-cmd', 'trace-cmd'],
    ['perf', 'perf-script'],
  ])('%s: a drop is a drop', (name, dialect) => {
    const [record] = decode(dialect, sample('6.12', name));
    expect(readDrop(record as EventRecord, READING)).toMatchObject({
      location: { symbol: '__udp4_lib_rcv', offset: 0x235, module: null },
      reason: 'NO_SOCKET',
      protocol: 0x800,
    });
  });

  it('who, where and when', () => {
    const last = (dialect: Dialect, name: string) => decode(dialect, sample('6.12', name)).at(-1);
    expect(last('trace-cmd', 'trace-cmd')).toMatchObject({ tid: 242, cpu: 0, time: 31009275e3 });
    expect(last('trace-cmd', 'trace-cmd-t')).toMatchObject({ tid: 242, cpu: 0, time: 31009274634 });
    expect(last('trace-cmd', 'trace-cmd-l')).toMatchObject({ tid: 242, cpu: 0, time: 31009275e3 });
    expect(last('trace-cmd', 'trace-cmd-instance')).toMatchObject({ tid: 448, cpu: 0, comm: 'a thread' });
    expect(last('perf-script', 'perf')).toMatchObject({ tid: 497, cpu: 1, time: 313170830e3 });
    expect(last('perf-script', 'perf-ns')).toMatchObject({ tid: 497, cpu: 1, time: 313170830016 });
    const threads = decode('perf-script', sample('6.12', 'perf-pidtid'));
    expect(threads[5]).toMatchObject({ tid: 495, cpu: 1, comm: 'a thread' });
  });

  it('stacks', () => {
    const cmd = decode('trace-cmd', sample('6.12', 'trace-cmd-stack'));
    expect(cmd.map(({ kind }) => kind)).toEqual(['event', 'stack', 'event', 'stack', 'event', 'stack']);
    expect(cmd[3]).toMatchObject({ time: 70849635e3, cpu: 0, tid: 250 });
    expect(cmd[3]).toHaveProperty('frames.length', 23);
    expect(cmd[3]).toHaveProperty('frames.2', '__udp4_lib_rcv');
    const perf = decode('perf-script', sample('6.12', 'perf-g'));
    expect(perf.map(({ kind }) => kind)).toEqual(['event', 'stack', 'event', 'stack', 'event', 'event']);
    expect(perf[1]).toMatchObject({ time: 344162741e3, cpu: 0, tid: 503 });
    expect(perf[1]).toHaveProperty('frames.length', 22);
    expect(perf[1]).toHaveProperty('frames.1', '__udp4_lib_rcv+0x235');
  });

  it('functions, probes and processes', () => {
    const cmd = decode('trace-cmd', sample('6.12', 'trace-cmd-function'));
    expect(cmd[0]).toMatchObject({
      name: 'task_newtask',
      fields: { pid: 299, comm: 'bash', clone_flags: 0x1200000 },
    });
    expect(cmd[1]).toMatchObject({ name: 'sched_process_fork', fields: { parent_pid: 298, child_pid: 299 } });
    expect(cmd[3]).toMatchObject({
      name: 'sys_enter',
      fields: { id: 103, args: [5, 0, 0, 0, 0x7ffca3167ab0, 0] },
    });
    expect(cmd[5]).toEqual({
      kind: 'function',
      time: 101937726e3,
      cpu: 0,
      tid: 340,
      comm: 'dmesg',
      symbol: 'do_syslog',
      parent: null,
    });
    const probes = [
      { name: 'do_syslog', fields: { type: 10, source: 0, comm: 'dmesg' } },
      { name: 'do_syslog_ret', fields: { ret: 131072 } },
    ];
    expect(decode('trace-cmd', sample('6.12', 'trace-cmd-probe')).slice(2, 4)).toMatchObject(probes);
    const perf = decode('perf-script', sample('6.12', 'perf-probe'));
    expect(perf).toHaveLength(11);
    expect(perf[4]).toMatchObject({
      name: 'sched_process_exec',
      fields: { filename: '/usr/bin/dmesg', pid: 594 },
    });
    expect(perf[5]).toMatchObject({ name: 'sys_enter', fields: { id: 103 } });
    expect(perf.slice(6, 8)).toMatchObject(probes);
  });
});

describe('samples of 6.1, which prints a drop’s location as a number', () => {
  it.each<[string, Dialect, string[]]>([
    ['trace-cmd', 'trace-cmd', LAST_NAMES],
    ['perf', 'perf-script', NAMES],
  ])('%s', (name, dialect, names) => {
    const records = decode(dialect, sample('6.1', name));
    expect(records.map((record) => record.kind === 'event' && record.comm)).toEqual([
      ...names,
      ...CALLS.map(() => 'dmesg'),
    ]);
    expect(records.slice(6)).toMatchObject(CALLS);
    for (const record of records.slice(0, 6)) {
      expect(readDrop(record as EventRecord, READING)).toMatchObject({
        location: { symbol: null, address: '0xffffffff818bcae2' },
        reason: 'NO_SOCKET',
        protocol: 0x800,
      });
    }
  });

  it('perf tells its name in the call chain', () => {
    const stack = decode('perf-script', sample('6.1', 'perf-g'))[1];
    expect(stack).toHaveProperty('frames.1', expect.stringMatching(/^__udp4_lib_rcv\+0x/));
  });
});

describe('trace-cmd report', () => {
  it.each([
    ['latency flags', '           dmesg-176   [001] ..s1.     6.110431: a: b', { ...HEAD }],
    ['nanoseconds', '           dmesg-176   [001]     6.110431007: a: b', { ...HEAD, time: 6110431007 }],
    ['a clock of its own', '           dmesg-176   [001]  12345: a: b', { ...HEAD, time: 12345 }],
    ['a name that is not known', '           <...>-176   [001]     6.110431: a: b', { ...HEAD, comm: null }],
    ['blanks lost', 'dmesg-176 [001] 6.110431: a: b', { ...HEAD }],
    ['a thread group', '           dmesg-176   (    170) [001]     6.110431: a: b', { ...HEAD }],
    [
      'a name like a head',
      ' x-1 [000] 1.0: -176   [001]     6.110431: a: b',
      { ...HEAD, comm: 'x-1 [000] 1.0: ' },
    ],
  ])('%s', (_, line, head) => {
    expect(decode('trace-cmd', `${line}\n`)).toEqual([
      { kind: 'event', ...head, name: 'a', fields: { text: 'b' } },
    ]);
  });

  it('what a line loses says so', () => {
    const text = 'CPU:1 [LOST 123 EVENTS]\nCPU:2 [7 EVENTS DROPPED]\nCPU:0 [EVENTS DROPPED]\n';
    expect(decode('trace-cmd', text)).toEqual([
      { kind: 'lost', cpu: 1, count: 123 },
      { kind: 'lost', cpu: 2, count: 7 },
      { kind: 'lost', cpu: 0, count: null },
    ]);
  });
});

describe('perf script', () => {
  it.each([
    ['pid and tid', 'dmesg   170/176   [001]     6.110431: g:a: b', { ...HEAD }],
    ['nanoseconds', '           dmesg   176 [001]     6.110431007: g:a: b', { ...HEAD, time: 6110431007 }],
    ['blanks in a name', 'a b 12 c   176 [001]     6.110431:   g:a: b', { ...HEAD, comm: 'a b 12 c' }],
    [
      'a name like a head',
      'x 1 1.000000: a   176 [001]     6.110431: g:a: b',
      { ...HEAD, comm: 'x 1 1.000000: a' },
    ],
    ['a name that is not known', ':176   176 [001]     6.110431: g:a: b', { ...HEAD, comm: null }],
    ['no CPU', 'dmesg   176     6.110431: g:a: b', { ...HEAD, cpu: -1 }],
    ['no thread', 'dmesg    -1 [001]     6.110431: g:a: b', { ...HEAD, tid: -1 }],
  ])('%s', (_, line, head) => {
    expect(decode('perf-script', `${line}\n`)).toEqual([
      { kind: 'event', ...head, name: 'a', fields: { text: 'b' } },
    ]);
  });

  it('lost events', () => {
    expect(decode('perf-script', `${HEADS['perf-script']}PERF_RECORD_LOST lost 12\n`)).toEqual([
      { kind: 'lost', cpu: 1, count: 12 },
    ]);
  });

  it('of a call chain the kernel’s part', () => {
    const chain = [
      '\tffffffffb58fa632 kfree_skb+0x9f ([kernel.kallsyms])',
      '\tffffffffc0001234 [unknown] ([nf_tables])',
      '\t    7f9688d9f010 main+0x10 (/usr/bin/dmesg)',
      '\tffffffffffffffff [unknown] ([unknown])',
    ].join('\n');
    const head = HEADS['perf-script'];
    const stack = {
      kind: 'stack',
      time: HEAD.time,
      cpu: 1,
      tid: 176,
      frames: ['kfree_skb+0x9f', '[unknown]'],
    };
    const kinds = decode('perf-script', `${head}a: b\n${chain}\n\n${head}a: b\n\n${head}c: d\n${chain}\n`);
    expect(kinds.map(({ kind }) => kind)).toEqual(['event', 'stack', 'event', 'event', 'stack']);
    expect([kinds[1], kinds[4]]).toEqual([stack, stack]);
  });

  it('a frame without an event is malformed', () => {
    expect(decode('perf-script', '\tffffffffb58fa632 kfree_skb+0x9f ([kernel.kallsyms])\n')).toMatchObject([
      { kind: 'malformed', why: 'expected a line of perf script' },
    ]);
  });
});

describe.each(DIALECTS)('%s: payloads', (dialect) => {
  const fieldsOf = (payload: string) => decode(dialect, `${HEADS[dialect]}${payload}\n`);

  it.each([
    ['an address', '0xffffffff908b4632', 0xffffffff908b4632n],
    ['an address without 0x', 'ffffffff908b4632', 'ffffffff908b4632'],
    ['a symbol', '__udp4_lib_rcv+0x9a2', '__udp4_lib_rcv+0x9a2'],
    ['a symbol of a module', 'nft_do_chain+0x4/0x5 [nf_tables]', 'nft_do_chain+0x4/0x5 [nf_tables]'],
  ])('a drop at %s', (_, printed, location) => {
    const payload = `kfree_skb:            skbaddr=0xffff888004 protocol=2048 location=${printed} reason: NO_SOCKET`;
    expect(fieldsOf(payload)).toEqual([
      {
        kind: 'event',
        ...HEAD,
        name: 'kfree_skb',
        fields: { skbaddr: 0xffff888004, protocol: 2048, location, reason: 'NO_SOCKET' },
      },
    ]);
  });

  it('a drop of a kernel without reasons, and one whose format was not understood', () => {
    expect(fieldsOf('kfree_skb: skbaddr=0x1 protocol=8 location=0x2')).toMatchObject([
      { name: 'kfree_skb', fields: { skbaddr: 1, protocol: 8, location: 2 } },
    ]);
    expect(
      fieldsOf('kfree_skb: [FAILED TO PARSE] skbaddr=0x1 location=0x2 protocol=8 reason=3'),
    ).toMatchObject([{ name: 'kfree_skb', fields: { skbaddr: 1, location: 2, protocol: 8, reason: 3 } }]);
  });

  it('system calls', () => {
    expect(
      fieldsOf('sys_enter_syslog:     type: 0x0000000a, buf: 0x7f9688d9f010, len: 0x00000000'),
    ).toMatchObject([{ name: 'sys_enter_syslog', fields: { type: 10, buf: 0x7f9688d9f010, len: 0 } }]);
    expect(fieldsOf('sys_enter_dup:  fildes: 0x1')).toMatchObject([
      { name: 'sys_enter_dup', fields: { fildes: 1 } },
    ]);
    expect(fieldsOf('sys_exit_syslog:      0xffffffffffffffff')).toMatchObject([
      { name: 'sys_exit_syslog', fields: { ret: -1 } },
    ]);
  });

  it('probes and functions', () => {
    expect(fieldsOf('do_syslog:   (ffffffff908b4632) type=5 comm="a b"')).toMatchObject([
      { name: 'do_syslog', fields: { type: 5, comm: 'a b' } },
    ]);
    expect(fieldsOf('function:             do_syslog <-- __x64_sys_syslog')).toEqual([
      { kind: 'function', ...HEAD, symbol: 'do_syslog', parent: '__x64_sys_syslog' },
    ]);
  });

  it('what is no event', () => {
    expect(fieldsOf('%')).toMatchObject([
      { kind: 'malformed', why: expect.any(String), sample: `${HEADS[dialect]}%` },
    ]);
    expect(decode(dialect, 'Segmentation fault\n# a comment\n\n')).toMatchObject([
      { kind: 'malformed', sample: 'Segmentation fault' },
    ]);
  });
});

describe.each(DIALECTS)('%s: whatever the bytes', (dialect) => {
  const frame = {
    'trace-cmd': '=> do_syslog (ffffffffb58fa632)',
    'perf-script': '\tffffffffb58fa632 do_syslog+0x2 (k)',
  };
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      HEADS[dialect],
      frame[dialect],
      '\n',
      '\n\n',
      '\r\n',
      '\0',
      'a: b',
      'kernel_stack: <stack trace >',
    ),
    fc.constantFrom(
      'kfree_skb: skbaddr=0x1 location=',
      'sys_enter_syslog: type: 0x1, ',
      '<stack trace>',
      'CPU:1 [LOST 1 EVENTS]',
    ),
  );
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''), 'latin1'));

  it('each line is told once, however the text is cut', () => {
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (bytes, cuts) => {
        const whole = decode(dialect, bytes);
        const pieces: TraceRecord[] = [];
        const decoder = new ForeignText({ dialect, emit: (record) => pieces.push(record) });
        for (let at = 0, cut = 0; at < bytes.length; cut++) {
          const size = cuts[cut % cuts.length]!;
          decoder.push(bytes.subarray(at, at + size));
          at += size;
        }
        decoder.end();
        expect(pieces).toEqual(whole);
        const lines = bytes.toString('latin1').split('\n').length;
        expect(whole.filter(({ kind }) => kind !== 'stack').length).toBeLessThanOrEqual(lines);
      }),
    );
  });

  it('a line that does not end is told once', () => {
    for (const length of [16_383, 16_384, 100_000, 300_000]) {
      const long = `${HEADS[dialect]}a: `.padEnd(length, 'x');
      const records = decode(dialect, `${HEADS[dialect]}a: b\n${long}\n${HEADS[dialect]}c: d\n${long}`);
      expect(records.map(({ kind }) => kind)).toEqual([
        'event',
        length < 16_384 ? 'event' : 'malformed',
        'event',
        'malformed',
      ]);
    }
  });

  it('what the taker threw at does not come again, and nothing else is missing', () => {
    const bytes = Buffer.from(
      `${HEADS[dialect]}a: b\n${frame[dialect]}\n${HEADS[dialect]}kernel_stack: \n${frame[dialect]}\n%\n`.repeat(
        3,
      ),
    );
    const whole = decode(dialect, bytes);
    const given: TraceRecord[] = [];
    const decoder = new ForeignText({
      dialect,
      emit: (record) => {
        given.push(record);
        throw new Error('full');
      },
    });
    const attempt = (run: () => void): void => {
      try {
        run();
      } catch (error) {
        expect(error).toMatchObject({ message: 'full' });
      }
    };
    attempt(() => decoder.push(bytes));
    for (let calls = 0; calls < 40; calls++) attempt(() => decoder.filled(0));
    attempt(() => decoder.end());
    expect(given).toEqual(whole);
  });

  it('lines of blanks and digits cost no more than others', () => {
    const hard = [
      ' '.repeat(16_000),
      '1 '.repeat(8000),
      ' -1'.repeat(5000),
      `${' '.repeat(15)}-1 [1] ${'1'.repeat(15_000)}`,
    ];
    const bytes = Buffer.from(
      hard
        .map((line) => `${line}\n`)
        .join('')
        .repeat(50),
    );
    expect(decode(dialect, bytes)).toHaveLength(200);
  }, 10_000);
});

function decode(dialect: Dialect, text: string | Buffer): TraceRecord[] {
  const records: TraceRecord[] = [];
  const decoder = new ForeignText({ dialect, emit: (record) => records.push(record) });
  decoder.push(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  decoder.end();
  return records;
}

function sample(kernel: string, name: string): Buffer {
  return readFileSync(new URL(`../fixtures/${kernel}/foreign/${name}.txt`, import.meta.url));
}
