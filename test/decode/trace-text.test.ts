import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventFormat, parseEventFormat } from '../../src/decode/event-format.js';
import type { TraceRecord } from '../../src/decode/trace-record.js';
import { TraceTextDecoder } from '../../src/decode/trace-text.js';

const HEAD = { cpu: 1, tid: 175, comm: 'dmesg' };

describe('samples of four kernels', () => {
  it('6.12: function lines, system calls, probes and process events', () => {
    const records = decode(fixture('6.12/A-all-dmesg-S-c.trace.txt'));
    expect(records).toHaveLength(24);
    expect(records.slice(3, 10)).toEqual([
      event(5951924, 'sched_process_exec', { filename: '/usr/bin/dmesg', pid: 175, old_pid: 175 }),
      event(5979716, 'sys_enter_syslog', { type: 10, buf: 0, len: 0 }),
      { kind: 'function', time: 5979742e3, ...HEAD, symbol: '__x64_sys_syslog', parent: 'do_syscall_64' },
      event(5979768, 'do_syslog', { type: 10, source: 0 }),
      { kind: 'function', time: 5979783e3, ...HEAD, symbol: 'do_syslog', parent: '__x64_sys_syslog' },
      event(5979803, 'do_syslog_ret', { ret: 131072 }),
      event(5979815, 'sys_exit_syslog', { ret: 131072 }),
    ]);
    expect(records[0]).toEqual({
      kind: 'event',
      time: 5885084e3,
      cpu: 0,
      tid: 167,
      comm: 'python3',
      name: 'sched_process_fork',
      fields: { parent_comm: 'python3', parent_pid: 167, child_comm: 'python3', child_pid: 174 },
    });
    expect(records[10]).toMatchObject({ fields: { type: 3, buf: 0x7f9688d9f010, len: 131080 } });
    expect(records[22]).toMatchObject({ fields: { comm: 'dmesg', pid: 175, prio: 120 } });
  });

  it('5.10: four flags, the split function, a caller that is not known', () => {
    const plain = decode(fixture('5.10/A-all-dmesg-S-c.trace.txt'));
    expect(plain).toHaveLength(18);
    expect(plain[6]).toEqual({
      kind: 'function',
      time: 12503901e3,
      cpu: 0,
      tid: 118,
      comm: 'dmesg',
      symbol: 'do_syslog.part.0',
      parent: '__x64_sys_syslog',
    });
    const kmsg = decode(fixture('5.10/A-all-proc-kmsg-head.trace.txt'));
    expect(kmsg).toContainEqual(expect.objectContaining({ symbol: 'do_syslog.part.0', parent: null }));
    expect(kmsg.every(({ kind }) => kind === 'function' || kind === 'event')).toBe(true);
  });

  it('7.2: numbers with 0x, the caller’s memory, arguments of functions, a truth value', () => {
    const used = decode(fixture('7.2/A-sys_enter_syslog-used-buffer.trace.txt'));
    expect(used.map((record) => record.kind === 'event' && record.fields)).toEqual([
      { type: 3, buf: 0xd702e80, len: 0x1000 },
      { ret: 0xfeb },
      { type: 2, buf: 0xd702e80, len: 0x12c },
      { ret: 0xe4 },
    ]);
    const args = decode(fixture('7.2/A-funcargs-dmesg-S-c.trace.txt'));
    expect(args.map((record) => record.kind === 'function' && [record.symbol, record.parent])).toEqual([
      ['__x64_sys_syslog', 'do_syscall_64'],
      ['do_syslog', '__x64_sys_syslog'],
      ['__x64_sys_syslog', 'do_syscall_64'],
      ['do_syslog', '__x64_sys_syslog'],
      ['__x64_sys_syslog', 'do_syscall_64'],
      ['do_syslog', '__x64_sys_syslog'],
    ]);
    const exit = decode(fixture('7.2/A-all-dmesg-S-c.trace.txt')).at(-1);
    expect(exit).toMatchObject({ fields: { comm: 'bash', pid: 140, prio: 120, group_dead: 1 } });
  });

  it.each(['5.10', '6.1', '6.12', '7.2'])(
    '%s: no record of a whole run is malformed or left as text',
    (kernel) => {
      for (const name of ['dmesg-C', 'klogctl-bad-77', 'nobody-dmesg', 'echo-to-devkmsg']) {
        const records = decode(fixture(`${kernel}/A-all-${name}.trace.txt`));
        expect(records.length).toBeGreaterThan(4);
        for (const record of records) {
          expect(record.kind).toMatch(/^(function|event)$/);
          if (record.kind === 'event') expect(record.fields).not.toHaveProperty('text');
        }
      }
    },
  );
});

