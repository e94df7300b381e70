import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * With this switch off the kernel takes every filter, tracer and probe on a function without a word, and none of them
 * ever fires (Documentation/admin-guide/sysctl/kernel.rst, ftrace_enabled). Worse, a tracepoint probe (`t:`) that came
 * and went meanwhile leaves its function marked: 6.12 finds that when the last hook of anybody goes
 * (kernel/trace/ftrace.c ftrace_shutdown()) and then switches ftrace off for good, with ENODEV until the next boot.
 * @returns why no function may be hooked; null where it may
 */
export function ftraceSwitchedOff(proc: string): string | null {
  try {
    const value = readFileSync(join(proc, 'sys/kernel/ftrace_enabled'), 'latin1').trim();
    return value === '0'
      ? 'kernel.ftrace_enabled is 0: no function can be traced until sysctl kernel.ftrace_enabled=1'
      : null;
  } catch {
    return null;
  }
}
