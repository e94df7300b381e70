import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type DoorTracing,
  type DoorTracingOptions,
  doorsAmong,
  traceDoors,
} from '../../src/tracefs/door-tracing.js';
import { DynamicEvents } from '../../src/tracefs/dynamic-events.js';
import { FakeTracefs } from './fake-tracefs.js';

/** What 6.12 has. */
const SYMBOLS = [
  '__x64_sys_syslog',
  '__ia32_sys_syslog',
  'do_syslog',
  'kmsg_open',
  'kmsg_read',
  'kmsg_release',
  'devkmsg_open',
  'devkmsg_read',
  'devkmsg_write',
  'devkmsg_llseek',
];
const FUNCTION_TRACER = ['set_ftrace_filter', 'current_tracer', 'options/func_stack_trace'];
const RAW_SYSCALLS = ['sys_enter', 'sys_exit'].flatMap((name) => [
  `events/raw_syscalls/${name}/enable`,
  `events/raw_syscalls/${name}/filter`,
]);
const SYSCALLS = ['sys_enter_syslog', 'sys_exit_syslog'].map((name) => `events/syscalls/${name}/enable`);
/** Named in every mode: nothing can see them. */
const ALWAYS = [
  'opens of /proc/kmsg and calls of syslog(2) refused before they reach the log (file mode, seccomp)',
  'the console level when set through /proc/sys/kernel/printk',
];

let tracefs: FakeTracefs;
afterEach(() => tracefs.remove());

interface Kernel {
  symbols?: readonly string[];
  functions?: boolean;
  /** Which probes can be switched on: `in_do_syslog`. */
  probes?: (name: string) => boolean;
  syscalls?: readonly string[];
  options?: Partial<DoorTracingOptions>;
}

function trace({
  symbols = SYMBOLS,
  functions = true,
  probes = () => true,
  syscalls = [...RAW_SYSCALLS, ...SYSCALLS],
  options = {},
}: Kernel): DoorTracing {
  tracefs = new FakeTracefs(['dynamic_events']);
  const names = symbols.flatMap((symbol) =>
    ['in', 'out'].map((end) => `${end}_${symbol.replace(/\W/g, '_')}`),
  );
  const instance = tracefs.instance(5, [
    ...(functions ? FUNCTION_TRACER : []),
    ...names
      .filter(probes)
      .flatMap((name) => [`events/kwho_5/${name}/enable`, `events/kwho_5/${name}/trigger`]),
    ...syscalls,
  ]);
  return traceDoors(instance, new DynamicEvents(instance, tracefs.journal), {
    doors: doorsAmong(symbols),
    stack: false,
    syscallNumber: 103,
    readBack: true,
    ...options,
  });
}

function enabled(): string[] {
  return SYMBOLS.concat('do_syslog.part.0')
    .flatMap((symbol) => ['in', 'out'].map((end) => `${end}_${symbol.replace(/\W/g, '_')}`))
    .filter((name) => tracefs.has(`instances/kwho-5/events/kwho_5/${name}/enable`))
    .filter((name) => tracefs.read(`instances/kwho-5/events/kwho_5/${name}/enable`) === '1\n');
}