describe('options of the trace', () => {
  it('record-tgid without irq-info', () => {
    const records = decode(fixture('6.12/A-variant-noirqinfo-recordtgid.trace.txt'));
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({ tid: 261, cpu: 0, time: 17840128e3, symbol: '__x64_sys_syslog' });
    expect(decode(fixture('5.10/A-variant-noirqinfo-recordtgid.trace.txt'))).toHaveLength(2);
    const line = '           dmesg-204     (    204) [000] ...1. 62.749081: a_function <-b\n';
    expect(decode(line)).toMatchObject([{ kind: 'function', tid: 204, time: 62749081e3 }]);
  });

  it('clocks: seconds since 1970, and one that does not count nanoseconds', () => {
    const [tai] = decode(fixture('6.12/A-variant-clock-tai.trace.txt'));
    expect(tai).toMatchObject({ symbol: '__x64_sys_syslog', time: expect.closeTo(1795297210e9, -11) });
    const counter = '            bash-1       [000] .....          1234: a <-b\n';
    expect(decode(counter)).toMatchObject([{ kind: 'function', time: 1234 }]);
  });

  it('times stay right when seconds get more digits or columns change', () => {
    const stamps = [
      '    1.000001',
      '99999.999999',
      '100000.000000',
      '100000.000001',
      '1234567.000002',
      '1234567.100003',
      '12345678.000004',
      '12345678.000005',
      '    2.000000',
    ];
    for (const flags of ['', '....', '.....']) {
      const text = stamps
        .map((stamp) => `            bash-1       [000] ${flags} ${stamp}: a <-b\n`)
        .join('');
      const expected = stamps.map((stamp) => Math.round(Number(stamp) * 1e6) * 1000);
      expect(decode(text).map((record) => 'time' in record && record.time)).toEqual(expected);
    }
  });

  it('sym-offset, sym-addr, modules', () => {
    const texts = [
      'do_syslog+0x4/0x400 <-__x64_sys_syslog+0x1a/0x30',
      'do_syslog <ffffffff81000000> <-__x64_sys_syslog <ffffffff81000001>',
      'do_syslog [nf_tables] <-__x64_sys_syslog [nf_tables]',
    ];
    for (const text of texts) {
      expect(decode(line(text))).toMatchObject([{ symbol: 'do_syslog', parent: '__x64_sys_syslog' }]);
    }
  });

  it('stacks', () => {
    const records = decode(fixture('7.2/B-stacktrace-option-symaddr.trace.txt'));
    expect(records).toHaveLength(2);
    expect(records[1]).toMatchObject({ kind: 'stack', tid: 136, cpu: 1, time: 13576374e3 });
    expect(records[1]).toHaveProperty('frames.length', 22);
    expect(records[1]).toHaveProperty('frames.2', 'udp_rcv');
    const text = `${line('<stack trace>')} => [FTRACE TRAMPOLINE]\n => do_syslog+0x4/0x400\n => f+0x1/0x2 [m]\n${line('a <-b')}`;
    expect(decode(text)).toMatchObject([
      { kind: 'stack', frames: ['[FTRACE TRAMPOLINE]', 'do_syslog+0x4', 'f+0x1'] },
      { kind: 'function' },
    ]);
    expect(decode(line('<stack trace>'))).toMatchObject([{ kind: 'stack', frames: [] }]);
  });
});

describe('what is lost', () => {
  it('in trace_pipe', () => {
    const records = decode(`${fixture('6.12/A-lost-events-live.trace_pipe.txt')}\n`);
    expect(records.map(({ kind }) => kind).slice(0, 5)).toEqual(['event', 'event', 'event', 'lost', 'event']);
    expect(records[3]).toEqual({ kind: 'lost', cpu: 1, count: 300 });
    expect(records[4]).toMatchObject({
      name: 'sys_enter',
      fields: { id: 257, args: [0xffffff9c, 0x7f8aeef28970, 0, 0, 0x7ffee8311a30, 0x7f8aeef0b3c0] },
    });
    expect(decode('CPU:12 [LOST EVENTS]\n')).toEqual([{ kind: 'lost', cpu: 12, count: null }]);
  });

  it('in the trace file', () => {
    const [first, second] = decode(fixture('6.12/A-lost-events.trace-file.txt'));
    expect(first).toEqual({ kind: 'lost', cpu: -1, count: 600 });
    expect(second).toMatchObject({ kind: 'event', fields: { id: 61 } });
  });
});

