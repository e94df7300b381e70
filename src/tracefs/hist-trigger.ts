import { join } from 'node:path';
import type { TraceInstance } from './instance.js';
import type { KernelJournal } from './journal.js';

/** A table that the kernel itself keeps of an event's hits (Documentation/trace/histogram.rst). */
export interface HistDefinition {
  /** `group/name` */
  event: string;
  /** With modifiers: `location.sym-offset`. At most three (kernel/trace/tracing_map.h TRACING_MAP_KEYS_MAX). */
  keys: readonly string[];
  /** Rows that it has room for; the kernel wants a power of two from 128 to 131072. */
  size: number;
  /** An event filter; null for every hit. */
  filter: string | null;
}

/** Starts a table, which counts until the journal is undone. @throws the system call's error where it is refused */
export function startHist(instance: TraceInstance, journal: KernelJournal, definition: HistDefinition): void {
  const { event, keys, size, filter } = definition;
  const path = join(instance.path, 'events', event, 'trigger');
  const text = `hist:keys=${keys.join(',')}:size=${size}${filter === null ? '' : ` if ${filter}`}`;
  journal.change(
    { kind: 'write', path, text, append: true },
    { kind: 'write', path, text: `!${text}`, append: true },
  );
}

/** The tables of an event as the kernel prints them, one after the other in the order in which they were started. */
export function readHist(instance: TraceInstance, event: string): string {
  return instance.read(join('events', event, 'hist'));
}
