import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogHooks } from '../../src/decode/log-doors.js';
import type { EventRecord, FunctionRecord, TraceRecord } from '../../src/decode/trace-record.js';
import type { LogAccess } from '../../src/model/log-access.js';
import { LogLedger } from '../../src/model/log-ledger.js';
import { accessesOf, hooksOf, KERNELS, recordsOf, resultSeenByCaller } from './captures.js';

/** What the function tracer was pointed at in the captures; `kmsg_release` and the 32-bit entry were not. */
const FUNCTIONS = [
  '__x64_sys_syslog',
  'do_syslog',
  'do_syslog.part.0',
  'kmsg_open',
  'kmsg_read',
  'devkmsg_open',
  'devkmsg_read',
  'devkmsg_write',
];

/** Function tracer, system call events, a probe and a return probe on do_syslog. */
const ALL = hooksOf(
  FUNCTIONS,
  { sys_enter_syslog: '__x64_sys_syslog', do_syslog: 'do_syslog' },
  { sys_exit_syslog: '__x64_sys_syslog', do_syslog_ret: 'do_syslog' },
);
/** Of the many probes of these captures one at each end of a call. */
const ALLPROBES = hooksOf(
  FUNCTIONS,
  { sysent: '__x64_sys_syslog', argn: 'do_syslog' },
  {
    sys_exit_syslog: '__x64_sys_syslog',
    do_syslog_ret: 'do_syslog',
    dkread_ret: 'devkmsg_read',
  },
);
const FUNCONLY = hooksOf(FUNCTIONS);