describe('names', () => {
  it.each([
    ['blanks and columns', 'x [001] y'],
    ['another record', '-1 [000] 1.0: x'],
    ['newlines', 'a\nb\n\n'],
    ['escapes and bytes that are not UTF-8', '\x1b[2J\xff\xfe'],
    ['nothing', ''],
    ['a frame', '=> do_syslog\n'],
    ['fifteen bytes', 'systemd-journal'],
  ])('%s', (_, comm) => {
    const text = `${line('a <-b', comm)}${line('c <-d', comm)}`;
    expect(decode(text)).toEqual([
      { kind: 'function', time: 1e9, cpu: 1, tid: 175, comm, symbol: 'a', parent: 'b' },
      { kind: 'function', time: 1e9, cpu: 1, tid: 175, comm, symbol: 'c', parent: 'd' },
    ]);
  });

  it('one that is not known', () => {
    const records = decode(`${fixture('6.12/A-unknown-comm.trace_pipe.txt')}\n`);
    expect(records.map((record) => 'comm' in record && record.comm)).toContain(null);
    expect(records).toHaveLength(8);
  });

  it('long pids move what follows', () => {
    expect(decode('            bash-123456789 [1023] ..... 1.000000: a <-b\n')).toMatchObject([
      { tid: 123456789, cpu: 1023 },
    ]);
    expect(decode('            bash-12345 [003] ....     1.000000: a <-b\n')).toMatchObject([
      { tid: 12345, cpu: 3 },
    ]);
  });
});

