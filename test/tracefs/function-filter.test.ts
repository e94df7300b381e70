import { symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  FunctionTracerRefused,
  findTraceable,
  traceFunctions,
  verifyFilter,
} from '../../src/tracefs/function-filter.js';
import type { TraceInstance } from '../../src/tracefs/instance.js';
import { FakeTracefs } from './fake-tracefs.js';

const WANTED = ['do_syslog', 'do_syslog.part.0', 'kmsg_read'];

describe('the filter, read back', () => {
  it.each<[string, string]>([
    ['in order', 'do_syslog\ndo_syslog.part.0\nkmsg_read\n'],
    ['in another order', 'kmsg_read\ndo_syslog.part.0\ndo_syslog\n'],
    [
      'a function twice, as two symbols of one name read',
      'do_syslog\ndo_syslog\ndo_syslog.part.0\nkmsg_read\n',
    ],
    ['with a module', 'do_syslog\ndo_syslog.part.0\nkmsg_read [kmsg]\n'],
  ])('is right: %s', (_, text) => {
    expect(() => verifyFilter(text, WANTED)).not.toThrow();
  });

  it.each<[string, string, RegExp]>([
    ['empty: the whole kernel', '', /0 lines; missing: do_syslog do_syslog\.part\.0 kmsg_read/],
    ['only a newline', '\n', /0 lines/],
    ['the words for the whole kernel', '#### all functions enabled ####\n', /missing/],
    [
      'those words behind the right ones',
      'do_syslog\ndo_syslog.part.0\nkmsg_read\n#### all functions enabled ####\n',
      /not asked for: ####/,
    ],
    ['one is missing', 'do_syslog\nkmsg_read\n', /missing: do_syslog\.part\.0; not asked for: none/],
    [
      'one too many',
      'do_syslog\ndo_syslog.part.0\nkmsg_read\nschedule\n',
      /missing: none; not asked for: schedule/,
    ],
    [
      'many too many',
      `${WANTED.join('\n')}\n${Array.from({ length: 9 }, (_, i) => `f${i}`).join('\n')}\n`,
      /f4 and 4 more/,
    ],
    ['a longer name', 'do_syslogd\ndo_syslog.part.0\nkmsg_read\n', /missing: do_syslog;/],
  ])('is wrong: %s', (_, text, message) => {
    expect(() => verifyFilter(text, WANTED)).toThrow(FunctionTracerRefused);
    expect(() => verifyFilter(text, WANTED)).toThrow(message);
  });

  it('nothing was wanted: there is no right filter', () => {
    expect(() => verifyFilter('', [])).toThrow(FunctionTracerRefused);
  });
});

describe('an instance', () => {
  let tracefs: FakeTracefs;
  let instance: TraceInstance;
  const FILTER = 'instances/kwho-5/set_ftrace_filter';
  const TRACER = 'instances/kwho-5/current_tracer';
  beforeEach(() => {
    tracefs = new FakeTracefs();
    instance = tracefs.instance(5, ['set_ftrace_filter', 'current_tracer']);
  });
  afterEach(() => tracefs.remove());

  it('traces exactly the functions', () => {
    expect(traceFunctions(instance, WANTED, true)).toEqual({ traced: WANTED, refused: [] });
    expect(tracefs.lines(FILTER)).toEqual(WANTED);
    expect(tracefs.read(TRACER)).toBe('function\n');
  });

  it.each(['schedule\n', '#### all functions enabled ####\n'])(
    'a filter that holds more, %j: the tracer stays off',
    (text) => {
      tracefs.put(FILTER, text);
      expect(() => traceFunctions(instance, WANTED, true)).toThrow(/reads back wrong/);
      expect(tracefs.read(TRACER)).toBe('');
    },
  );

  it('a filter that takes every write and keeps none: the tracer stays off', () => {
    unlinkSync(join(tracefs.path, FILTER));
    symlinkSync('/dev/null', join(tracefs.path, FILTER));
    expect(() => traceFunctions(instance, WANTED, true)).toThrow(/0 lines/);
    expect(tracefs.read(TRACER)).toBe('');
  });

  it('every write refused: the tracer stays off, and the reason is said', () => {
    unlinkSync(join(tracefs.path, FILTER));
    expect(() => traceFunctions(instance, WANTED, true)).toThrow(
      'the kernel refuses set_ftrace_filter (ENOENT)',
    );
    expect(tracefs.read(TRACER)).toBe('');
  });

  it('no function at all: the tracer stays off', () => {
    expect(() => traceFunctions(instance, [], true)).toThrow('no function to trace was found');
    expect(tracefs.read(TRACER)).toBe('');
  });

  it('a kernel without the function tracer', () => {
    unlinkSync(join(tracefs.path, TRACER));
    expect(() => traceFunctions(instance, WANTED, true)).toThrow(FunctionTracerRefused);
  });
});

describe('traceable functions', () => {
  let tracefs: FakeTracefs;
  beforeEach(() => {
    tracefs = new FakeTracefs();
  });
  afterEach(() => tracefs.remove());
  const wanted = (symbol: string) => symbol.startsWith('do_syslog') || symbol === 'kmsg_read';

  it('from the list of the kernel, without those of modules', () => {
    tracefs.put(
      'available_filter_functions',
      'vfs_read\ndo_syslog\ndo_syslog.part.0\nkmsg_read [evil]\ndo_syslog\n',
    );
    expect(findTraceable(tracefs.path, '/nowhere', wanted)).toEqual(['do_syslog', 'do_syslog.part.0']);
  });

  it('over the edges of the buffer', () => {
    const many = Array.from({ length: 30_000 }, (_, i) => `function_number_${i}`);
    tracefs.put('available_filter_functions', `${[...many, 'do_syslog', ...many, 'kmsg_read'].join('\n')}\n`);
    expect(findTraceable(tracefs.path, '/nowhere', wanted)).toEqual(['do_syslog', 'kmsg_read']);
    expect(findTraceable(tracefs.path, '/nowhere', () => true)).toHaveLength(30_002);
  });

  it('from kallsyms where the list is hidden', () => {
    tracefs.put(
      'kallsyms',
      'ffffffff81000000 T do_syslog\nffffffff81000400 t do_syslog.part.0\nffffffffc0000000 t kmsg_read\t[evil]\n0000000000000000 T vfs_read\n',
    );
    expect(findTraceable(tracefs.path, tracefs.path, wanted)).toEqual(['do_syslog', 'do_syslog.part.0']);
  });
});
