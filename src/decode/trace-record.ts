/**
 * What the kernel's ring buffer says, one record at a time: the common language of both readers (trace text from
 * `trace_pipe`, binary pages from `trace_pipe_raw`). Whatever a reader delivers, the model sees only these.
 */
export type TraceRecord = FunctionRecord | EventRecord | StackRecord | LostRecord | MalformedRecord;

/**
 * Text whose bytes nobody vouches for (process names, arguments): one character a byte, U+0000 to U+00FF, as
 * `Buffer.toString('latin1')` makes it. Nothing is lost; every output escapes it (see output/escape.ts).
 */
export type ByteString = string;

interface RecordHead {
  /** Nanoseconds on the trace clock; text carries microseconds only. Exact below 2^53 ns (104 days), then to 2 ns. */
  time: number;
  cpu: number;
  /** The thread that was running, as the initial pid namespace numbers it; 0 is an idle CPU. */
  tid: number;
  /** The thread's name as trace text prints it; null where it is not known (`<...>`, and always in pages). */
  comm: ByteString | null;
}

/** The function tracer saw `symbol` being entered (`TRACE_FN`). */
export interface FunctionRecord extends RecordHead {
  kind: 'function';
  symbol: string;
  /** Who called it; null where the kernel does not know (`[unknown/kretprobe'd]`). */
  parent: string | null;
}

/** A static or dynamic event. */
export interface EventRecord extends RecordHead {
  kind: 'event';
  /** Name as in the event's `format` file, without its group: `sys_enter_syslog`, `task_newtask`. */
  name: string;
  /** The event's own fields (not the `common_` ones) by name. */
  fields: Fields;
}

export type Fields = { [name: string]: FieldValue | undefined };
/** 64-bit unsigned values above 2^53 are bigint; a string that the kernel could not read (`(fault)`) is null. */
export type FieldValue = number | bigint | ByteString | null | readonly FieldValue[];

/** The kernel path to the record before it on the same CPU, innermost first: `symbol` or `symbol+0x1f`. */
export interface StackRecord {
  kind: 'stack';
  time: number;
  cpu: number;
  tid: number;
  frames: readonly string[];
}

/** The kernel overwrote or refused records of this CPU before the next one. */
export interface LostRecord {
  kind: 'lost';
  cpu: number;
  /** How many, or null where the kernel did not count them. */
  count: number | null;
}

/** Bytes that are no record: counted and shown, never thrown away silently. */
export interface MalformedRecord {
  kind: 'malformed';
  /** What was expected and what stands there, in a few words. */
  why: string;
  /** The first bytes of it. */
  sample: ByteString;
}
