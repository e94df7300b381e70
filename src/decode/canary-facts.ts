import type { ByteString } from './trace-record.js';

/** What became of a marker written to /dev/kmsg. Delays are milliseconds since the write; null is not seen. */
export interface CanaryFacts {
  marker: ByteString;
  level: number;
  /** errno's name of the open or write that failed; null where it was taken. */
  refused: string | null;
  /** Its sequence number; null where no reader of /dev/kmsg saw it. */
  seq: number | null;
  ringDelay: number | null;
  /** Whether syslog(2) READ_ALL showed it; null where nothing here can call it. */
  readAll: boolean | null;
  /** Sequence number of the oldest record when the time was over. */
  oldestAfter: number | null;
  /** Whether journalctl showed it, and how long journald took; null where there is no journald. */
  journald: { found: boolean; delay: number | null } | null;
  files: { path: ByteString; delay: number }[];
  /** Packets of this host that carried it, and how many could not be looked at; or in words why none could. */
  sent:
    | { packets: { dst: string; transport: 'udp' | 'tcp'; port: number; delay: number }[]; missed: number }
    | string;
  /** Ports of other hosts that TCP connections of this one lead to; null where nobody knows. */
  connected: readonly number[] | null;
  /** How long it was looked for. */
  waited: number;
}
