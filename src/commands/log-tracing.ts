import { readFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { logDoorOf } from '../decode/log-doors.js';
import { systemCode } from '../errors.js';
import { Btf, BtfError } from '../host/btf.js';
import { ftraceSwitchedOff } from '../host/ftrace-switch.js';
import { type DoorTracing, doorsAmong, traceDoors } from '../tracefs/door-tracing.js';
import { DynamicEvents } from '../tracefs/dynamic-events.js';
import { findTraceable } from '../tracefs/function-filter.js';
import {
  type IdentityTracing,
  type IdentityTracingOptions,
  isIdentityFunction,
  traceIdentities,
} from '../tracefs/identity-tracing.js';
import type { TraceInstance } from '../tracefs/instance.js';
import type { KernelJournal } from '../tracefs/journal.js';
import { chooseClock, resizeBuffer } from './trace-settings.js';

export interface LogTracingOptions {
  stack: boolean;
  /** KiB a CPU; null leaves the kernel's default. */
  bufferKib: number | null;
  /** The reader is a text reader, to which no string of a process may be sent. */
  text: boolean;
  dryRun: boolean;
  /** From {@link findLogSymbols}. */
  symbols: readonly string[];
  /** Where the proc and sys file systems are mounted. */
  proc: string;
  sys: string;
}

export interface LogTracing {
  doors: DoorTracing;
  identities: IdentityTracing;
  /** The trace clock in use: `mono`, or the kernel's default. */
  clock: string;
}

/** Configures an instance for the log side. It is left with `tracing_on` at 0: nothing is recorded yet. */
export function setUpLogTracing(
  instance: TraceInstance,
  journal: KernelJournal,
  options: LogTracingOptions,
): LogTracing {
  const off = ftraceSwitchedOff(options.proc);
  const symbols = off === null ? options.symbols : [];
  instance.set('tracing_on', '0');
  const clock = chooseClock(instance);
  if (options.bufferKib !== null) resizeBuffer(instance, options.bufferKib);
  const probes = new DynamicEvents(instance, journal);
  const identities = traceIdentities(instance, probes, {
    functions: symbols.filter(isIdentityFunction),
    ...kernelOffsets(options.sys),
    strings: !options.text,
  });
  const doors = traceDoors(instance, probes, {
    doors: doorsAmong(symbols),
    stack: options.stack,
    syscallNumber: SYSLOG_NUMBER,
    readBack: !options.dryRun,
  });
  if (off !== null) doors.refusals.splice(0, Number.POSITIVE_INFINITY, off);
  return { doors, identities, clock };
}

/** The functions of this kernel that the log side can make use of. */
export function findLogSymbols(tracefs: string, proc: string): string[] {
  return findTraceable(tracefs, proc, (symbol) => logDoorOf(symbol) !== null || isIdentityFunction(symbol));
}

/** syslog(2) on this architecture; on x86-64 the 32-bit gate has the same number. */
export const SYSLOG_NUMBER =
  new Map([
    ['x64', 103],
    ['arm64', 116],
  ]).get(arch()) ?? null;

/** Where the kernel keeps what the probes fetch. Null where it has no type information or another layout. */
export function kernelOffsets(sys: string): Pick<IdentityTracingOptions, 'credential' | 'memory'> {
  try {
    const btf = Btf.parse(readFileSync(join(sys, 'kernel/btf/vmlinux')));
    const offset = (struct: string, member: string) => btf.member(struct, member)?.offset ?? null;
    const [uid, euid] = [offset('cred', 'uid'), offset('cred', 'euid')];
    const [mm, argStart, argEnd] = [
      offset('task_struct', 'mm'),
      offset('mm_struct', 'arg_start'),
      offset('mm_struct', 'arg_end'),
    ];
    return {
      credential: uid === null || euid === null ? null : { uid, euid },
      memory: mm === null || argStart === null || argEnd === null ? null : { mm, argStart, argEnd },
    };
  } catch (error) {
    if (error instanceof BtfError || systemCode(error) !== null) return { credential: null, memory: null };
    throw error;
  }
}