describe.each(KERNELS)('captures of %s', (kernel) => {
  const seen = (name: string) => resultSeenByCaller(kernel, name);

  it.each<[string, (name: string) => string[]]>([
    ['dmesg-C', () => ['syslog CLEAR clears = 0']],
    ['dmesg-D', () => ['syslog CONSOLE_OFF configures = 0']],
    ['dmesg-n3', () => ['syslog CONSOLE_LEVEL configures = 0']],
    [
      'dmesg-S-c',
      () => ['syslog SIZE_BUFFER none = 131072', 'syslog READ_ALL reads = 0', 'syslog CLEAR clears = 0'],
    ],
    [
      'klogctl-READ-2',
      (name) => ['/dev/kmsg open none = ?', '/dev/kmsg write null = ?', `syslog READ steals = ${seen(name)}`],
    ],
    ['klogctl-READ_ALL-3', (name) => [`syslog READ_ALL reads = ${seen(name)}`]],
    ['klogctl-READ_CLEAR-4', (name) => [`syslog READ_CLEAR clears = ${seen(name)}`]],
    ['klogctl-SIZE_UNREAD-9', (name) => [`syslog SIZE_UNREAD none = ${seen(name)}`]],
    ['klogctl-bad-77', (name) => [`syslog 77 none = ${seen(name)}`]],
    // 5.10 refuses before do_syslog(), later kernels in it.
    ['nobody-dmesg-C', () => ['syslog CLEAR none = -1']],
    [
      'nobody-dmesg',
      () => ['/dev/kmsg open none = ?', 'syslog SIZE_BUFFER none = -1', 'syslog READ_ALL none = -1'],
    ],
    ['echo-to-devkmsg', () => ['/dev/kmsg open none = ?', '/dev/kmsg write null = ?']],
    // Its own entry symbol is not traced here, and on 5.10 it goes past the probe on do_syslog().
    ['int80-clear', () => [kernel === '5.10' ? 'syslog null null = ?' : 'syslog CLEAR clears = 0']],
    // The do_syslog() in each belongs to it; only the close has no door of its own here, and `source` tells whose.
    [
      'proc-kmsg-head',
      () => [
        '/dev/kmsg open none = ?',
        '/dev/kmsg write null = ?',
        '/proc/kmsg open none = ?',
        '/proc/kmsg read null = ?',
        '/proc/kmsg close none = 0',
      ],
    ],
  ])('functions, system call events, one probe: %s', (scenario, expected) => {
    const name = `A-all-${scenario}`;
    expect(accessesOf(ALL, recordsOf(kernel, name)).map(inShort)).toEqual(expected(name));
  });

  it.each<[string, (name: string) => string[]]>([
    // util-linux on an empty log: /dev/kmsg gives EAGAIN, so it asks syslog(2), and clears at the end.
    [
      'dmesg-c',
      () => [
        '/dev/kmsg open none = ?',
        '/dev/kmsg read none = -11',
        'syslog SIZE_BUFFER none = 131072',
        'syslog READ_ALL reads = 0',
        'syslog CLEAR clears = 0',
      ],
    ],
    [
      'klogctl-READ-2',
      (name) => ['/dev/kmsg open none = ?', '/dev/kmsg write null = ?', `syslog READ steals = ${seen(name)}`],
    ],
    ['klogctl-READ_CLEAR-4', (name) => [`syslog READ_CLEAR clears = ${seen(name)}`]],
    [
      'nobody-dmesg',
      () => ['/dev/kmsg open none = ?', 'syslog SIZE_BUFFER none = -1', 'syslog READ_ALL none = -1'],
    ],
    ['int80-clear', () => [kernel === '5.10' ? 'syslog null null = ?' : 'syslog CLEAR clears = 0']],
    [
      'devkmsg-reader',
      () => [
        '/dev/kmsg open none = ?',
        `/dev/kmsg read reads = ${bootLineBytes(kernel)}`,
        '/dev/kmsg read reads = 66',
        '/dev/kmsg read reads = 40',
      ],
    ],
    [
      'proc-kmsg-head',
      () => [
        '/dev/kmsg open none = ?',
        '/dev/kmsg write null = ?',
        '/proc/kmsg open none = ?',
        '/proc/kmsg read null = ?',
        '/proc/kmsg read null = ?',
        '/proc/kmsg close none = 0',
      ],
    ],
  ])('functions and many probes: %s', (scenario, expected) => {
    const name = `A-allprobes-${scenario}`;
    expect(accessesOf(ALLPROBES, recordsOf(kernel, name)).map(inShort)).toEqual(expected(name));
  });

  it.each<[string, string[]]>([
    ['dmesg-S-c', ['syslog null null = ?', 'syslog null null = ?', 'syslog null null = ?']],
    ['int80-clear', ['syslog null null = ?']],
    ['devkmsg-reader', ['/dev/kmsg open none = ?', ...Array(3).fill('/dev/kmsg read null = ?')]],
    [
      'proc-kmsg-head',
      [
        '/dev/kmsg open none = ?',
        '/dev/kmsg write null = ?',
        '/proc/kmsg open none = ?',
        '/proc/kmsg read null = ?',
        '/proc/kmsg read null = ?',
        // kmsg_release() was not traced, and nothing fetched `source`.
        'kernel null null = ?',
      ],
    ],
  ])('the function tracer alone: %s', (scenario, expected) => {
    const accesses = accessesOf(FUNCONLY, recordsOf(kernel, `A-funconly-${scenario}`));
    expect(accesses.map(inShort)).toEqual(expected);
  });

  it('tells /proc/kmsg by `source` where only do_syslog() can be probed', () => {
    const hooks = hooksOf([], { argn: 'do_syslog' }, { do_syslog_ret: 'do_syslog' });
    const accesses = accessesOf(hooks, recordsOf(kernel, 'A-allprobes-proc-kmsg-head'));
    const results = accesses.map(({ result }) => result ?? 0);
    expect(accesses.map(({ door, action, effect }) => `${door} ${action} ${effect}`)).toEqual([
      '/proc/kmsg open none',
      '/proc/kmsg read steals',
      '/proc/kmsg read steals',
      '/proc/kmsg close none',
    ]);
    // head -c 100
    expect(results[1] + results[2]).toBe(100);
    expect(accesses[0].comm).toBe('head');
  });

  it('names the caller and the entry', () => {
    expect(viaOf(accessesOf(FUNCONLY, recordsOf(kernel, 'A-funconly-int80-clear')))).toEqual([
      '__ia32_sys_syslog',
    ]);
    expect(viaOf(accessesOf(ALL, recordsOf(kernel, 'A-all-dmesg-C')))).toEqual(['__x64_sys_syslog']);
  });
});

it.each(['dmesg-S-c', 'proc-kmsg-head'])('7.2 prints arguments of traced functions: %s', (scenario) => {
  const plain = accessesOf(FUNCONLY, recordsOf('7.2', `A-funconly-${scenario}`));
  const withArguments = accessesOf(FUNCONLY, recordsOf('7.2', `A-funcargs-${scenario}`));
  expect(withArguments.map(inShort)).toEqual(plain.map(inShort));
});

