import { KwhoError, systemCode, UnavailableError } from '../errors.js';
import { openKlogctl } from './klogctl.js';
import { KmsgDevice } from './kmsg-device.js';
import { callSyslog } from './syslog-call.js';

/** A way to read the log that takes no record from anybody. */
export type ReadingDoor = '/dev/kmsg' | 'syslog';

/** What /dev/kmsg gives: its oldest record, or what stands in the way. */
export type DeviceTrial =
  /** `oldest` is null where that record was overwritten just now. */
  | { works: true; oldest: number | null }
  /** The system call's error, or an UnavailableError for what is no log. */
  | { works: false; fault: Error };

/** Opens /dev/kmsg and reads one record. */
export function tryDevice(path = '/dev/kmsg'): DeviceTrial {
  try {
    const device = new KmsgDevice(path);
    try {
      const read = device.read();
      if (read.kind === 'record') return { works: true, oldest: read.record.seq };
      if (read.kind === 'overrun') return { works: true, oldest: null };
      return { works: false, fault: standIn(path, read.kind) };
    } finally {
      device.close();
    }
  } catch (fault) {
    if (!(fault instanceof Error) || systemCode(fault) === null) throw fault;
    return { works: false, fault };
  }
}

function standIn(path: string, kind: string): UnavailableError {
  return new UnavailableError(
    `${path} opens and gives no record (${kind}), as a stand-in in a container does`,
    {
      code: 'no-log-device',
      hint: 'run kwho on the host; --source syslog needs no device',
    },
  );
}

/**
 * /dev/kmsg, which alone has sequence numbers and fields, else syslog(2), else none.
 * @param syslog whether syslog(2) answers to this command: {@link klogctlAnswers} or {@link syslogAnswers}
 */
export function chooseDoor(device: DeviceTrial, syslog: () => boolean): ReadingDoor | null {
  if (device.works) return '/dev/kmsg';
  return syslog() ? 'syslog' : null;
}

/** Through ffi-napi, which `kwho kmsg` wants for it. */
export function klogctlAnswers(): boolean {
  try {
    openKlogctl()('SIZE_BUFFER');
    return true;
  } catch (error) {
    if (error instanceof KwhoError) return false;
    throw error;
  }
}

/** Through whatever there is, which is enough for `kwho why`. */
export function syslogAnswers(): boolean {
  const answer = callSyslog('SIZE_BUFFER');
  return answer !== null && 'result' in answer;
}
