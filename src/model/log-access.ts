import type { DoorCall, DoorName } from '../decode/log-doors.js';
import type { ByteString } from '../decode/trace-record.js';

/** What an access did to the log. */
export type LogEffect = 'clears' | 'steals' | 'reads' | 'configures' | 'writes' | 'none';

/** One access to the kernel log, with what is known of it; null is not known. */
export interface LogAccess {
  /** Nanoseconds on the trace clock: the end of the call where that was seen, else its beginning. */
  time: number;
  cpu: number;
  tid: number;
  comm: ByteString | null;
  door: DoorName;
  action: string | null;
  effect: LogEffect | null;
  /** Bytes asked for: the caller's `len`; the level for CONSOLE_LEVEL. */
  length: number | null;
  /** What the call returned: bytes, a size, 0, or a negative error number. */
  result: number | null;
  /** Entry symbol or caller, where the function tracer saw it. */
  via: string | null;
  stack: readonly string[] | null;
}

/** What one call gave, before it is understood. */
export interface LogCall {
  door: DoorName;
  call: DoorCall;
  type: number | null;
  length: number | null;
  /** The caller's buffer; null where it was not fetched. */
  buffer: number | bigint | null;
  result: number | null;
}

/** Action names as syslog(2) has them, without `SYSLOG_ACTION_`, by number (include/linux/syslog.h). */
export const SYSLOG_ACTIONS: readonly string[] = [
  'CLOSE',
  'OPEN',
  'READ',
  'READ_ALL',
  'READ_CLEAR',
  'CLEAR',
  'CONSOLE_OFF',
  'CONSOLE_ON',
  'CONSOLE_LEVEL',
  'SIZE_UNREAD',
  'SIZE_BUFFER',
];

/** `CLEAR`, or the bare number of an action that syslog(2) does not know, or the file operation's name. */
export function actionOf({ call, type }: LogCall): string | null {
  if (call !== 'syslog' && call !== 'inner') return call;
  return type === null ? null : (SYSLOG_ACTIONS[type] ?? String(type));
}

/** What a call did to the log, from kernel/printk/printk.c do_syslog(); null where that cannot be told. */
export function effectOf(call: LogCall): LogEffect | null {
  if (call.call !== 'syslog' && call.call !== 'inner') return effectOfFileOperation(call);
  const { result } = call;
  if (call.type === null) return result !== null && result < 0 && result !== EFAULT ? 'none' : null;
  switch (SYSLOG_ACTIONS[call.type]) {
    case 'CLEAR':
      return succeeded(result, 'clears');
    case 'READ_CLEAR':
      return effectOfReadClear(call);
    case 'READ_ALL':
      return succeeded(result, 'reads');
    case 'READ':
      return result === null ? null : result > 0 ? 'steals' : 'none';
    case 'CONSOLE_OFF':
    case 'CONSOLE_ON':
    case 'CONSOLE_LEVEL':
      return succeeded(result, 'configures');
    default:
      return 'none';
  }
}

const EFAULT = -14;

/**
 * READ_CLEAR moves the marker even when the copy fails with EFAULT, but access_ok() turns some addresses away before
 * anything happens: surely those of the kernel's half, and where user space ends in between depends on the machine.
 */
function effectOfReadClear({ result, length, buffer }: LogCall): LogEffect | null {
  if (result === null) return null;
  if (length === 0) return 'none';
  if (result !== EFAULT) return result < 0 ? 'none' : 'clears';
  if (buffer === null) return null;
  const address = BigInt.asUintN(64, BigInt(buffer));
  if (address + BigInt(length ?? 0) <= SMALLEST_USER_SPACE) return 'clears';
  return address >= KERNEL_HALF ? 'none' : null;
}

/** With four levels of page tables; with five it is 2^56. */
const SMALLEST_USER_SPACE = (1n << 47n) - 4096n;
const KERNEL_HALF = 1n << 63n;

function effectOfFileOperation({ door, call, result }: LogCall): LogEffect | null {
  if (call === 'write') return result === null ? null : result > 0 ? 'writes' : 'none';
  if (call !== 'read') return 'none';
  if (result === null) return null;
  if (result <= 0) return 'none';
  return door === '/proc/kmsg' ? 'steals' : 'reads';
}

function succeeded(result: number | null, effect: LogEffect): LogEffect | null {
  if (result === null) return null;
  return result >= 0 ? effect : 'none';
}