const SYSCALL = '__x64_sys_syslog';
const INNER = 'do_syslog';
/** As kwho itself sets them up. */
const OWN = hooksOf(
  [SYSCALL, '__ia32_sys_syslog', INNER, 'kmsg_open', 'kmsg_read', 'kmsg_release', 'devkmsg_read'],
  {
    in_sys: SYSCALL,
    in_ia32: '__ia32_sys_syslog',
    in_inner: INNER,
    in_kmsg_read: 'kmsg_read',
  },
  {
    out_sys: SYSCALL,
    out_ia32: '__ia32_sys_syslog',
    out_inner: INNER,
    out_kmsg_open: 'kmsg_open',
    out_kmsg_read: 'kmsg_read',
    out_kmsg_release: 'kmsg_release',
    out_devkmsg_read: 'devkmsg_read',
  },
);

describe('one call', () => {
  it.each<[string, TraceRecord[], string[]]>([
    [
      'function before probe',
      [fn(SYSCALL), on('in_sys', { type: 5, len: 0 }), on('out_sys', { ret: 0 })],
      ['syslog CLEAR clears = 0'],
    ],
    [
      'probe before function',
      [on('in_sys', { type: 5, len: 0 }), fn(SYSCALL), on('out_sys', { ret: 0 })],
      ['syslog CLEAR clears = 0'],
    ],
    [
      'no function at all',
      [on('in_sys', { type: 5 }), on('out_sys', { ret: 0 })],
      ['syslog CLEAR clears = 0'],
    ],
    [
      'inner function and its probes inside',
      [
        fn(SYSCALL),
        on('in_sys', { type: 3, len: 100 }),
        on('in_inner', { type: 3, len: 100, source: 0 }),
        fn(INNER),
        on('out_inner', { ret: 42 }),
        on('out_sys', { ret: 42 }),
      ],
      ['syslog READ_ALL reads = 42'],
    ],
    [
      'a lost return, another call',
      [
        fn(SYSCALL),
        on('in_sys', { type: 5 }),
        fn(SYSCALL),
        on('in_sys', { type: 10 }),
        on('out_sys', { ret: 7 }),
      ],
      ['syslog CLEAR null = ?', 'syslog SIZE_BUFFER none = 7'],
    ],
    [
      'a lost return, another door',
      [fn(SYSCALL), on('in_sys', { type: 5 }), fn('devkmsg_read'), on('out_devkmsg_read', { ret: 99 })],
      ['syslog CLEAR null = ?', '/dev/kmsg read reads = 99'],
    ],
    ['a lost entry', [on('out_sys', { ret: 0 })], []],
    [
      'a lost entry does not take away the next call',
      [on('out_sys', { ret: 0 }), fn(SYSCALL), on('in_sys', { type: 9 }), on('out_sys', { ret: 5 })],
      ['syslog SIZE_UNREAD none = 5'],
    ],
    [
      'a caller that dies in its call',
      [fn('kmsg_read'), on('in_kmsg_read', { len: 4096 }), on('sched_process_exit', { pid: 7 })],
      ['/proc/kmsg read null = ?'],
    ],
    [
      'a caller inside the kernel',
      [fn(INNER, 'some_driver'), on('in_inner', { type: 5, len: 0, source: 0 }), on('out_inner', { ret: 0 })],
      ['kernel CLEAR clears = 0'],
    ],
    [
      'through the 32-bit gate',
      [
        fn('__ia32_sys_syslog'),
        on('in_ia32', { type: 5, len: 0, buf: 0 }),
        on('in_inner', { type: 5, len: 0, source: 0 }),
        fn(INNER, '__ia32_sys_syslog'),
        on('out_inner', { ret: 0 }),
        on('out_ia32', { ret: 0 }),
      ],
      ['syslog CLEAR clears = 0'],
    ],
    [
      '/proc/kmsg from open to close',
      [
        fn('kmsg_open'),
        on('in_inner', { type: 1, source: 1 }),
        fn(INNER, 'kmsg_open'),
        on('out_inner', { ret: 0 }),
        on('out_kmsg_open', { ret: 0 }),
        fn('kmsg_read'),
        on('in_kmsg_read', { len: 100 }),
        on('in_inner', { type: 2, len: 100, source: 1 }),
        fn(INNER, 'kmsg_read'),
        on('out_inner', { ret: 80 }),
        on('out_kmsg_read', { ret: 80 }),
        fn('kmsg_release'),
        fn(INNER, 'kmsg_release'),
        on('in_inner', { type: 0, source: 1 }),
        on('out_inner', { ret: 0 }),
        on('out_kmsg_release', { ret: 0 }),
      ],
      ['/proc/kmsg open none = 0', '/proc/kmsg read steals = 80', '/proc/kmsg close none = 0'],
    ],
    ['an event that is no hook', [on('sched_switch', { type: 5 }), fn('vfs_read')], []],
    // The upper half of the register is not the action's.
    [
      'a negative action',
      [on('in_sys', { type: 0xffff_ffff_ffff_ffffn, len: -1 }), on('out_sys', { ret: -22 })],
      ['syslog -1 none = -22'],
    ],
    [
      'arguments as raw_syscalls carries them',
      [
        on('in_sys', {
          id: 103,
          args: [0xdead_0000_0003n, 0x7f00, 512, 0, 0, 0],
        }),
        on('out_sys', { id: 103, ret: 12 }),
      ],
      ['syslog READ_ALL reads = 12'],
    ],
    [
      'a result as 64 unsigned bits',
      [on('in_sys', { type: 5 }), on('out_sys', { ret: 0xffff_ffff_ffff_ffffn })],
      ['syslog CLEAR none = -1'],
    ],
  ])('%s', (_, records, expected) => {
    expect(accessesOf(OWN, records).map(inShort)).toEqual(expected);
  });

  it('that waits at the end of the run is told by finish(), once', () => {
    const told: LogAccess[] = [];
    const ledger = new LogLedger(OWN, (access) => told.push(access));
    for (const record of [fn('kmsg_read'), on('in_kmsg_read', { len: 4096 }), fn(INNER, 'kmsg_read')])
      ledger.apply(record);
    expect(told).toEqual([]);
    ledger.finish();
    ledger.finish();
    expect(told.map(inShort)).toEqual(['/proc/kmsg read null = ?']);
    expect(told[0].length).toBe(4096);
  });

  it('has CPU and name of its beginning, and the time of its end', () => {
    const [access] = accessesOf(OWN, [
      {
        ...on('in_sys', { type: 5, len: 0, comm: 'exact' }),
        time: 1000,
        cpu: 1,
        comm: '<trace>',
      },
      { ...fn(SYSCALL), time: 2000, cpu: 1 },
      { ...on('out_sys', { ret: 0 }), time: 3000, cpu: 0 },
    ]);
    expect(access).toMatchObject({
      time: 3000,
      cpu: 1,
      comm: 'exact',
      via: SYSCALL,
      length: 0,
    });
  });

  it('without an end it has the time of its beginning', () => {
    const [access] = accessesOf(OWN, [
      { ...fn('kmsg_read'), time: 1000 },
      { ...on('in_kmsg_read', { len: 9 }), time: 2000 },
    ]);
    expect(access).toMatchObject({ time: 1000, action: 'read', result: null });
  });

  it('takes the stack behind its first record', () => {
    const stack = (frame: string): TraceRecord => ({
      kind: 'stack',
      time: 1,
      cpu: 0,
      tid: TID,
      frames: [frame],
    });
    const [access] = accessesOf(OWN, [
      stack('of something else'),
      fn(SYSCALL),
      stack('__x64_sys_syslog'),
      fn(INNER),
      stack('do_syslog'),
      on('in_sys', { type: 5 }),
      on('out_sys', { ret: 0 }),
    ]);
    expect(access.stack).toEqual(['__x64_sys_syslog']);
  });

  it('is told at its entry where no return will come', () => {
    const told: string[] = [];
    const ledger = new LogLedger(hooksOf([SYSCALL, INNER]), (access) => told.push(inShort(access)));
    ledger.apply(fn(SYSCALL));
    expect(told).toEqual(['syslog null null = ?']);
    ledger.apply(fn(INNER, SYSCALL));
    ledger.apply(fn(SYSCALL));
    ledger.apply(fn(INNER, SYSCALL));
    ledger.finish();
    expect(told).toHaveLength(2);
  });

  it('is told by its return where nothing shows its entry', () => {
    const hooks = hooksOf([], {}, { out_devkmsg_read: 'devkmsg_read', out_inner: INNER });
    const records = [on('out_inner', { ret: 3 }), on('out_devkmsg_read', { ret: 99 })];
    expect(accessesOf(hooks, records).map(inShort)).toEqual(['/dev/kmsg read reads = 99']);
  });
});