describe('events', () => {
  it('probes with a format, and the same without one', () => {
    const text = fixture('6.12/B-probe-ep.trace.txt');
    const fields = {
      skb: 0xff13dbd741995700n,
      loc: '__udp4_lib_rcv+0x235/0xd90',
      reason: 3,
      proto: 0x800,
      dev: 'lo',
      ifindex: 1,
      netns: 4026531840,
      len: 13,
      mh: 2,
      nh: 16,
      th: 36,
      iif: 1,
      sk: 0,
    };
    const known = decode(text, [formatIn(text)]).filter(({ kind }) => kind === 'event');
    expect(known).toMatchObject([{ name: 'ep', fields }]);
    expect(decode(text).filter(({ kind }) => kind === 'event')).toMatchObject([{ name: 'ep', fields }]);
  });

  it('probes with an array', () => {
    const text = fixture('6.12/B-probe-kph.trace.txt');
    for (const formats of [[], [formatIn(text)]]) {
      const [record] = decode(text, formats);
      expect(record).toHaveProperty('fields.hd.length', 24);
      expect(record).toHaveProperty('fields.hd.3', 0x100007f09011140n);
    }
  });

  it('a string that could not be read is null', () => {
    expect(decode(line('p: (f+0x4/0x9) a="x" b=(fault) c={1,-2}'))).toMatchObject([
      { name: 'p', fields: { a: 'x', b: null, c: [1, -2] } },
    ]);
  });

  it('system calls without a format, returns below zero', () => {
    const text = `${line('sys_openat(dfd: ffffff9c, filename: 7ffd1, flags: 80000, mode: 0)')}${line('sys_openat -> 0xfffffffffffffffe')}${line('sys_getpid()')}${line('sys_openat(dfd: 0x3, filename: 0x7ffd1 "a", mode: 1", flags: O_RDONLY|O_CLOEXEC, mode: 0)')}`;
    expect(decode(text)).toMatchObject([
      { name: 'sys_enter_openat', fields: { dfd: 0xffffff9c, filename: 0x7ffd1, flags: 0x80000, mode: 0 } },
      { name: 'sys_exit_openat', fields: { ret: -2 } },
      { name: 'sys_enter_getpid', fields: {} },
      { name: 'sys_enter_openat', fields: { dfd: 3, filename: 0x7ffd1, flags: 'O_RDONLY|O_CLOEXEC' } },
    ]);
    expect(decode(line('sys_exit: NR 103 = -1'))).toMatchObject([
      { name: 'sys_exit', fields: { id: 103, ret: -1 } },
    ]);
  });

  it('a traced function whose name starts like a system call', () => {
    expect(decode(line('sys_fillrect(p=0x0, n=1) <-sys_imageblit'))).toMatchObject([
      { kind: 'function', symbol: 'sys_fillrect', parent: 'sys_imageblit' },
    ]);
  });

  it('without a format they are text', () => {
    const text = 'kfree_skb: skbaddr=00000000ed70a991 reason: NO_SOCKET';
    expect(decode(line(text))).toMatchObject([{ name: 'kfree_skb', fields: { text: text.slice(11) } }]);
    expect(decode(line('task_rename: pid=x'))).toMatchObject([{ fields: { text: 'pid=x' } }]);
  });

  it('a given format replaces the known one', () => {
    const format = parseEventFormat(
      'name: sched_process_exec\nID: 9\nformat:\n\n\tfield:int pid;\toffset:8;\tsize:4;\tsigned:1;\n\nprint fmt: "who=%d", REC->pid\n',
    );
    expect(decode(line('sched_process_exec: who=5'), [format])).toMatchObject([{ fields: { pid: 5 } }]);
  });

  it('strings that look like the rest of the event', () => {
    const name = 'x pid=1 old_pid=2';
    expect(decode(line(`sched_process_exec: filename=${name} pid=3 old_pid=4`))).toMatchObject([
      { fields: { filename: name, pid: 3, old_pid: 4 } },
    ]);
    expect(decode(line('sys_syslog(type: 0x3, buf: 0x10 ", len: 0x5) "\n", len: 0x9)'))).toMatchObject([
      { fields: { type: 3, buf: 16, len: 9 } },
    ]);
  });

  it('strings over several lines, records in them included', () => {
    const forged = line('sys_syslog(type: 5, buf: 0, len: 0)');
    const text = `${line(`sched_process_exec: filename=/tmp/a\n${forged}/b pid=3 old_pid=4`)}${line('a <-b')}`;
    expect(decode(text)).toMatchObject([
      { fields: { filename: `/tmp/a\n${forged}/b`, pid: 3, old_pid: 4 } },
      { kind: 'function', symbol: 'a' },
    ]);
    const probe = `${line(`p: (f+0x4/0x9) a0="x\n${forged}" a1=(fault)`)}${line('a <-b')}`;
    expect(decode(probe)).toMatchObject([{ fields: { a0: `x\n${forged}`, a1: null } }, { symbol: 'a' }]);
  });

  it('a string that ends nowhere costs its own line only', () => {
    const text = `${line('sched_process_exec: filename=/tmp/a')}${line('a <-b').repeat(200)}`;
    const records = decode(text);
    expect(records[0]).toMatchObject({ fields: { text: 'filename=/tmp/a' } });
    expect(records).toHaveLength(201);
  });
});

describe('what is none of these', () => {
  it('other print options, one record a line', () => {
    const records = decode(fixture('6.12/B-kfree_skb-option-hex.trace.txt'));
    expect(records).toEqual([
      {
        kind: 'malformed',
        why: expect.stringContaining('columns'),
        sample: expect.stringContaining('type: 1461'),
      },
    ]);
  });

  it('lines that are cut, too long, or that the kernel gave up', () => {
    const cut = line('a <-b').slice(0, -1);
    expect(decode(cut)).toMatchObject([{ kind: 'malformed', why: expect.stringContaining('cut off') }]);
    expect(decode(cut.slice(0, 20))).toMatchObject([{ kind: 'malformed', sample: cut.slice(0, 20) }]);
    expect(decode('[LINE TOO BIG]\n')).toMatchObject([{ why: expect.stringContaining('too long') }]);
    const long = `${'x'.repeat(1_000_000)}\n${line('a <-b')}`;
    expect(decode(long)).toMatchObject([{ kind: 'malformed', sample: 'x'.repeat(120) }, { symbol: 'a' }]);
    const payload = `${line(`sched_process_exec: filename=${'x'.repeat(100_000)} pid=1 old_pid=1`)}${line('a <-b')}`;
    expect(decode(payload)).toMatchObject([{ kind: 'malformed' }, { symbol: 'a' }]);
  });

  it('goes on with the next record', () => {
    const text = `garbage\n\n   more garbage here\n${line('a <-b')}${line('no such payload')}# comment\n${line('c <-d')}`;
    expect(decode(text).map(({ kind }) => kind)).toEqual([
      'malformed',
      'malformed',
      'function',
      'malformed',
      'function',
    ]);
  });
});

