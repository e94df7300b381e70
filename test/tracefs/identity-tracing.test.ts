import { afterEach, describe, expect, it } from 'vitest';
import { parseEventFormat } from '../../src/decode/event-format.js';
import { DynamicEvents } from '../../src/tracefs/dynamic-events.js';
import {
  type IdentityTracingOptions,
  isIdentityFunction,
  traceIdentities,
} from '../../src/tracefs/identity-tracing.js';
import { FakeTracefs } from './fake-tracefs.js';

const STATIC = [
  'task/task_newtask',
  'task/task_rename',
  'sched/sched_process_exit',
  'sched/sched_process_exec',
  'cgroup/cgroup_attach_task',
];
const PROBES = [
  ...[0, 1, 2].flatMap((part) => [`exec${part}_x64_`, `exec${part}_x64_at`]),
  'exec0_ia32_compat_',
  'exec0_ia32_compat_at',
  'exec_done___x64_sys_execve',
  'exec_done___x64_sys_execveat',
  'exec_done___ia32_compat_sys_execve',
  'words0',
  'words1',
  'cred',
  'loginuid',
  'loginuid_ret',
];
const FUNCTIONS = [
  '__x64_sys_execve',
  '__x64_sys_execveat',
  '__ia32_compat_sys_execve',
  'commit_creds',
  'audit_set_loginuid',
];

let tracefs: FakeTracefs;
afterEach(() => tracefs.remove());

function trace(
  options: Partial<IdentityTracingOptions> = {},
  works: (event: string) => boolean = () => true,
) {
  tracefs = new FakeTracefs(['dynamic_events']);
  const names = [...STATIC, ...PROBES.map((name) => `kwho_5/${name}`)].filter(works);
  const instance = tracefs.instance(
    5,
    names.map((name) => `events/${name}/enable`),
  );
  return traceIdentities(instance, new DynamicEvents(instance, tracefs.journal), {
    functions: FUNCTIONS,
    credential: { uid: 8, euid: 24 },
    memory: null,
    strings: true,
    ...options,
  });
}

function definitionOf(name: string): string {
  return tracefs.lines('dynamic_events').find((line) => line.includes(`/${name} `)) ?? 'not defined';
}

describe('command lines from the memory of the new program', () => {
  const memory = { mm: 2272, argStart: 312, argEnd: 320 };

  it.each([true, false])('are fetched as words, strings allowed: %s', (strings) => {
    const tracing = trace({ functions: [...FUNCTIONS, 'proc_exec_connector'], memory, strings });
    expect(tracing).toMatchObject({ commandLines: true, refusals: [] });
    expect(definitionOf('words0')).toMatch(
      /^p:kwho_5\/words0 proc_exec_connector s=\+312\(\+2272\(\$arg1\)\):x64 e=\+320\(\+2272\(\$arg1\)\):x64 w0=\+u0\(\+312\(\+2272\(\$arg1\)\)\):x64 /,
    );
    expect(definitionOf('words1')).toMatch(/ w63=\+u1016\(\+312\(\+2272\(\$arg1\)\)\):x64$/);
    expect(definitionOf('exec0_x64_')).toBe('not defined');
    // The kernel takes a definition of less than a page.
    expect(definitionOf('words1').length).toBeLessThan(4000);
  });

  it('need the function and the offsets', () => {
    trace({ memory });
    expect(definitionOf('words0')).toBe('not defined');
    expect(definitionOf('exec0_x64_')).not.toBe('not defined');
  });
});

