import type { KmsgRecord } from '../decode/kmsg-record.js';
import { KmsgDevice, type KmsgRead, readFirstVisible } from './kmsg-device.js';

/** What has happened to the kernel log before anyone watched. Sequence numbers are those of /dev/kmsg. */
export interface LogState {
  /** The oldest record still in the ring; above 0 the ring has wrapped and everything older is overwritten. */
  first: KmsgRecord | null;
  /** Records that a clear hides from dmesg and syslog(2); they are all still there. */
  hidden: number;
  /** The first record that dmesg shows; null where it shows none. */
  visible: KmsgRecord | null;
  /** The last hidden record's time in seconds, where it was looked up. */
  hiddenUntil: number | null;
}

/** @throws the system call's error where /dev/kmsg is closed to us; UnavailableError where nothing can seek */
export function readLogState(path = '/dev/kmsg'): LogState {
  const first = firstRecord(path);
  if (first === null) return { first, hidden: 0, visible: null, hiddenUntil: null };
  const mark = readFirstVisible(path);
  if (mark.kind === 'record') {
    const hidden = Math.max(0, mark.record.seq - first.seq);
    return { first, hidden, visible: mark.record, hiddenUntil: null };
  }
  // The marker is older than the ring: whatever it hid is overwritten, and all that is left is shown.
  if (mark.kind !== 'end') return { first, hidden: 0, visible: first, hiddenUntil: null };
  let hidden = 0;
  let last = first;
  for (const read of readHidden(null, path)) {
    if (read.kind !== 'record') continue;
    hidden++;
    last = read.record;
  }
  return { first, hidden, visible: null, hiddenUntil: last.time };
}

/**
 * Every record that the last clear hides, oldest first, and what went wrong on the way.
 * @param until sequence number of the first visible record; null where none is visible
 */
export function* readHidden(until: number | null, path = '/dev/kmsg'): Generator<KmsgRead> {
  const device = new KmsgDevice(path);
  try {
    for (let read = device.read(); read.kind !== 'end'; read = device.read()) {
      if (read.kind === 'record' && until !== null && read.record.seq >= until) return;
      yield read;
    }
  } finally {
    device.close();
  }
}

function firstRecord(path: string): KmsgRecord | null {
  const device = new KmsgDevice(path);
  try {
    for (let read = device.read(); read.kind !== 'end'; read = device.read()) {
      if (read.kind === 'record') return read.record;
    }
    return null;
  } finally {
    device.close();
  }
}