describe('an emit that throws', () => {
  it('is not given the same record again, nor robbed of the next', () => {
    const text = [
      line('devkmsg_read <-vfs_read'),
      line('devkmsg_read <-vfs_read'),
      line('task_newtask: pid=1 comm=a clone_flags=0 oom_score_adj=0'),
      'nonsense\n',
      'CPU:1 [LOST 3 EVENTS]\n',
      line('<stack trace>'),
      ' => vfs_read\n',
      line('devkmsg_read <-vfs_read'),
      line('<stack trace>'),
      ' => vfs_read\n',
      'nonsense\n',
      line('devkmsg_read <-vfs_read'),
    ].join('');
    const records: TraceRecord[] = [];
    const decoder = new TraceTextDecoder({
      emit: (record) => {
        records.push(record);
        throw new Error('full');
      },
    });
    let filled = Buffer.from(text, 'latin1').copy(decoder.space());
    for (let tries = 0; tries < 100; tries++) {
      try {
        decoder.filled(filled);
        break;
      } catch {
        filled = 0;
      }
    }
    expect(records).toEqual(decode(text));
  });
});

describe('whatever comes', () => {
  it('the pieces do not matter', () => {
    const texts = [
      fixture('7.2/A-sys_enter_syslog-used-buffer.trace.txt'),
      fixture('7.2/B-stacktrace-option-symaddr.trace.txt'),
      `${line('a <-b', 'x\ny')}${line('sched_process_exec: filename=a\nb pid=1 old_pid=1')}${fixture('6.12/A-lost-events-live.trace_pipe.txt')}`,
      `junk\n${line('p: (f) a="\n')}${line('c <-d').repeat(3)}CPU:1 [LOST 5 EVENTS]\n   `,
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
        (text, sizes) => {
          expect(decodeIn(text, sizes)).toEqual(decode(text));
        },
      ),
    );
  });

  it('the pieces do not matter for lines longer than any record', () => {
    const text = `${'y'.repeat(16_380)}\n${'x'.repeat(16_390)}\n${line(`e: ${'z'.repeat(16_370)}`)}${line(`e: ${'z'.repeat(16_400)}`)}${line('a <-b')}`;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 500, max: 20_000 }), { minLength: 1, maxLength: 5 }),
        (sizes) => {
          expect(decodeIn(text, sizes)).toEqual(decode(text));
        },
      ),
    );
    expect(decode(text)).toHaveLength(5);
  });

  it('bytes of any kind never throw, in any pieces', () => {
    fc.assert(
      fc.property(hostile(), fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (text, sizes) => {
        expect(decodeIn(text, sizes)).toEqual(decode(text));
      }),
      { numRuns: 500 },
    );
  });

  it('what came before does not matter for a line', () => {
    const header = fc
      .record({
        comm: fc.constantFrom('bash', 'dmesg', '<...>', 'a\nb', '\xff\xff', 'x\0\0\0\0\0\0\0\0\0\0y'),
        tid: fc.constantFrom(1, 12, 4194304, 123456789),
        cpu: fc.constantFrom('000', '001', '101', '1001'),
        flags: fc.constantFrom(
          '',
          '....',
          'd..1',
          '.....',
          '...1.',
          '....2',
          '... .',
          '....\x7f',
          '..\xff..',
        ),
        time: fc.constantFrom(
          '    1.000000',
          '    1.999999',
          '    2.000000',
          '   12.34567x',
          '123456.000001',
          '12345678.000001',
          '1234567890.000001',
          '  100',
        ),
      })
      .map(
        ({ comm, tid, cpu, flags, time }) =>
          `${comm.padStart(16)}-${String(tid).padEnd(7)} [${cpu}] ${flags} ${time}: `,
      );
    const lines = fc.tuple(header, payload()).map(([head, [text]]) => `${head}${text}\n`);
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 60 }), (texts) => {
        expect(decode(texts.join(''))).toEqual(texts.flatMap((text) => decode(text)));
      }),
    );
  });

  it('every line is one record', () => {
    const piece = fc.oneof(
      fc
        .record({
          comm: fc.string({ unit: 'binary-ascii', maxLength: 15 }).filter((name) => !/^ |\0/.test(name)),
          payload: payload(),
        })
        .map(({ comm, payload: [text, kind] }) => [line(text, comm), kind, comm] as const),
      fc
        .string({ unit: fc.constantFrom('a', ' ', ':', '<', '-', '[', '\xff'), minLength: 1, maxLength: 40 })
        .map((text) => [`!${text}\n`, 'malformed', ''] as const),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const records = decode(pieces.map(([text]) => text).join(''));
        expect(records.map(({ kind }) => kind)).toEqual(pieces.map(([, kind]) => kind));
        for (const [index, record] of records.entries()) {
          if ('comm' in record)
            expect(record.comm).toBe(pieces[index]?.[2] === '<...>' ? null : pieces[index]?.[2]);
        }
      }),
    );
  });
});

