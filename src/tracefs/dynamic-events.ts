import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors.js';
import type { TraceInstance } from './instance.js';
import type { KernelJournal } from './journal.js';

/** A probe in the syntax of Documentation/trace/kprobetrace.rst and its kin, without its group. */
export interface ProbeDefinition {
  /** `p` at a function's entry, `r` at its return, `e` on an event, `t` on a tracepoint. */
  kind: 'p' | 'r' | 'e' | 't';
  name: string;
  /** The function or tracepoint; `group.name` of an event. */
  symbol: string;
  /** `type=%di:s32 comm=$comm`; empty for none. */
  args: string;
}

/**
 * Defines dynamic events in the instance's group and switches them on.
 * The list of dynamic events is one for the whole kernel: it is appended to, never truncated.
 */
export class DynamicEvents {
  readonly #file: string;
  readonly #instance: TraceInstance;
  readonly #journal: KernelJournal;

  constructor(instance: TraceInstance, journal: KernelJournal) {
    this.#file = dynamicEventsFile(instance.tracefs);
    this.#instance = instance;
    this.#journal = journal;
  }

  /** @throws the system call's error; `lastProbeError()` then has the kernel's own words */
  define(probe: ProbeDefinition): void {
    const name = `${this.#instance.group}/${probe.name}`;
    // A return probe keeps one record per call under way; readers that wait in a blocking read each hold one.
    const type = probe.kind === 'r' ? `r${RETURNS_UNDER_WAY}` : probe.kind;
    this.#journal.change(
      {
        kind: 'write',
        path: this.#file,
        text: `${type}:${name} ${probe.symbol} ${probe.args}`.trimEnd(),
        append: true,
      },
      { kind: 'write', path: this.#file, text: `-:${name}`, append: true },
    );
  }

  enable(probe: ProbeDefinition): void {
    this.#instance.enable(`${this.#instance.group}/${probe.name}`);
  }
}

const RETURNS_UNDER_WAY = 256;

/** `dynamic_events` since 5.0, `kprobe_events` before. */
export function dynamicEventsFile(tracefs: string): string {
  const file = join(tracefs, 'dynamic_events');
  return existsSync(file) ? file : join(tracefs, 'kprobe_events');
}

/** Everybody's dynamic events, one a line; empty where they cannot be read. */
export function dynamicEvents(tracefs: string): string {
  try {
    return readFileSync(dynamicEventsFile(tracefs), 'latin1');
  } catch {
    return '';
  }
}

/** Why the kernel refused the last command, as its `error_log` has it; null where it has none (before 5.2). */
export function lastProbeError(tracefs: string): string | null {
  try {
    const entries = readFileSync(join(tracefs, 'error_log'), 'latin1').split(/^(?=\[)/m);
    return (
      entries
        .at(-1)
        ?.split('\n')[0]
        ?.replace(/^\[[^\]]*\]\s*/, '') || null
    );
  } catch (error) {
    if (systemCode(error) !== null) return null;
    throw error;
  }
}

/**
 * Hits that these probes missed: the kernel ran out of return-probe records, or a probe fired inside a probe
 * (`kprobe_profile`: name, hits, missed). Ask only for probes whose fetches cannot fault: up to 5.10 the kernel counts
 * a fault as a miss too (arch/x86/kernel/kprobes/core.c kprobe_fault_handler()).
 * @param events `group/name`
 */
export function missedHits(tracefs: string, events: ReadonlySet<string>): number {
  let profile: string[];
  let probes: string[];
  try {
    profile = readFileSync(join(tracefs, 'kprobe_profile'), 'latin1').split('\n');
    probes = readFileSync(join(tracefs, 'kprobe_events'), 'latin1').split('\n');
  } catch {
    return 0;
  }
  let missed = 0;
  for (const [i, line] of profile.entries()) {
    // The profile leaves out the group; both files list the same probes in the same order.
    const event = /^[pr]\d*:(\S+)/.exec(probes[i] ?? '')?.[1];
    const [name, , count] = line.trim().split(/\s+/);
    if (event?.endsWith(`/${name}`) === true && events.has(event)) missed += Number(count) || 0;
  }
  return missed;
}