// Calls of several threads, each with its records in order, in every interleaving: each call is told once.
describe('interleaved threads', () => {
  it('each call once, each with its own result', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(wellFormedCall(), { minLength: 1, maxLength: 6 }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.infiniteStream(fc.nat()),
        (threads, choices) => {
          const queues = threads.map((calls, t) =>
            calls.flatMap(({ records }) => records.map((record) => ({ ...record, tid: 100 + t }))),
          );
          const accesses = accessesOf(OWN, interleave(queues, choices));
          threads.forEach((calls, t) => {
            const told = accesses.filter(({ tid }) => tid === 100 + t).map(inShort);
            expect(told).toEqual(calls.map(({ told }) => told));
          });
          expect(accesses).toHaveLength(threads.flat().length);
        },
      ),
    );
  });

  it('whatever comes in whatever order, nothing throws and every access has been entered or returned', () => {
    const names = [...OWN.entries.keys(), ...OWN.returns.keys(), 'sched_process_exit', 'other'];
    const record = fc.oneof(
      fc.constantFrom(...OWN.functions.keys()).map((symbol) => fn(symbol)),
      fc
        .record({
          name: fc.constantFrom(...names),
          type: fc.integer(),
          ret: fc.integer(),
        })
        .map(({ name, type, ret }) => on(name, { type, ret, len: type })),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(record, fc.integer({ min: 1, max: 3 }))), (list) => {
        const records = list.map(([each, tid]) => ({ ...each, tid }));
        const told = accessesOf(OWN, records);
        const hooked = records.filter((each) => isHook(OWN, each));
        expect(told.length).toBeLessThanOrEqual(hooked.length);
      }),
    );
  });
});

