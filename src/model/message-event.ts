import type { KmsgRecord } from '../decode/kmsg-record.js';
import type { KernelMessageEvent } from './events.js';

/** A record of /dev/kmsg as kwho tells it. */
export function messageEvent(record: KmsgRecord): KernelMessageEvent {
  const { time, seq, level, facility, flags, caller, text, fields } = record;
  return {
    type: 'kernel-message',
    time,
    backend: '/dev/kmsg',
    seq,
    level,
    facility,
    flags,
    caller: caller === null ? null : `${caller.kind === 'thread' ? 'T' : 'C'}${caller.id}`,
    text,
    fields: Object.fromEntries(fields),
  };
}
