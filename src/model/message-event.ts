import type { KmsgRecord } from '../decode/kmsg-record.js';
import { type LogMessage, logMessage } from '../decode/log-message.js';
import type { KernelMessageEvent } from './events.js';

/** A record of /dev/kmsg as kwho tells it. */
export function messageEvent(record: KmsgRecord): KernelMessageEvent {
  return logMessageEvent(logMessage(record), '/dev/kmsg');
}

/** A message of the kernel log as kwho tells it. @param backend the door it came through */
export function logMessageEvent(message: LogMessage, backend: string): KernelMessageEvent {
  const { seq, level, facility, microseconds, flags, caller, text, fields } = message;
  return {
    type: 'kernel-message',
    time: microseconds === null ? null : microseconds / 1e6,
    backend,
    seq,
    level,
    facility,
    flags,
    caller,
    text,
    fields: Object.fromEntries(fields),
  };
}