interface Call {
  records: (FunctionRecord | EventRecord)[];
  told: string;
}

/** A call of one of the doors, with its hooks in either order, and do_syslog() inside it or alone. */
function wellFormedCall(): fc.Arbitrary<Call> {
  const result = fc.integer({ min: 1, max: 100_000 });
  const both = (a: FunctionRecord, b: EventRecord, swapped: boolean) => (swapped ? [b, a] : [a, b]);
  return fc.oneof(
    fc.record({ result, swapped: fc.boolean(), inner: fc.boolean() }).map(({ result, swapped, inner }) => ({
      records: [
        ...both(fn(SYSCALL), on('in_sys', { type: 3, len: 9 }), swapped),
        ...(inner
          ? [
              ...both(fn(INNER, SYSCALL), on('in_inner', { type: 3, source: 0 }), swapped),
              on('out_inner', { ret: result }),
            ]
          : []),
        on('out_sys', { ret: result }),
      ],
      told: `syslog READ_ALL reads = ${result}`,
    })),
    fc.record({ result, swapped: fc.boolean() }).map(({ result, swapped }) => ({
      records: [
        ...both(fn('kmsg_read'), on('in_kmsg_read', { len: 9 }), swapped),
        ...both(fn(INNER, 'kmsg_read'), on('in_inner', { type: 2, source: 1 }), swapped),
        on('out_inner', { ret: result }),
        on('out_kmsg_read', { ret: result }),
      ],
      told: `/proc/kmsg read steals = ${result}`,
    })),
    result.map((result) => ({
      records: [fn('devkmsg_read'), on('out_devkmsg_read', { ret: result })],
      told: `/dev/kmsg read reads = ${result}`,
    })),
    fc.record({ result, swapped: fc.boolean() }).map(({ result, swapped }) => ({
      records: [
        ...both(fn(INNER, 'driver'), on('in_inner', { type: 3, source: 0 }), swapped),
        on('out_inner', { ret: result }),
      ],
      told: `kernel READ_ALL reads = ${result}`,
    })),
  );
}

function* interleave<T>(queues: T[][], choices: Iterable<number>): Generator<T> {
  const left = queues.map((queue) => [...queue]);
  for (const choice of choices) {
    const waiting = left.filter((queue) => queue.length > 0);
    if (waiting.length === 0) return;
    yield waiting[choice % waiting.length].shift() as T;
  }
}

const TID = 7;

function fn(symbol: string, parent = 'caller'): FunctionRecord {
  return {
    kind: 'function',
    time: 1,
    cpu: 0,
    tid: TID,
    comm: null,
    symbol,
    parent,
  };
}

function on(name: string, fields: EventRecord['fields']): EventRecord {
  return { kind: 'event', time: 1, cpu: 0, tid: TID, comm: null, name, fields };
}

function isHook({ functions, entries, returns }: LogHooks, record: FunctionRecord | EventRecord): boolean {
  if (record.kind === 'function') return functions.has(record.symbol);
  return entries.has(record.name) || returns.has(record.name);
}

function inShort({ door, action, effect, result }: LogAccess): string {
  return `${door} ${action} ${effect} = ${result ?? '?'}`;
}

function viaOf(accesses: readonly LogAccess[]): (string | null)[] {
  return accesses.map(({ via }) => via);
}

/** Bytes of `Linux version …`, the first record that the script in the capture read. */
function bootLineBytes(kernel: string): number {
  return { '5.10': 193, '6.1': 205, '6.12': 221, '7.2': 228 }[kernel] ?? Number.NaN;
}