describe('everything works', () => {
  it('means, hooks and blind spots', () => {
    const tracing = trace({});
    expect(tracing.backends).toEqual(['function', 'probe']);
    expect(tracing.refusals).toEqual([]);
    expect(tracing.blindSpots).toEqual(ALWAYS);
    expect([...tracing.hooks.functions.keys()]).toEqual(SYMBOLS);
    expect([...tracing.hooks.returns.keys()]).toEqual(SYMBOLS.map((symbol) => `out_${symbol}`));
    expect(tracefs.lines('instances/kwho-5/set_ftrace_filter')).toEqual(SYMBOLS);
    expect(tracefs.read('instances/kwho-5/current_tracer')).toBe('function\n');
  });

  it('defines these probes', () => {
    trace({});
    expect(tracefs.lines('dynamic_events')).toEqual([
      'p:kwho_5/in___x64_sys_syslog __x64_sys_syslog type=+112(%di):s32 buf=+104(%di):x64 len=+96(%di):s32 comm=$comm',
      'r256:kwho_5/out___x64_sys_syslog __x64_sys_syslog ret=$retval:s64',
      'p:kwho_5/in___ia32_sys_syslog __ia32_sys_syslog type=+40(%di):s32 buf=+88(%di):x32 len=+96(%di):s32 comm=$comm',
      'r256:kwho_5/out___ia32_sys_syslog __ia32_sys_syslog ret=$retval:s64',
      'p:kwho_5/in_do_syslog do_syslog type=$arg1:s32 len=$arg3:s32 source=$arg4:s32 comm=$comm',
      'r256:kwho_5/out_do_syslog do_syslog ret=$retval:s32',
      'r256:kwho_5/out_kmsg_open kmsg_open ret=$retval:s64',
      'p:kwho_5/in_kmsg_read kmsg_read len=$arg3:s64 comm=$comm',
      'r256:kwho_5/out_kmsg_read kmsg_read ret=$retval:s64',
      'r256:kwho_5/out_kmsg_release kmsg_release ret=$retval:s64',
      'r256:kwho_5/out_devkmsg_open devkmsg_open ret=$retval:s64',
      'r256:kwho_5/out_devkmsg_read devkmsg_read ret=$retval:s64',
      'r256:kwho_5/out_devkmsg_write devkmsg_write ret=$retval:s64',
      'p:kwho_5/in_devkmsg_llseek devkmsg_llseek offset=$arg2:s64 whence=$arg3:s32',
      'r256:kwho_5/out_devkmsg_llseek devkmsg_llseek ret=$retval:s64',
    ]);
  });

  it('switches on what it defines, and says so', () => {
    const { events, hooks } = trace({});
    expect(events.toSorted()).toEqual(
      enabled()
        .map((name) => `kwho_5/${name}`)
        .toSorted(),
    );
    expect([...hooks.entries.keys(), ...hooks.returns.keys()].toSorted()).toEqual(enabled().toSorted());
  });

  it('5.10: the part of do_syslog() that system calls go to', () => {
    const { hooks } = trace({ symbols: [...SYMBOLS, 'do_syslog.part.0'] });
    expect(hooks.entries.get('in_do_syslog_part_0')).toEqual({
      symbol: 'do_syslog.part.0',
      door: 'kernel',
      call: 'inner',
    });
    expect(tracefs.lines('dynamic_events')).toContain(
      'p:kwho_5/in_do_syslog_part_0 do_syslog.part.0 type=$arg1:s32 len=$arg3:s32 source=$arg4:s32 comm=$comm',
    );
  });

  it.each(['do_syslog.isra.0', 'do_syslog.constprop.0'])(
    '%s does not take the arguments of do_syslog()',
    (symbol) => {
      trace({ symbols: [symbol] });
      expect(tracefs.lines('dynamic_events')[0]).toBe(
        `p:kwho_5/in_${symbol.replace(/\W/g, '_')} ${symbol} comm=$comm`,
      );
    },
  );

  it('the kernel path of each access', () => {
    trace({ options: { stack: true } });
    expect(tracefs.read('instances/kwho-5/options/func_stack_trace')).toBe('1\n');
    expect(tracefs.read('instances/kwho-5/events/kwho_5/in_do_syslog/trigger')).toBe('');
  });

  it('and without the function tracer from the probes', () => {
    trace({ functions: false, options: { stack: true } });
    expect(tracefs.read('instances/kwho-5/events/kwho_5/in_do_syslog/trigger')).toBe('stacktrace\n');
  });

  it('is undone, last first', () => {
    trace({});
    const defined = tracefs.lines('dynamic_events');
    // The folder is full of files that no kernel is there to remove.
    rmSync(join(tracefs.path, 'instances/kwho-5/set_ftrace_filter'));
    tracefs.journal.undo();
    const names = (lines: string[]) => lines.map((line) => line.split(/[: ]/)[1]);
    expect(names(tracefs.lines('dynamic_events').slice(defined.length))).toEqual(names(defined).toReversed());
    expect(enabled()).toEqual([]);
  });
});

