import { systemCode, UnavailableError } from '../errors.js';
import type { TraceInstance } from '../tracefs/instance.js';

/** @throws UnavailableError where the kernel has not that much memory */
export function resizeBuffer(instance: TraceInstance, kib: number): void {
  try {
    instance.set('buffer_size_kb', String(kib));
  } catch (cause) {
    throw new UnavailableError(
      `the kernel refuses a ring buffer of ${kib} KiB per CPU (${systemCode(cause)})`,
      {
        code: 'buffer-size',
        hint: 'give a smaller --buffer: every CPU gets one of this size',
        cause,
      },
    );
  }
}

/** `mono` is what Node's own clock is, and within milliseconds of the stamps in /dev/kmsg. */
export function chooseClock(instance: TraceInstance): string {
  try {
    instance.set('trace_clock', 'mono');
    return 'mono';
  } catch {
    return 'local';
  }
}
