import { describe, expect, it } from 'vitest';
import type { DoorCall, DoorName } from '../../src/decode/log-doors.js';
import {
  actionOf,
  effectOf,
  type LogCall,
  type LogEffect,
  SYSLOG_ACTIONS,
} from '../../src/model/log-access.js';

const EPERM = -1;
const EAGAIN = -11;
const EFAULT = -14;
const EINVAL = -22;
const EPIPE = -32;
const ERESTARTSYS = -512;

/** A system call of this action; CLEAR where nothing else is said. */
function syscall(call: Partial<LogCall>): LogCall {
  return {
    door: 'syslog',
    call: 'syslog',
    type: 5,
    length: 0,
    buffer: null,
    result: 0,
    ...call,
  };
}

function operation(door: DoorName, call: DoorCall, result: number | null): LogCall {
  return { door, call, type: null, length: null, buffer: null, result };
}

describe('the action', () => {
  it.each<[number | null, string | null]>([
    [0, 'CLOSE'],
    [4, 'READ_CLEAR'],
    [10, 'SIZE_BUFFER'],
    [11, '11'],
    [77, '77'],
    [-1, '-1'],
    [null, null],
  ])('%s is %s', (type, action) => {
    expect(actionOf(syscall({ type }))).toBe(action);
    expect(actionOf(syscall({ type, call: 'inner', door: 'kernel' }))).toBe(action);
  });

  it('of a file is its operation', () => {
    for (const call of ['open', 'read', 'write', 'seek', 'close'] as const) {
      expect(actionOf(operation('/dev/kmsg', call, 0))).toBe(call);
    }
  });

  it('numbers are those of include/linux/syslog.h', () => {
    expect(SYSLOG_ACTIONS).toHaveLength(11);
    expect(SYSLOG_ACTIONS.indexOf('CLEAR')).toBe(5);
    expect(SYSLOG_ACTIONS.indexOf('SIZE_UNREAD')).toBe(9);
  });
});

describe('the effect of syslog(2)', () => {
  it.each<[string, Partial<LogCall>, LogEffect | null]>([
    ['CLEAR', { type: 5, result: 0 }, 'clears'],
    ['CLEAR, refused', { type: 5, result: EPERM }, 'none'],
    ['CLEAR, result not seen', { type: 5, result: null }, null],
    ['READ_ALL', { type: 3, length: 10, result: 10 }, 'reads'],
    ['READ_ALL of an empty log', { type: 3, length: 10, result: 0 }, 'reads'],
    ['READ_ALL into nowhere', { type: 3, result: EFAULT }, 'none'],
    ['READ', { type: 2, result: 10 }, 'steals'],
    ['READ that got nothing', { type: 2, result: 0 }, 'none'],
    ['READ ended by a signal', { type: 2, result: ERESTARTSYS }, 'none'],
    ['READ, still waiting', { type: 2, result: null }, null],
    ['CONSOLE_OFF', { type: 6 }, 'configures'],
    ['CONSOLE_ON', { type: 7 }, 'configures'],
    ['CONSOLE_LEVEL', { type: 8, length: 3 }, 'configures'],
    ['CONSOLE_LEVEL 0', { type: 8, result: EINVAL }, 'none'],
    ['OPEN', { type: 1 }, 'none'],
    ['CLOSE', { type: 0 }, 'none'],
    ['SIZE_UNREAD', { type: 9, result: 5 }, 'none'],
    ['SIZE_BUFFER', { type: 10, result: 131072 }, 'none'],
    ['unknown action', { type: 77, result: EINVAL }, 'none'],
    ['negative action', { type: -1, result: EINVAL }, 'none'],
    // Without the action, only a refusal says that nothing happened: EFAULT may be a READ_CLEAR's.
    ['action not seen, refused', { type: null, result: EPERM }, 'none'],
    ['action not seen, EFAULT', { type: null, result: EFAULT }, null],
    ['action not seen, done', { type: null, result: 0 }, null],
    ['nothing seen', { type: null, result: null }, null],
  ])('%s', (_, call, effect) => {
    expect(effectOf(syscall(call))).toBe(effect);
    expect(effectOf(syscall({ ...call, door: 'kernel', call: 'inner' }))).toBe(effect);
  });
});

// kernel/printk/printk.c: an unusable buffer is turned away before anything happens; once syslog_print_all() runs, the
// marker moves whatever becomes of the copy.
describe('READ_CLEAR', () => {
  it.each<[string, Partial<LogCall>, LogEffect | null]>([
    ['the whole log', { length: 100, buffer: 0x7f00, result: 80 }, 'clears'],
    ['of a log that is empty', { length: 100, buffer: 0x7f00, result: 0 }, 'clears'],
    ['into a page that cannot be written', { length: 100, buffer: 0x7f00, result: EFAULT }, 'clears'],
    ['into the highest user address', { length: 1, buffer: 0x7fff_ffff_efffn, result: EFAULT }, 'clears'],
    ['into the kernel', { length: 100, buffer: 0xffff_8000_0000_0000n, result: EFAULT }, 'none'],
    ['into the kernel, as a signed number', { length: 100, buffer: -4096, result: EFAULT }, 'none'],
    // What lies between depends on the kernel and on the processor: access_ok() of 5.10 and 6.1 turns it away.
    ['into the hole between both', { length: 100, buffer: 0x8000_0000_0000n, result: EFAULT }, null],
    ['buffer not seen', { length: 100, buffer: null, result: EFAULT }, null],
    ['length 0', { length: 0, buffer: 0x7f00, result: 0 }, 'none'],
    ['negative length', { length: -1, buffer: 0x7f00, result: EINVAL }, 'none'],
    ['no buffer', { length: 100, buffer: 0, result: EINVAL }, 'none'],
    ['refused', { length: 100, buffer: 0x7f00, result: EPERM }, 'none'],
    ['result not seen', { length: 100, buffer: 0x7f00, result: null }, null],
    ['length not seen', { length: null, buffer: 0x7f00, result: 80 }, 'clears'],
  ])('%s', (_, call, effect) => {
    expect(effectOf(syscall({ ...call, type: 4 }))).toBe(effect);
  });
});

describe('the effect of a file operation', () => {
  it.each<[DoorName, DoorCall, number | null, LogEffect | null]>([
    ['/proc/kmsg', 'read', 100, 'steals'],
    ['/proc/kmsg', 'read', EAGAIN, 'none'],
    ['/proc/kmsg', 'read', null, null],
    ['/proc/kmsg', 'open', 0, 'none'],
    ['/proc/kmsg', 'close', 0, 'none'],
    ['/dev/kmsg', 'read', 100, 'reads'],
    ['/dev/kmsg', 'read', EPIPE, 'none'],
    ['/dev/kmsg', 'read', null, null],
    ['/dev/kmsg', 'write', 5, 'writes'],
    ['/dev/kmsg', 'write', EINVAL, 'none'],
    ['/dev/kmsg', 'write', null, null],
    ['/dev/kmsg', 'seek', 0, 'none'],
    ['/dev/kmsg', 'open', EPERM, 'none'],
  ])('%s %s = %s: %s', (door, call, result, effect) => {
    expect(effectOf(operation(door, call, result))).toBe(effect);
  });
});
