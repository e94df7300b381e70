import type { ByteString } from '../decode/trace-record.js';

/** Drops of one kind, as they were seen. null is not known. */
export interface SeenDrops {
  reason: string | null;
  symbol: string | null;
  netns: number | null;
  dev: ByteString | null;
  count: number;
}

/** How much the kernel's own counters rose in one namespace. */
export interface CounterRise {
  /** Inode number. */
  netns: number;
  /** By the names that nstat prints; `softnet dropped` is the host's. */
  counters: ReadonlyMap<string, number>;
  /** By interface, then by the names of /sys/class/net/DEV/statistics. */
  devices: ReadonlyMap<ByteString, ReadonlyMap<string, number>>;
}

/** What a counter says was lost. */
export interface CountedLoss {
  netns: number;
  /** The counter: `UdpRcvbufErrors`, `eth0 rx_missed_errors`. */
  name: ByteString;
  count: number;
  /** What happened to these packets. */
  what: string;
  /** What to check or do next. */
  next: string;
}

/** A counter of losses, and the drops that make it rise. */
export interface LossRule {
  counter: string;
  /** Counters that rise with this one for the same packets, and have rules of their own. */
  without?: readonly string[];
  isDrop: (drop: SeenDrops) => boolean;
  /** The kernel loses these packets without freeing them as dropped: whatever else was lost sight of, it was not them. */
  silent?: true;
  /** It counts what happens in every namespace. */
  host?: true;
  what: string;
  next: string;
}
