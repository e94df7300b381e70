import { type LogDoor, type LogHooks, logDoorOf } from '../decode/log-doors.js';
import { systemCode } from '../errors.js';
import { probesOf } from './door-probes.js';
import { type DynamicEvents, lastProbeError, type ProbeDefinition } from './dynamic-events.js';
import { FunctionTracerRefused, traceFunctions } from './function-filter.js';
import type { TraceInstance } from './instance.js';
import { abiOf } from './syscall-arguments.js';

export interface DoorTracingOptions {
  /** Traceable functions that are doors of the log. */
  doors: readonly LogDoor[];
  /** Record the kernel path of each access. */
  stack: boolean;
  /** The number of syslog(2), for `raw_syscalls`; null where it is not known. */
  syscallNumber: number | null;
  /** False in a dry run, where there is no filter to read back. */
  readBack: boolean;
}

export interface DoorTracing {
  hooks: LogHooks;
  /** The means in use, best first: `function`, `probe`, `syscalls`. */
  backends: string[];
  /** What this set-up cannot see, in words. */
  blindSpots: string[];
  /** Why a better means is not in use. */
  refusals: string[];
  /** Events switched on, as `group/name`. */
  events: string[];
}

/**
 * Watches every door of the kernel log: the function tracer says that one was entered, probes on the same functions
 * (else the system call events) say with what arguments and what result.
 */
export function traceDoors(
  instance: TraceInstance,
  probes: DynamicEvents,
  options: DoorTracingOptions,
): DoorTracing {
  const tracing: DoorTracing = {
    hooks: { functions: new Map(), entries: new Map(), returns: new Map() },
    backends: [],
    blindSpots: [],
    refusals: [],
    events: [],
  };
  const functions = traceEntries(instance, tracing, options);
  const probed = probeDoors(instance, probes, tracing, options, functions);
  if (!isSyscallProbed(tracing, options)) traceSyscall(instance, tracing, options.syscallNumber);
  nameBlindSpots(tracing, options, functions, probed);
  return tracing;
}

/** Whether probes alone tell action and result of every call of syslog(2), through whichever entry symbol. */
function isSyscallProbed({ hooks }: DoorTracing, { doors }: DoorTracingOptions): boolean {
  const entries = new Set([...hooks.entries.values()].map(({ symbol }) => symbol));
  const returns = new Set([...hooks.returns.values()].map(({ symbol }) => symbol));
  const gates = doors.filter(({ call }) => call === 'syslog');
  return (
    gates.length > 0 &&
    gates.every(({ symbol }) => abiOf(symbol) !== null && entries.has(symbol) && returns.has(symbol))
  );
}

/** The function tracer on every door. Returns the functions it traces. */
function traceEntries(
  instance: TraceInstance,
  tracing: DoorTracing,
  options: DoorTracingOptions,
): Set<string> {
  try {
    const symbols = options.doors.map(({ symbol }) => symbol);
    const { traced, refused } = traceFunctions(instance, symbols, options.readBack);
    for (const { symbol, reason } of refused)
      tracing.refusals.push(`function tracer on ${symbol}: ${reason}`);
    const functions = new Map(
      options.doors.filter(({ symbol }) => traced.includes(symbol)).map((d) => [d.symbol, d]),
    );
    tracing.hooks = { ...tracing.hooks, functions };
    tracing.backends.push('function');
    if (options.stack) traceFunctionStacks(instance, tracing);
    return new Set(traced);
  } catch (error) {
    const reason = error instanceof FunctionTracerRefused ? error.message : `${systemCode(error) ?? error}`;
    tracing.refusals.push(`function tracer: ${reason}`);
    return new Set();
  }
}

/** Up to 5.10 the option has no effect before the tracer; on 6.1 and 6.12 the next new instance would inherit it. */
function traceFunctionStacks(instance: TraceInstance, tracing: DoorTracing): void {
  try {
    instance.set('options/func_stack_trace', '1', '0');
  } catch (error) {
    tracing.refusals.push(`stack traces: ${systemCode(error) ?? error}`);
  }
}

/** Probes for arguments and results. Returns the functions whose calls they show by themselves. */
function probeDoors(
  instance: TraceInstance,
  probes: DynamicEvents,
  tracing: DoorTracing,
  options: DoorTracingOptions,
  functions: ReadonlySet<string>,
): Set<string> {
  const entries = new Map<string, LogDoor>();
  const returns = new Map<string, LogDoor>();
  const probed = new Set<string>();
  for (const door of options.doors) {
    const [entry, exit] = probesOf(door);
    // Reading /dev/kmsg is frequent, and its arguments say nothing: where the function tracer shows the entry, it does.
    const wantsEntry = entry.args !== '' || !functions.has(door.symbol);
    if (wantsEntry && tryProbe(instance, probes, tracing, entry)) {
      entries.set(entry.name, door);
      probed.add(door.symbol);
      if (options.stack && !functions.has(door.symbol)) traceStack(instance, tracing, entry);
    }
    if (tryProbe(instance, probes, tracing, exit)) {
      returns.set(exit.name, door);
      probed.add(door.symbol);
    }
  }
  tracing.hooks = { ...tracing.hooks, entries, returns };
  if (probed.size > 0) tracing.backends.push('probe');
  return probed;
}

