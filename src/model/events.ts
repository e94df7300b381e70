import type { DoorName } from '../decode/log-doors.js';
import type { NetfilterLog } from '../decode/netfilter-log.js';
import type { Flow } from '../decode/packet.js';
import type { ByteString } from '../decode/trace-record.js';
import type { Verdict } from '../explain/drop-verdict.js';
import type { LogEffect } from './log-access.js';

/**
 * What kwho tells: one union, the same from every backend and in every output. Every string is a {@link ByteString};
 * outputs escape. Absent or null is not known, never guessed.
 */
export type KwhoEvent =
  | LogAccessEvent
  | DropEvent
  | DropCountEvent
  | KernelMessageEvent
  | LostEvent
  | NoticeEvent
  | SummaryEvent;

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

/** One packet that the kernel freed without delivering it. */
export interface DropEvent extends EventHead, DropFacts {
  type: 'drop';
  cpu: number;
  /** The thread that was running; in a softirq that is whoever was interrupted. */
  pid: number | null;
  tid: number;
  comm: ByteString | null;
  verdict: Verdict;
  /** Bytes of the socket buffer. */
  length: number | null;
  flow: Flow | null;
  stack?: readonly string[];
}

/** What is known of where and why a packet was dropped; null is not known. */
export interface DropFacts {
  location: DropLocation;
  /** Without `SKB_DROP_REASON_`; null on kernels that give none (before 5.17). A number that has no name stays one. */
  reason: string | null;
  /** EtherType, in the host's byte order. */
  protocol: number | null;
  dev: ByteString | null;
  ifindex: number | null;
  /** Inode number of the network namespace. */
  netns: number | null;
  /** `ip netns` name, or container; null where it has none. */
  netnsName: ByteString | null;
}

/** The place in the kernel that freed the packet. */
export interface DropLocation {
  symbol: string | null;
  /** Bytes from the symbol. */
  offset: number | null;
  module: string | null;
  /** `0x` and hexadecimal digits. */
  address: string | null;
}

/** Drops of one key within one interval. */
export interface DropCountEvent extends EventHead {
  type: 'drop-count';
  /** Seconds on the kernel clock. */
  from: number;
  to: number;
  key: DropKey;
  count: number;
  verdict: Verdict;
}

/** The chosen ones of a drop's fields. */
export type DropKey = Partial<DropFacts> & {
  flow?: Flow | null;
  comm?: ByteString | null;
  stack?: readonly string[];
};

/** One record of the kernel log. Only /dev/kmsg tells sequence numbers and fields. */
export interface KernelMessageEvent extends EventHead {
  type: 'kernel-message';
  seq: number | null;
  level: number | null;
  facility: number | null;
  flags: string;
  caller: string | null;
  text: ByteString;
  fields: Readonly<Record<string, ByteString>>;
  /** Only for a message of a LOG rule. */
  netfilter?: NetfilterLog;
  /** Kernel addresses in the text, as they stand there, to `symbol+0x1f [module]`. */
  symbols?: Readonly<Record<string, string>>;
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
  /** Accesses or drops told, after filters. */
  seen: number;
  /** Accesses by what they did to the log. */
  effects?: Readonly<Record<string, number>>;
  /** Drops counted exactly, and those of them that were seen one by one. */
  counted?: number;
  detailed?: number;
  /** Drops by verdict. */
  verdicts?: Readonly<Record<Verdict, number>>;
  lost: number;
  /** Nothing was lost; where false, `lost` says how much is known to be missing. */
  complete: boolean;
  backends: readonly string[];
  blindSpots: readonly string[];
}
