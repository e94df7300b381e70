import type { LogAccessEvent, ProcessIdentity } from '../../src/model/events.js';

/** `dmesg -C` by root, all of it known; what a test is about is handed in. */
export function accessEvent(event: Partial<LogAccessEvent> = {}): LogAccessEvent {
  return {
    type: 'log-access',
    time: 12.5,
    backend: 'function',
    cpu: 0,
    pid: 100,
    tid: 100,
    comm: 'dmesg',
    door: 'syslog',
    action: 'CLEAR',
    effect: 'clears',
    length: 0,
    result: 0,
    errno: null,
    via: '__x64_sys_syslog',
    process: identity(),
    ...event,
  };
}

export function identity(known: Partial<ProcessIdentity> = {}): ProcessIdentity {
  return {
    pid: 100,
    comm: 'dmesg',
    exe: '/usr/bin/dmesg',
    cmdline: ['dmesg', '-C'],
    uid: 0,
    loginuid: null,
    parents: [],
    unit: null,
    container: null,
    ...known,
  };
}