describe('reduced modes name what they cannot see', () => {
  it('no function tracer: probes alone', () => {
    const tracing = trace({ functions: false });
    expect(tracing.backends).toEqual(['probe']);
    expect(tracing.refusals).toEqual(['function tracer: the kernel refuses set_ftrace_filter (ENOENT)']);
    expect(tracing.hooks.functions.size).toBe(0);
    // Every door now needs a probe at its entry.
    expect([...tracing.hooks.entries.keys()]).toEqual(SYMBOLS.map((symbol) => `in_${symbol}`));
    expect(tracing.blindSpots).toEqual(ALWAYS);
  });

  it('no probes: function tracer and the events of the system call', () => {
    const tracing = trace({ probes: () => false });
    expect(tracing.backends).toEqual(['function', 'syscalls']);
    expect(tracing.refusals).toHaveLength(15);
    expect(tracing.events).toEqual(['raw_syscalls/sys_enter', 'raw_syscalls/sys_exit']);
    expect(tracefs.read('instances/kwho-5/events/raw_syscalls/sys_enter/filter')).toBe('id == 103\n');
    expect(tracefs.read('instances/kwho-5/events/raw_syscalls/sys_exit/filter')).toBe('id == 103\n');
    expect([...tracing.hooks.entries.keys()]).toEqual(['sys_enter']);
    expect([...tracing.hooks.returns.keys()]).toEqual(['sys_exit']);
    expect(tracing.blindSpots).toEqual([
      'results of accesses through /proc/kmsg',
      'results of accesses through /dev/kmsg',
      ...ALWAYS,
    ]);
  });

  it('no probes, no raw_syscalls: the events of syslog(2)', () => {
    const tracing = trace({ probes: () => false, syscalls: SYSCALLS });
    expect(tracing.events).toEqual(['syscalls/sys_enter_syslog', 'syscalls/sys_exit_syslog']);
    expect([...tracing.hooks.entries.keys()]).toEqual(['sys_enter_syslog']);
    expect(tracing.refusals).toContain('raw_syscalls events: ENOENT');
  });

  it('the number of syslog(2) is not known: its own events', () => {
    const tracing = trace({ probes: () => false, options: { syscallNumber: null } });
    expect(tracing.events).toEqual(['syscalls/sys_enter_syslog', 'syscalls/sys_exit_syslog']);
  });

  it('the function tracer alone', () => {
    const tracing = trace({ probes: () => false, syscalls: [] });
    expect(tracing.backends).toEqual(['function']);
    expect(tracing.blindSpots).toEqual([
      'results of accesses through /proc/kmsg',
      'results of accesses through /dev/kmsg',
      'which action a caller of syslog(2) asked for, and its result',
      ...ALWAYS,
    ]);
  });

  it('the events of the system call alone', () => {
    const tracing = trace({ functions: false, probes: () => false });
    expect(tracing.backends).toEqual(['syscalls']);
    expect(tracing.blindSpots).toEqual([
      'every access through /proc/kmsg',
      'every access through /dev/kmsg',
      'callers inside the kernel',
      ...ALWAYS,
    ]);
  });

  it('nothing at all', () => {
    const tracing = trace({ functions: false, probes: () => false, syscalls: [] });
    expect(tracing.backends).toEqual([]);
    expect(tracing.events).toEqual([]);
    expect(tracing.blindSpots).toEqual([
      'every access through /proc/kmsg',
      'every access through /dev/kmsg',
      'every call of syslog(2)',
      'callers inside the kernel',
      ...ALWAYS,
    ]);
  });

  it('a door that this kernel does not have as a function', () => {
    const tracing = trace({ symbols: SYMBOLS.filter((symbol) => !symbol.startsWith('kmsg_')) });
    expect(tracing.blindSpots).toEqual(['every access through /proc/kmsg', ...ALWAYS]);
  });

  it('one function that neither means takes', () => {
    const tracing = trace({ functions: false, probes: (name) => !name.endsWith('_devkmsg_write') });
    expect(tracing.blindSpots).toEqual(['/dev/kmsg: write', ...ALWAYS]);
  });

  it('do_syslog() inlined', () => {
    const tracing = trace({ symbols: SYMBOLS.filter((symbol) => symbol !== 'do_syslog') });
    expect(tracing.blindSpots).toEqual(['callers inside the kernel', ...ALWAYS]);
  });

  it('probes at entries refused: the action comes from the events of the system call', () => {
    const tracing = trace({ probes: (name) => !name.startsWith('in_') });
    expect(tracing.backends).toContain('syscalls');
    expect([...tracing.hooks.entries.keys()]).toEqual(['sys_enter']);
  });

  it('probes at entries refused and no events of the system call: the action is named as unseen', () => {
    const tracing = trace({ probes: (name) => !name.startsWith('in_'), syscalls: [] });
    expect(tracing.blindSpots.some((spot) => spot.includes('which action'))).toBe(true);
  });

  it('probes at returns refused: the results come from the events of the system call', () => {
    const tracing = trace({ probes: (name) => !name.startsWith('out_') });
    expect(tracing.backends).toContain('syscalls');
    expect([...tracing.hooks.returns.keys()]).toEqual(['sys_exit']);
  });

  it('probes at returns refused: results of /dev/kmsg and /proc/kmsg are named as unseen', () => {
    const { blindSpots } = trace({ probes: (name) => !name.startsWith('out_') });
    expect(blindSpots).toContain('results of accesses through /proc/kmsg');
    expect(blindSpots).toContain('results of accesses through /dev/kmsg');
  });

  it('an entry symbol whose arguments cannot be fetched: the action comes from the events of the system call', () => {
    const tracing = trace({ symbols: SYMBOLS.map((symbol) => symbol.replace('__x64_', '__riscv_')) });
    expect(tracing.backends).toContain('syscalls');
  });
});
