import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode, UnavailableError } from '../errors.js';
import type { KernelJournal } from './journal.js';

/**
 * A private tracing instance, `instances/kwho-PID`: its own ring buffer, filters and tracer
 * (Documentation/trace/ftrace.rst, "Instances"). The global ones are never touched.
 */
export class TraceInstance {
  readonly tracefs: string;
  readonly path: string;
  /** Group of the dynamic events that belong to this instance; `-` is no letter of a group's name. */
  readonly group: string;
  readonly #journal: KernelJournal;

  /**
   * @param purpose tells a second instance of the same process from its first
   * @throws UnavailableError where the kernel refuses an instance
   */
  constructor(tracefs: string, pid: number, journal: KernelJournal, purpose?: string) {
    this.tracefs = tracefs;
    const name = instanceName(pid);
    this.path = join(tracefs, 'instances', purpose === undefined ? name : `${name}-${purpose}`);
    this.group = groupName(pid);
    this.#journal = journal;
    try {
      journal.change({ kind: 'mkdir', path: this.path }, { kind: 'rmdir', path: this.path });
    } catch (cause) {
      throw new UnavailableError(`cannot make the tracing instance ${this.path} (${systemCode(cause)})`, {
        code: 'instance',
        hint:
          systemCode(cause) === 'EEXIST'
            ? 'it exists already: look who uses it, then rmdir it'
            : 'the kernel may be locked down, or short of memory for another ring buffer',
        cause,
      });
    }
  }

  /**
   * Sets one of the instance's control files.
   * @param undo the value to go back to; without it the setting goes with the instance
   */
  set(file: string, value: string, undo?: string): void {
    const path = join(this.path, file);
    this.#journal.change(
      { kind: 'write', path, text: value, append: false },
      undo === undefined ? undefined : { kind: 'write', path, text: undo, append: false },
    );
  }

  /** Switches a tracer on, in a shell only where the function filter does not read `empty`. */
  startTracer(name: string, empty: string): void {
    const unless = { path: join(this.path, 'set_ftrace_filter'), line: empty };
    this.#journal.change({
      kind: 'write',
      path: join(this.path, 'current_tracer'),
      text: name,
      append: false,
      unless,
    });
  }

  append(file: string, value: string): void {
    this.#journal.change({
      kind: 'write',
      path: join(this.path, file),
      text: value,
      append: true,
    });
  }

  read(file: string): string {
    return readFileSync(join(this.path, file), 'latin1');
  }

  /** Switches an event on until the journal is undone. @param event `group/name` @throws the system call's error */
  enable(event: string): void {
    const path = join(this.path, 'events', event, 'enable');
    this.#journal.change(
      { kind: 'write', path, text: '1', append: false },
      { kind: 'write', path, text: '0', append: false },
    );
  }
}

export function instanceName(pid: number): string {
  return `kwho-${pid}`;
}

export function groupName(pid: number): string {
  return `kwho_${pid}`;
}

/** The process that an instance or a group of dynamic events is named after; null where it is not kwho's. */
export function ownerOfName(name: string): number | null {
  const digits = /^kwho[-_](\d+)(?:-[a-z]+)?$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}
