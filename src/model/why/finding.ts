import type { LogFacts, MessageMark } from '../../decode/log-facts.js';
import type { ByteString } from '../../decode/trace-record.js';

/** Where on its way a message ends: not printed, not in the ring, not shown, not collected, or only not on the console. */
export type Stage = 'emit' | 'ring' | 'dmesg' | 'collector' | 'console';

/** A reason for messages to be missing, found on this host. */
export interface Finding {
  /** Stable, lower-case words joined by `-`. */
  cause: string;
  stage: Stage;
  /** `missing`: messages are gone, hidden or not taken. `risk`: they will be. `note`: it explains what someone may miss. */
  severity: 'missing' | 'risk' | 'note';
  certainty: 'certain' | 'likely' | 'possible';
  finding: ByteString;
  /** File and value, sequence numbers, counters, processes. */
  evidence: ByteString[];
  remedy: ByteString[];
  /** It was found by the message sought itself: no other cause is as near. */
  sought?: true;
}

/** One cause, or a family of causes that cannot be told apart before one looks. */
export interface Check {
  find: (facts: LogFacts) => Finding[];
  /** What it could not look at, in words. */
  unchecked?: (facts: LogFacts) => ByteString[];
}

/** Whether something of this time is within what was asked about. */
export function isAsked({ since }: LogFacts, time: number): boolean {
  return since === null || time >= since;
}

/** `1 record`, `2 records`, `3 processes`, `4 entries` */
export function counted(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : noun.endsWith('s') ? `${noun}es` : `${noun}s`}`;
}

/** A moment on printk's clock, as it stands in the log. */
export function at(time: number): string {
  return `${time.toFixed(6)} s`;
}

/** A message of the log: by its sequence number where that is known. */
export function mark({ seq, time }: MessageMark): string {
  return seq === null ? at(time) : `sequence ${seq}, ${at(time)}`;
}

/** A span of time, in words. */
export function span(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