function tryProbe(
  instance: TraceInstance,
  probes: DynamicEvents,
  tracing: DoorTracing,
  probe: ProbeDefinition,
): boolean {
  try {
    probes.define(probe);
    probes.enable(probe);
  } catch (error) {
    const words = lastProbeError(instance.tracefs);
    tracing.refusals.push(
      `probe on ${probe.symbol}: ${systemCode(error) ?? error}${words === null ? '' : ` (${words})`}`,
    );
    return false;
  }
  tracing.events.push(`${instance.group}/${probe.name}`);
  return true;
}

function traceStack(instance: TraceInstance, tracing: DoorTracing, probe: ProbeDefinition): void {
  try {
    instance.append(`events/${instance.group}/${probe.name}/trigger`, 'stacktrace');
  } catch (error) {
    tracing.refusals.push(`stack trace at ${probe.symbol}: ${systemCode(error) ?? error}`);
  }
}

/**
 * The system call's own events. `raw_syscalls` also shows callers through the 32-bit gate, which `syscalls` does not;
 * its filter keeps out every other call.
 */
function traceSyscall(instance: TraceInstance, tracing: DoorTracing, number: number | null): void {
  const door: LogDoor = { symbol: 'syslog', door: 'syslog', call: 'syslog' };
  const pairs: [string, string, string, string | null][] = [
    ['syscalls', 'sys_enter_syslog', 'sys_exit_syslog', null],
  ];
  if (number !== null) pairs.unshift(['raw_syscalls', 'sys_enter', 'sys_exit', `id == ${number}`]);
  for (const [system, enter, exit, filter] of pairs) {
    try {
      for (const event of [enter, exit]) {
        if (filter !== null) instance.set(`events/${system}/${event}/filter`, filter);
        instance.enable(`${system}/${event}`);
        tracing.events.push(`${system}/${event}`);
      }
      // They speak for every call; a probe on some of the entry symbols would tell those calls a second time.
      const others = (hooks: ReadonlyMap<string, LogDoor>) =>
        [...hooks].filter(([, { call }]) => call !== 'syslog');
      tracing.hooks = {
        ...tracing.hooks,
        entries: new Map([...others(tracing.hooks.entries), [enter, door]]),
        returns: new Map([...others(tracing.hooks.returns), [exit, door]]),
      };
      tracing.backends.push('syscalls');
      if (filter === null) tracing.blindSpots.push('calls of syslog(2) through the 32-bit gate');
      return;
    } catch (error) {
      tracing.refusals.push(`${system} events: ${systemCode(error) ?? error}`);
    }
  }
}

function nameBlindSpots(
  tracing: DoorTracing,
  options: DoorTracingOptions,
  functions: ReadonlySet<string>,
  probed: ReadonlySet<string>,
): void {
  const { blindSpots, hooks } = tracing;
  const seen = (symbol: string) => functions.has(symbol) || probed.has(symbol);
  for (const name of ['/proc/kmsg', '/dev/kmsg'] as const) {
    const doors = options.doors.filter(({ door }) => door === name);
    const dark = doors.filter(({ symbol }) => !seen(symbol));
    if (doors.length === 0 || dark.length === doors.length) blindSpots.push(`every access through ${name}`);
    else if (dark.length > 0) blindSpots.push(`${name}: ${dark.map(({ call }) => call).join(', ')}`);
    else if (!told(hooks.returns, ({ door }) => door === name)) {
      blindSpots.push(`results of accesses through ${name}`);
    }
  }
  const isCall = ({ call }: LogDoor) => call === 'syslog';
  if (!told(hooks.functions, isCall) && !told(hooks.entries, isCall))
    blindSpots.push('every call of syslog(2)');
  else if (
    !told(
      hooks.entries,
      ({ symbol, call }) => call === 'syslog' && (symbol === 'syslog' || abiOf(symbol) !== null),
    )
  ) {
    blindSpots.push('which action a caller of syslog(2) asked for, and its result');
  } else if (!told(hooks.returns, isCall)) blindSpots.push('results of syslog(2)');
  if (!options.doors.some(({ symbol, call }) => call === 'inner' && seen(symbol))) {
    blindSpots.push('callers inside the kernel');
  }
  blindSpots.push(
    'opens of /proc/kmsg and calls of syslog(2) refused before they reach the log (file mode, seccomp)',
    'the console level when set through /proc/sys/kernel/printk',
  );
}

/** The doors among all traceable functions. */
export function doorsAmong(symbols: readonly string[]): LogDoor[] {
  return symbols.flatMap((symbol) => logDoorOf(symbol) ?? []);
}

function told(hooks: ReadonlyMap<string, LogDoor>, which: (door: LogDoor) => boolean): boolean {
  return [...hooks.values()].some(which);
}