describe('with strings', () => {
  it('switches everything on', () => {
    const tracing = trace();
    expect(tracing.refusals).toEqual([]);
    expect(tracing).toMatchObject({ credentials: true, loginuid: true, cgroups: true });
    for (const event of STATIC) expect(tracing.events).toContain(event);
    expect(tracing.events.some((event) => event.includes('exec_done'))).toBe(false);
  });

  it('fetches the arguments of execve as they are at the attempt', () => {
    trace();
    const first = definitionOf('exec0_x64_');
    expect(first).toMatch(/^p:kwho_5\/exec0_x64_ __x64_sys_execve f=\+u0\(\+112\(%di\)\):ustring /);
    expect(first).toContain(' a0=+u0(+u0(+104(%di))):ustring p0=+u0(+104(%di)):x64 ');
    expect(first).toContain(' a7=+u0(+u56(+104(%di))):ustring p7=+u56(+104(%di)):x64');
    expect(definitionOf('exec2_x64_')).toMatch(/ a23=\+u0\(\+u184\(\+104\(%di\)\)\):ustring p23=\S+$/);
    // execveat(2) has the directory in front.
    expect(definitionOf('exec0_x64_at')).toContain(
      ' f=+u0(+104(%di)):ustring a0=+u0(+u0(+96(%di))):ustring ',
    );
  });

  it('command lines are not known where no function can be traced', () => {
    expect(trace({ functions: [] }).commandLines).toBe(false);
  });

  it('of a caller with 32-bit pointers only the file', () => {
    trace();
    expect(definitionOf('exec0_ia32_compat_')).toBe(
      'p:kwho_5/exec0_ia32_compat_ __ia32_compat_sys_execve f=+u0(+40(%di)):ustring',
    );
    expect(definitionOf('exec1_ia32_compat_')).toBe('not defined');
  });

  it('follows the user by the offsets of this kernel', () => {
    trace({ credential: { uid: 4, euid: 20 } });
    expect(definitionOf('cred')).toBe('p:kwho_5/cred commit_creds uid=+4($arg1):u32 euid=+20($arg1):u32');
  });
});

describe('for a reader of text', () => {
  it('fetches no string of a process: one could forge a line', () => {
    const tracing = trace({ strings: false });
    expect(tracefs.read('dynamic_events')).not.toMatch(/string/);
    // Both carry a path that somebody chose.
    expect(tracing.events).not.toContain('sched/sched_process_exec');
    expect(tracing.events).not.toContain('cgroup/cgroup_attach_task');
    expect(tracing.cgroups).toBe(false);
  });

  it('still sees that a program was started', () => {
    trace({ strings: false });
    expect(definitionOf('exec_done___x64_sys_execve')).toBe(
      'r256:kwho_5/exec_done___x64_sys_execve __x64_sys_execve ret=$retval:s32',
    );
  });
});

describe('what does not work is said, and what depends on it not claimed', () => {
  it.each<[string, Partial<IdentityTracingOptions>, (event: string) => boolean, object]>([
    ['no offsets of struct cred', { credential: null }, () => true, { credentials: false, loginuid: true }],
    [
      'no commit_creds',
      { functions: ['audit_set_loginuid'] },
      () => true,
      { credentials: false, loginuid: true },
    ],
    ['no audit', { functions: ['commit_creds'] }, () => true, { credentials: true, loginuid: false }],
    ['probe on commit_creds refused', {}, (event) => event !== 'kwho_5/cred', { credentials: false }],
    [
      'only one end of audit_set_loginuid',
      {},
      (event) => event !== 'kwho_5/loginuid_ret',
      { loginuid: false },
    ],
    ['no control group events', {}, (event) => !event.startsWith('cgroup/'), { cgroups: false }],
  ])('%s', (_, options, works, expected) => {
    expect(trace(options, works)).toMatchObject(expected);
  });

  it('with its reason', () => {
    const tracing = trace({}, (event) => event !== 'task/task_rename');
    expect(tracing.refusals).toEqual(['task/task_rename: ENOENT']);
    expect(tracing.events).not.toContain('task/task_rename');
  });
});

it.each([
  '__x64_sys_execve',
  '__x64_sys_execveat',
  '__ia32_compat_sys_execve',
  '__arm64_sys_execve',
  'commit_creds',
  'audit_set_loginuid',
])('%s is of use', (symbol) => expect(isIdentityFunction(symbol)).toBe(true));

it.each(['__se_sys_execve', '__x64_sys_execve.cold', 'do_execve', '__commit_creds', 'x__x64_sys_execve', ''])(
  '%j is not',
  (symbol) => expect(isIdentityFunction(symbol)).toBe(false),
);

it('names of events are words: they become folders and C identifiers', () => {
  trace();
  for (const line of tracefs.lines('dynamic_events')) {
    const name = line.slice(line.indexOf('/') + 1).split(' ')[0];
    const text = `name: ${name}\nID: 1\nformat:\n\n\tfield:int ${name};\toffset:8;\tsize:4;\tsigned:1;\n\nprint fmt: ""`;
    expect(parseEventFormat(text).fields[0].name).toBe(name);
    expect(name.length).toBeLessThan(64);
  }
});
