import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { logDoorOf } from '../../src/decode/log-doors.js';

describe.each(['5.10', '6.1', '6.12', '7.2'])('the traceable functions of %s', (kernel) => {
  it('have these doors', () => {
    const doors = traceable(kernel).flatMap((symbol) => logDoorOf(symbol) ?? []);
    expect(doors.map(({ symbol, door, call }) => `${symbol}: ${door} ${call}`).sort()).toEqual(
      [
        '__ia32_sys_syslog: syslog syslog',
        '__x64_sys_syslog: syslog syslog',
        'devkmsg_llseek: /dev/kmsg seek',
        'devkmsg_open: /dev/kmsg open',
        'devkmsg_read: /dev/kmsg read',
        'devkmsg_write: /dev/kmsg write',
        'do_syslog: kernel inner',
        ...(kernel === '5.10' ? ['do_syslog.part.0: kernel inner'] : []),
        'kmsg_open: /proc/kmsg open',
        'kmsg_read: /proc/kmsg read',
        'kmsg_release: /proc/kmsg close',
      ].sort(),
    );
  });
});

it.each<[string, string, string]>([
  ['SyS_syslog', 'syslog', 'syslog'],
  ['sys_syslog', 'syslog', 'syslog'],
  ['compat_sys_syslog', 'syslog', 'syslog'],
  ['__arm64_sys_syslog', 'syslog', 'syslog'],
  ['__arm64_compat_sys_syslog', 'syslog', 'syslog'],
  ['__ia32_compat_sys_syslog', 'syslog', 'syslog'],
  ['__s390x_sys_syslog', 'syslog', 'syslog'],
  ['__riscv_sys_syslog', 'syslog', 'syslog'],
  ['do_syslog.isra.0', 'kernel', 'inner'],
  ['do_syslog.constprop.0', 'kernel', 'inner'],
  ['do_syslog.part.0.isra.0', 'kernel', 'inner'],
  ['do_syslog.llvm.1234567890', 'kernel', 'inner'],
  ['kmsg_read.llvm.1234567890', '/proc/kmsg', 'read'],
  ['devkmsg_open.llvm.99', '/dev/kmsg', 'open'],
])('%s is a door', (symbol, door, call) => {
  expect(logDoorOf(symbol)).toEqual({ symbol, door, call });
});

it.each([
  // These stand inside a door and would count its calls twice.
  '__se_sys_syslog',
  '__do_sys_syslog',
  '__se_compat_sys_syslog',
  'do_syslog.cold',
  'do_syslog.part.0.cold',
  // No entry at all.
  'do_syslog_work',
  'do_syslogd',
  'my_do_syslog',
  'syslog_print_all',
  'check_syslog_permissions',
  'devkmsg_emit.constprop.0',
  'devkmsg_poll',
  'kmsg_poll',
  'kmsg_dump',
  'xkmsg_open',
  'kmsg_open_by_handle',
  'syslog',
  '',
])('%j is none', (symbol) => {
  expect(logDoorOf(symbol)).toBeNull();
});

/** `5054:devkmsg_open`: the lines that were picked from the whole list, each with its number. */
function traceable(kernel: string): string[] {
  const path = new URL(`../fixtures/${kernel}/available_filter_functions.grep.txt`, import.meta.url);
  const lines = readFileSync(path, 'latin1').trim().split('\n');
  return lines.map((line) => line.slice(line.indexOf(':') + 1));
}
