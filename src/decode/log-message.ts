import type { KmsgRecord } from './kmsg-record.js';
import type { ByteString } from './trace-record.js';

/** One message of the kernel log, whichever door it came through: what that door does not tell is null. */
export interface LogMessage {
  /** Counts up by one for each message since boot; only /dev/kmsg tells it. */
  seq: number | null;
  /** 0 (emergency) to 7 (debug). */
  level: number | null;
  facility: number | null;
  /** Microseconds since boot as printk stamps them; null with printk.time=0. */
  microseconds: number | null;
  /** `c`: a fragment of a line; `+`: more of it (kernels before 4.10). */
  flags: '-' | 'c' | '+';
  /** `T123` or `C0`, where the kernel has CONFIG_PRINTK_CALLER. */
  caller: ByteString | null;
  text: ByteString;
  /** `SUBSYSTEM`, `DEVICE` and the like; only /dev/kmsg tells them. */
  fields: KmsgRecord['fields'];
}

/** A record of /dev/kmsg as a message. */
export function logMessage(record: KmsgRecord): LogMessage {
  const { seq, level, facility, time, flags, caller, text, fields } = record;
  return {
    seq,
    level,
    facility,
    microseconds: Math.round(time * 1e6),
    flags,
    caller: caller === null ? null : `${caller.kind === 'thread' ? 'T' : 'C'}${caller.id}`,
    text,
    fields,
  };
}
