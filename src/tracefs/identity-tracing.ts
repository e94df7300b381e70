import { systemCode } from '../errors.js';
import type { DynamicEvents, ProbeDefinition } from './dynamic-events.js';
import type { TraceInstance } from './instance.js';
import { abiOf } from './syscall-arguments.js';

export interface IdentityTracingOptions {
  /** The kernel's functions among {@link isIdentityFunction}. */
  functions: readonly string[];
  /** Byte offsets of `struct cred` members from BTF; null where this kernel has none. */
  credential: { uid: number; euid: number } | null;
  /** Byte offsets that lead from a task to its command line, from BTF; null where this kernel has none. */
  memory: { mm: number; argStart: number; argEnd: number } | null;
  /** Fetch strings of any length. Not for a text reader: in trace text an argument can forge a line. */
  strings: boolean;
}

export interface IdentityTracing {
  /** Events switched on, as `group/name`. */
  events: string[];
  /** A process's user is followed through every change of it. */
  credentials: boolean;
  loginuid: boolean;
  cgroups: boolean;
  /** Command lines come from the kernel. */
  commandLines: boolean;
  refusals: string[];
}

/** Arguments fetched at execve(2), in several events so that a long one does not cost the others. */
export const ARGUMENTS_PER_EVENT = 8;
const ARGUMENT_EVENTS = 3;

/** The functions this module can make use of, where the kernel has them. */
export function isIdentityFunction(symbol: string): boolean {
  return OTHER_FUNCTIONS.has(symbol) || EXEC_ENTRY.test(symbol);
}

const OTHER_FUNCTIONS = new Set(['commit_creds', 'audit_set_loginuid', 'proc_exec_connector']);

/** 32-bit callers always come in through the compat entries. */
const EXEC_ENTRY = /^__(x64|ia32_compat|arm64|arm64_compat)_sys_execve(at)?$/;

/**
 * Follows who every process is, by events of the same ring buffer: births, names, programs with their arguments as
 * the caller passed them to execve(2), changes of user, login user and control group, and deaths. A process that
 * lives for a millisecond is as well known as any other.
 */
export function traceIdentities(
  instance: TraceInstance,
  probes: DynamicEvents,
  options: IdentityTracingOptions,
): IdentityTracing {
  const tracing: IdentityTracing = {
    events: [],
    credentials: false,
    loginuid: false,
    cgroups: false,
    commandLines: false,
    refusals: [],
  };
  const event = (name: string) => attempt(tracing, name, () => instance.enable(name));
  const probe = (definition: ProbeDefinition) =>
    attempt(tracing, `${instance.group}/${definition.name}`, () => {
      probes.define(definition);
      probes.enable(definition);
    });
  const has = (symbol: string) => options.functions.includes(symbol);

  event('task/task_newtask');
  event('task/task_rename');
  event('sched/sched_process_exit');
  if (options.strings) {
    event('sched/sched_process_exec');
    tracing.cgroups = event('cgroup/cgroup_attach_task');
  }
  const lines = commandLineProbes(options);
  tracing.commandLines = lines.length > 0 && lines.every(probe);
  if (options.credential !== null && has('commit_creds')) {
    const { uid, euid } = options.credential;
    const args = `uid=+${uid}($arg1):u32 euid=+${euid}($arg1):u32`;
    tracing.credentials = probe({ kind: 'p', name: 'cred', symbol: 'commit_creds', args });
  }
  if (has('audit_set_loginuid')) {
    const symbol = 'audit_set_loginuid';
    tracing.loginuid =
      probe({ kind: 'p', name: 'loginuid', symbol, args: 'loginuid=$arg1:u32' }) &&
      probe({ kind: 'r', name: 'loginuid_ret', symbol, args: 'ret=$retval:s32' });
  }
  return tracing;
}

/** The best that this kernel allows of: the new program's memory, the caller's arguments, the bare fact. */
function commandLineProbes({ functions, memory, strings }: IdentityTracingOptions): ProbeDefinition[] {
  if (memory !== null && functions.includes('proc_exec_connector')) return memoryProbes(memory);
  if (strings) return functions.flatMap(execProbes);
  return functions
    .filter((symbol) => EXEC_ENTRY.test(symbol))
    .map((symbol) => ({
      kind: 'r',
      name: `exec_done_${symbol.replace(/\W/g, '_')}`,
      symbol,
      args: 'ret=$retval:s32',
    }));
}

/**
 * The arguments where the new program finds them, when execve(2) has succeeded (fs/exec.c exec_binprm() calls
 * proc_exec_connector()): their pages have just been written and are there. The kernel takes no array of user memory,
 * so it is word by word; a word behind the end may be stale, and `e` tells where the end is.
 */
function memoryProbes({
  mm,
  argStart,
  argEnd,
}: NonNullable<IdentityTracingOptions['memory']>): ProbeDefinition[] {
  const start = `+${argStart}(+${mm}($arg1))`;
  return Array.from({ length: WORD_EVENTS }, (_, part) => {
    const words = Array.from({ length: WORDS_PER_EVENT }, (_, i) => {
      const at = (part * WORDS_PER_EVENT + i) * 8;
      return `w${i}=+u${at}(${start}):x64`;
    });
    const args = [`s=${start}:x64`, `e=+${argEnd}(+${mm}($arg1)):x64`, ...words].join(' ');
    return { kind: 'p', name: `words${part}`, symbol: 'proc_exec_connector', args };
  });
}

/** 1 KiB of command line: the line that defines a probe has a bound of its own. */
const WORDS_PER_EVENT = 64;
const WORD_EVENTS = 2;

function attempt(tracing: IdentityTracing, name: string, run: () => void): boolean {
  try {
    run();
  } catch (error) {
    tracing.refusals.push(`${name}: ${systemCode(error) ?? error}`);
    return false;
  }
  tracing.events.push(name);
  return true;
}

/**
 * Probes at the attempt, `exec0 exec1 exec2`: past the last argument a string reads as `(fault)`. A caller with
 * 32-bit pointers gives the file name only: fetches follow pointers of the kernel's own width.
 */
function execProbes(symbol: string): ProbeDefinition[] {
  if (!EXEC_ENTRY.test(symbol)) return [];
  const abi = abiOf(symbol);
  if (abi === null) return [];
  const file = symbol.endsWith('at') ? 1 : 0;
  const suffix = symbol.replace(/^__|_sys_execve/g, '_').replace(/\W/g, '');
  const filename = `f=+u0(${abi.argument(file)}):ustring`;
  if (!abi.wide) return [{ kind: 'p', name: `exec0${suffix}`, symbol, args: filename }];
  return Array.from({ length: ARGUMENT_EVENTS }, (_, part) => {
    const args = Array.from({ length: ARGUMENTS_PER_EVENT }, (_, i) => {
      const n = part * ARGUMENTS_PER_EVENT + i;
      const pointer = `+u${n * 8}(${abi.argument(file + 1)})`;
      // An empty string and one past the end both read as nothing; the pointer tells them apart.
      return `a${n}=+u0(${pointer}):ustring p${n}=${pointer}:x64`;
    });
    return {
      kind: 'p',
      name: `exec${part}${suffix}`,
      symbol,
      args: [...(part === 0 ? [filename] : []), ...args].join(' '),
    };
  });
}