/** Payloads that fit on their line, and the kind of record each makes. */
function payload(): fc.Arbitrary<readonly [string, TraceRecord['kind']]> {
  return fc.constantFrom(
    ['devkmsg_read <-vfs_read', 'function'] as const,
    ['do_syslog(type=5, buf=0x0, len=0, source=0) <-__x64_sys_syslog', 'function'] as const,
    ['sys_syslog(type: a, buf: 0, len: 0)', 'event'] as const,
    ['sys_syslog -> 0x0', 'event'] as const,
    ['do_syslog: (do_syslog+0x4/0x400) type=5 source=0', 'event'] as const,
    ['task_newtask: pid=5 comm=a b clone_flags=1200000 oom_score_adj=-1000', 'event'] as const,
    ['sched_process_exit: comm=x pid=1 prio=120', 'event'] as const,
    ['sched_process_exit: comm=x pid=1 prio=120 group_dead=false', 'event'] as const,
    ['no such thing', 'malformed'] as const,
  );
}

/** Text made of pieces that mean something to the decoder. */
function hostile(): fc.Arbitrary<string> {
  const pieces = fc.oneof(
    fc.constantFrom(
      '\n',
      ' ',
      '"',
      '(',
      ')',
      ': ',
      '-1',
      '[001]',
      '\0',
      '\xff',
      ' => ',
      '#',
      'CPU:1 [LOST 5 EVENTS]\n',
      '<...>',
      ' <-',
      '1.000000: ',
    ),
    fc.constantFrom(
      '            bash-1       [000] .....     1.000000: ',
      '            bash-1       (      1) [000]     1.000000: ',
      line('a <-b'),
      line('<stack trace>'),
    ),
    fc.constantFrom(
      'sched_process_exec: filename=',
      ' pid=1',
      ' old_pid=2',
      'sys_syslog(type: 5',
      ', buf: 0',
      ', len: 1)',
      'sys_syslog -> 0x1',
      'p: (f+0x1/0x2) a=',
      ' b=(fault)',
      '{1,2}',
      'task_rename: pid=1 oldcomm=a',
      ' newcomm=b',
      ' oom_score_adj=0',
      'sys_enter: NR 1 (1, 2, 3, 4, 5, 6)',
    ),
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  );
  return fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));
}

function decode(text: string, formats: readonly EventFormat[] = []): TraceRecord[] {
  const records: TraceRecord[] = [];
  const decoder = new TraceTextDecoder({ emit: (record) => records.push(record), formats });
  decoder.push(Buffer.from(text, 'latin1'));
  decoder.end();
  return records;
}

/** In pieces of these sizes, over and over. */
function decodeIn(text: string, sizes: readonly number[]): TraceRecord[] {
  const records: TraceRecord[] = [];
  const decoder = new TraceTextDecoder({ emit: (record) => records.push(record) });
  const bytes = Buffer.from(text, 'latin1');
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = Math.min(sizes[turn % sizes.length] as number, bytes.length - at);
    expect(decoder.space().length).toBeGreaterThanOrEqual(64 * 1024);
    decoder.space().set(bytes.subarray(at, at + size));
    decoder.filled(size);
    at += size;
  }
  decoder.end();
  return records;
}

function line(payload: string, comm = 'dmesg'): string {
  return `${comm.padStart(16)}-175     [001] .....     1.000000: ${payload}\n`;
}

function event(microseconds: number, name: string, fields: object) {
  return { kind: 'event', time: microseconds * 1000, ...HEAD, name, fields };
}

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'latin1');
}

/** The probe's format that a sample has in its comments. */
function formatIn(sample: string): EventFormat {
  const lines = sample.slice(sample.indexOf('# name: ')).split('\n');
  return parseEventFormat(lines.map((each) => each.slice(2)).join('\n'));
}
