import type { DoorName } from '../decode/log-doors.js';
import type { ByteString } from '../decode/trace-record.js';
import type { LogEffect } from './log-access.js';

/**
 * What kwho tells: one union, the same from every backend and in every output. Every string is a {@link ByteString};
 * outputs escape. Absent or null is not known, never guessed.
 */
export type KwhoEvent = LogAccessEvent | KernelMessageEvent | LostEvent | NoticeEvent | SummaryEvent;

/** Version of the schema below: fields may be added under the same number. */
export const SCHEMA_VERSION = 1;

interface EventHead {
  /** Seconds on the kernel's clock; null for what did not happen at a moment. */
  time: number | null;
  /** Which backend told it; `kwho` for what kwho says of itself. */
  backend: string;
}

export interface LogAccessEvent extends EventHead {
  type: 'log-access';
  cpu: number;
  pid: number | null;
  tid: number;
  comm: ByteString | null;
  door: DoorName;
  action: string | null;
  effect: LogEffect | null;
  length: number | null;
  result: number | null;
  errno: string | null;
  /** The kernel's entry symbol, or the caller for a call inside the kernel. */
  via: string | null;
  process: ProcessIdentity | null;
  stack?: readonly string[];
}

export interface ProcessIdentity {
  pid: number;
  comm: ByteString | null;
  /** /proc/PID/exe where the process still lived, else the file it passed to execve(2). */
  exe: ByteString | null;
  /** A word that is null is empty or could not be read. */
  cmdline: readonly (ByteString | null)[] | null;
  /** True where the command line goes on behind what is known of it. */
  cmdlineCut?: boolean;
  uid: number | null;
  loginuid: number | null;
  /** Nearest first. */
  parents: readonly {
    pid: number;
    comm: ByteString | null;
    cmdline: readonly (ByteString | null)[] | null;
  }[];
  unit: ByteString | null;
  container: ByteString | null;
}

/** One record of /dev/kmsg. */
export interface KernelMessageEvent extends EventHead {
  type: 'kernel-message';
  seq: number;
  level: number;
  facility: number;
  flags: string;
  caller: string | null;
  text: ByteString;
  fields: Readonly<Record<string, ByteString>>;
}

export interface LostEvent extends EventHead {
  type: 'lost';
  where: 'ring' | 'reader' | 'table' | 'stap' | 'recording' | 'identity';
  /** null where something was lost and nobody counted it. */
  count: number | null;
  cpu: number | null;
  /** What of, in a few words. */
  what: string;
}

export interface NoticeEvent extends EventHead {
  type: 'notice';
  level: 'info' | 'warning' | 'error';
  code: string;
  text: ByteString;
  hint: string | null;
  /** What the text says in numbers and names, for programs. */
  details?: Readonly<Record<string, unknown>>;
}

export interface SummaryEvent extends EventHead {
  type: 'summary';
  /** Accesses told, after filters. */
  seen: number;
  /** Accesses by what they did to the log. */
  effects: Readonly<Record<string, number>>;
  lost: number;
  /** Whether everything that happened was either seen or counted as lost. */
  complete: boolean;
  backends: readonly string[];
  blindSpots: readonly string[];
}
