import { logDoorOf } from '../decode/log-doors.js';

/**
 * The kernel path of an access to the log, innermost first, from the door itself on: before it stands what the function
 * tracer and its trampolines add, some of it without a name. @param frames `symbol+0x1f`
 */
export function accessPath(frames: readonly string[]): readonly string[] {
  const at = frames.slice(0, MOST_BEFORE).findIndex((frame) => logDoorOf(frame.split('+')[0] ?? '') !== null);
  return at > 0 ? frames.slice(at) : frames;
}

const MOST_BEFORE = 16;
