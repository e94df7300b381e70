import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DynamicEvents,
  dynamicEventsFile,
  lastProbeError,
  missedHits,
} from '../../src/tracefs/dynamic-events.js';
import { FakeTracefs } from './fake-tracefs.js';

let tracefs: FakeTracefs;
beforeEach(() => {
  tracefs = new FakeTracefs(['dynamic_events']);
});
afterEach(() => tracefs.remove());

describe('a probe', () => {
  it('is appended to the list, and taken off it again', () => {
    tracefs.put('dynamic_events', 'p:theirs/probe vfs_read\n');
    const instance = tracefs.instance(5, ['events/kwho_5/in/enable']);
    const events = new DynamicEvents(instance, tracefs.journal);
    const entry = {
      kind: 'p',
      name: 'in',
      symbol: 'do_syslog.part.0',
      args: 'type=$arg1:s32 comm=$comm',
    } as const;
    events.define(entry);
    events.define({ kind: 'r', name: 'out', symbol: 'do_syslog', args: 'ret=$retval:s32' });
    events.define({ kind: 'p', name: 'bare', symbol: 'kmsg_open', args: '' });
    events.enable(entry);
    expect(tracefs.lines('dynamic_events')).toEqual([
      'p:theirs/probe vfs_read',
      'p:kwho_5/in do_syslog.part.0 type=$arg1:s32 comm=$comm',
      'r256:kwho_5/out do_syslog ret=$retval:s32',
      'p:kwho_5/bare kmsg_open',
    ]);
    tracefs.journal.undo();
    expect(tracefs.lines('dynamic_events').slice(4)).toEqual([
      '-:kwho_5/bare',
      '-:kwho_5/out',
      '-:kwho_5/in',
    ]);
    // Switched off before it was removed: an enabled probe is EBUSY.
    expect(tracefs.read('instances/kwho-5/events/kwho_5/in/enable')).toBe('0\n');
  });

  it('that cannot be written is an error', () => {
    const bare = new FakeTracefs();
    const events = new DynamicEvents(bare.instance(5), bare.journal);
    expect(() => events.define({ kind: 'p', name: 'x', symbol: 'y', args: '' })).toThrow(/ENOENT/);
    bare.remove();
  });
});

it('the list is called otherwise before 5.0', () => {
  expect(dynamicEventsFile(tracefs.path)).toBe(`${tracefs.path}/dynamic_events`);
  expect(dynamicEventsFile('/nowhere')).toBe('/nowhere/kprobe_events');
});

// Samples as 6.12 has them (kernel/trace/trace.c tracing_log_err(), kernel/trace/trace_kprobe.c).
describe("the kernel's own words", () => {
  const COMMAND = '  Command: p:kwho_5/x no_such_function type=$arg1:s32\n              ^\n';

  it.each<[string, string, string | null]>([
    [
      'one error',
      `[   12.345678] trace_kprobe: error: Invalid probed address or symbol\n${COMMAND}`,
      'trace_kprobe: error: Invalid probed address or symbol',
    ],
    [
      'the last of several',
      `[    1.000000] trace_kprobe: error: Bad fetch type\n${COMMAND}[   20.123456] trace_kprobe: error: Event name already exists\n${COMMAND}`,
      'trace_kprobe: error: Event name already exists',
    ],
    ['none', '', null],
  ])('%s', (_, text, expected) => {
    tracefs.put('error_log', text);
    expect(lastProbeError(tracefs.path)).toBe(expected);
  });

  it('a kernel that keeps none', () => {
    expect(lastProbeError(tracefs.path)).toBeNull();
  });
});

describe('missed hits', () => {
  // kernel/trace/trace_kprobe.c probes_profile_seq_show(): name, hits, missed.
  const PROFILE = [
    '  in_do_syslog                                               12               0',
    '  out_do_syslog                                              12               3',
    '  exec0_x64_                                                900             899',
    '  out_kmsg_read                                   1000000000000               4',
    '',
  ].join('\n');

  // The same probes in the same order; another kwho has one of the same name.
  const EVENTS = [
    'p:kwho_5/in_do_syslog do_syslog',
    'r256:kwho_5/out_do_syslog do_syslog',
    'p:kwho_5/exec0_x64_ __x64_sys_execve',
    'r256:kwho_6/out_kmsg_read kmsg_read',
    '',
  ].join('\n');

  it.each<[string[], number]>([
    [['kwho_5/in_do_syslog', 'kwho_5/out_do_syslog'], 3],
    [['kwho_5/out_do_syslog', 'kwho_6/out_kmsg_read'], 7],
    [['kwho_5/out_kmsg_read', 'kwho_5/do_syslog'], 0],
    [[], 0],
  ])('of %j', (names, missed) => {
    tracefs.put('kprobe_profile', PROFILE);
    tracefs.put('kprobe_events', EVENTS);
    expect(missedHits(tracefs.path, new Set(names))).toBe(missed);
  });

  it('a kernel without kprobes', () => {
    expect(missedHits(tracefs.path, new Set(['x']))).toBe(0);
  });
});
