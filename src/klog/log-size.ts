import { ACTIONS } from './klogctl.js';
import { loadLibc } from './libc.js';

/**
 * Bytes of the kernel's log buffer: syslog(2) SIZE_BUFFER (kernel/printk/printk.c log_buf_len).
 * @returns null where ffi-napi is not usable or the kernel refuses
 */
export function readLogSize(): number | null {
  const libc = loadLibc();
  if (typeof libc === 'string') return null;
  const size = libc.klogctl(ACTIONS.SIZE_BUFFER, null, 0);
  return size > 0 ? size : null;
}
