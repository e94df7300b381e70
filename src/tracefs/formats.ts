import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EventFormat, parseEventFormat } from '../decode/event-format.js';

/**
 * The declared layouts of an instance's events and of the tracers' own records.
 * @param events `group/name` each
 * @throws FormatError for a layout that cannot be understood; the system call's error where one cannot be read
 */
export function readFormats(tracefs: string, instance: string, events: readonly string[]): EventFormat[] {
  return readFormatTexts(tracefs, instance, events).map(parseEventFormat);
}

/** The same as the kernel prints them. */
export function readFormatTexts(tracefs: string, instance: string, events: readonly string[]): string[] {
  const own = events.map((event) => join(instance, 'events', event, 'format'));
  const tracers = TRACER_RECORDS.map((name) => join(tracefs, 'events/ftrace', name, 'format'));
  return [...own, ...tracers].map((path) => readFileSync(path, 'latin1'));
}

/** What the function tracer and the stack option write (kernel/trace/trace_entries.h). */
const TRACER_RECORDS = ['function', 'kernel_stack'];
